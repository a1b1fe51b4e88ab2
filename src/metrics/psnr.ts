/** Peak signal-to-noise ratio: 10 log₁₀(L²/MSE), L being the data range. */
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { meanOverParts } from "./result.ts";
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
    const { planes, dataRange, settings, noRange } = prepare(image, context, {
      metric: "psnr",
      variant,
      reads: "pair",
      usesRange: true,
      ...(variant.averaging === "volume" ? { averaging: "squares pooled over the volume" } : {}),
    });
    if (noRange) return { status: "undefined", ...noRange, settings };
    const values = new Map<string, number>();
    let identical = 0;
    for (const [name, mse] of squareErrors(planes, variant.averaging)) {
      if (mse === 0) identical++;
      values.set(name, mse === 0 ? Infinity : 10 * Math.log10((dataRange * dataRange) / mse));
    }
    return meanOverParts(values, {
      what: "slices",
      unit: "dB",
      settings,
      // One of them makes the mean infinite.
      ...(values.size > 1 && identical > 0 ? { parts: { "identical slices": identical } } : {}),
      undefinedness: { cause: "no voxel counts", remedy: "widen the mask" },
    });
  },
};
