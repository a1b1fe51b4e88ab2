/**
 * 95th percentile of surface distance in mm [huttenlocher1993comparing]: for each label the larger of
 * the two directed 95th percentiles (linear interpolation between order statistics) of the distances
 * between surface voxels; surfaces by face neighbours, spacing from the image. A label that one image lacks
 * has no distance: the mean is over the labels that both hold, and the count says so.
 */
import { resolveParameters } from "../core/parameters.ts";
import {
  labelPair,
  labelParameter,
  meanOverLabels,
  noSurface,
  surfaceDistances,
} from "./labels.ts";
import type { Metric } from "./metric.ts";

/** Percentile by linear interpolation between order statistics (position p·(n−1)). */
export function percentile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values as ArrayLike<number>).sort();
  const at = (p / 100) * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low]! + (at - low) * (sorted[high]! - sorted[low]!);
}

export const hausdorff95: Metric = {
  name: "hausdorff95",
  title: "Hausdorff-95",
  summary: "Distance in mm within which 95 % of each segmentation's surface lies from the other's.",
  references: ["huttenlocher1993comparing"],
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
    const variant = resolveParameters("hausdorff95", this.parameters, given);
    const pair = labelPair(image, context, {
      metric: "hausdorff95",
      label: variant.label as number,
    });
    return meanOverLabels(pair, {
      unit: "mm",
      value: (a, b) => {
        const d = surfaceDistances(a, b, pair);
        return d ? Math.max(percentile(d.forward, 95), percentile(d.backward, 95)) : NaN;
      },
      undefinedness: noSurface,
    });
  },
};
