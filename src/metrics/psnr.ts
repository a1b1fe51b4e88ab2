/** Peak signal-to-noise ratio: 10 log₁₀(L²/MSE), L being the data range. */
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { meanOf, resultOf } from "./result.ts";
import { averagingParameter, squareErrors } from "./rmse.ts";

export const psnr: Metric = {
  name: "psnr",
  title: "PSNR",
  summary:
    "Mean square error on a logarithmic scale against the data range L; one image at a time, then averaged in dB.",
  references: [],
  reads: "pair",
  unit: "dB",
  better: "higher",
  identity: Infinity,
  scaling: "invariant",
  reach: 0,
  smallest: 1,
  regions: [],
  parameters: averagingParameter,
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("psnr", this.parameters, given);
    const { planes, dataRange, settings } = prepare(image, context, {
      metric: "psnr",
      variant,
      reads: "pair",
      usesRange: true,
      ...(variant.averaging === "volume" ? { averaging: "squares pooled over the volume" } : {}),
    });
    const values = squareErrors(planes, variant.averaging).map((mse) =>
      mse === 0 ? Infinity : 10 * Math.log10((dataRange * dataRange) / mse),
    );
    return resultOf(meanOf(values), {
      unit: "dB",
      settings,
      undefinedness: { cause: "no voxel counts", remedy: "widen the mask" },
    });
  },
};
