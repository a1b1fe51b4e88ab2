/** Mean absolute error. */
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { meanOverMask, prepare } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

export const mae: Metric = {
  name: "mae",
  title: "MAE",
  summary:
    "Mean absolute difference from the reference, in the images' unit; large errors weigh less than in the RMSE.",
  references: [],
  reads: "pair",
  unit: "intensity",
  better: "lower",
  identity: 0,
  scaling: "linear",
  reach: 0,
  smallest: 1,
  regions: [],
  parameters: {},
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("mae", this.parameters, given);
    const prepared = prepare(image, context, {
      metric: "mae",
      variant,
      reads: "pair",
      usesRange: false,
    });
    return meanOverPlanes(prepared, {
      value: (p) =>
        meanOverMask(
          p.values.map((v, i) => Math.abs(v - p.reference[i]!)),
          p.mask,
        ),
      unit: image.unit,
      undefinedness: { cause: "no voxel counts", remedy: "widen the mask" },
    });
  },
};
