/** Contrast-to-noise ratio: |mean(mask) − mean(background)| / sd(background), sd with n − 1. */
import { InputError } from "../core/errors.ts";
import { resolveParameters } from "../core/parameters.ts";
import type { Metric } from "./metric.ts";
import { meanOverMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { checkRegion, regionSlice } from "./region.ts";
import { meanOf, resultOf } from "./result.ts";

/** Sample variance (n − 1) over the positions that the mask counts. */
export function varianceOverMask(values: Float64Array, mask: Uint8Array | null): number {
  const mean = meanOverMask(values, mask);
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask && mask[i] === 0) continue;
    sum += (values[i]! - mean) ** 2;
    n++;
  }
  return sum / (n - 1);
}

export const cnr: Metric = {
  name: "cnr",
  title: "CNR",
  summary:
    "Contrast of a region against a background region, in units of the background's standard deviation; blind to noise texture.",
  references: [],
  reads: "image",
  unit: "1",
  better: "higher",
  scaling: "invariant",
  reach: 0,
  smallest: 1,
  regions: ["mask", "background"],
  parameters: {
    noise: {
      type: "choice",
      choices: ["background", "pooled"],
      default: "background",
      about: "standard deviation of the background alone, or root mean of both regions' variances",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("cnr", this.parameters, given);
    const { mask, background } = context;
    if (!mask || !background) {
      throw new InputError(
        "Cannot measure cnr: found no mask or no background region, wanted both",
      );
    }
    checkRegion(background, image);
    const { mask: _mask, reference: _reference, ...whole } = context;
    const { planes, settings } = prepare(image, whole, {
      metric: "cnr",
      variant,
      reads: "image",
      usesRange: false,
    });
    checkRegion(mask, image);
    const ratio = (plane: Plane, k: number): number | null => {
      const signal = regionSlice(mask, k);
      const around = regionSlice(background, k);
      if (!signal || !around) return null;
      const contrast = Math.abs(
        meanOverMask(plane.values, signal) - meanOverMask(plane.values, around),
      );
      const vb = varianceOverMask(plane.values, around);
      const noise =
        variant.noise === "pooled" ? (vb + varianceOverMask(plane.values, signal)) / 2 : vb;
      return noise > 0 ? contrast / Math.sqrt(noise) : NaN;
    };
    const values = planes.map(ratio).filter((v): v is number => v !== null);
    return resultOf(meanOf(values), {
      unit: "1",
      settings: {
        ...settings,
        mask: { name: `${mask.name} against ${background.name}`, voxels: mask.voxels },
      },
      undefinedness: {
        cause: "the noise region has fewer than two values, or is constant",
        remedy: "choose a larger background region",
      },
    });
  },
};
