/**
 * Average symmetric surface distance in mm: mean over the surface voxels of both segmentations of the
 * distance to the other surface; surfaces by face neighbours, spacing from the image.
 */
import { resolveParameters } from "../core/parameters.ts";
import { labelPair, labelParameter, surfaceDistances } from "./labels.ts";
import type { Metric } from "./metric.ts";
import { meanOf, resultOf } from "./result.ts";

export const surfaceDistance: Metric = {
  name: "surface-distance",
  title: "Mean surface distance",
  summary: "Mean distance in mm between two segmentations' surfaces, both ways.",
  references: [],
  reads: "labels",
  unit: "mm",
  better: "lower",
  identity: 0,
  scaling: "free",
  reach: Infinity,
  smallest: 1,
  regions: [],
  parameters: labelParameter,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("surface-distance", this.parameters, given);
    const pair = labelPair(image, context, {
      metric: "surface-distance",
      label: variant.label as number,
    });
    const parts: Record<string, number> = {};
    for (const label of pair.labels) {
      const { a, b } = pair.masksOf(label);
      const d = surfaceDistances(a, b, pair);
      parts[`label ${label}`] = d ? meanOf([...d.forward, ...d.backward]) : NaN;
    }
    return resultOf(meanOf(Object.values(parts)), {
      unit: "mm",
      settings: pair.settings,
      parts,
      undefinedness: {
        cause: "a label is missing in one of the images, so that its surface distance has no value",
        remedy:
          "choose a label that both hold; report the missing one as a failure, not as a distance",
      },
    });
  },
};
