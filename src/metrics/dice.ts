/** Dice coefficient of label images: 2|A ∩ B| / (|A| + |B|) [dice1945measures]. */
import { resolveParameters } from "../core/parameters.ts";
import { labelPair, labelParameter, meanOverLabels } from "./labels.ts";
import type { Metric } from "./metric.ts";

export const dice: Metric = {
  name: "dice",
  title: "Dice",
  summary: "Overlap of two segmentations, label by label, from 0 to 1.",
  references: ["dice1945measures"],
  reads: "labels",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "free",
  reach: 0,
  smallest: 1,
  regions: [],
  parameters: labelParameter,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("dice", this.parameters, given);
    const pair = labelPair(image, context, { metric: "dice", label: variant.label as number });
    return meanOverLabels(pair, {
      unit: "1",
      value: (a, b) => {
        let both = 0;
        let sum = 0;
        for (let i = 0; i < a.length; i++) {
          both += a[i]! & b[i]!;
          sum += a[i]! + b[i]!;
        }
        return sum > 0 ? (2 * both) / sum : NaN;
      },
      undefinedness: {
        cause: "neither image holds the label inside the mask",
        remedy: "choose another label or region",
      },
    });
  },
};
