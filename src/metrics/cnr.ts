/** Contrast-to-noise ratio: |mean(mask) − mean(background)| / sd(background), sd with n − 1. */
import { InputError } from "../core/errors.ts";
import { layoutOf } from "../core/image.ts";
import { resolveParameters } from "../core/parameters.ts";
import { isConstant } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { meanOverMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { checkRegion, regionSlice } from "./region.ts";
import { meanOverParts } from "./result.ts";

/** Sample variance (n − 1) over the positions that the mask counts; exactly 0 of equal values. */
function varianceOverMask(values: Float64Array, mask: Uint8Array | null): number {
  const mean = meanOverMask(values, mask);
  let sum = 0;
  let n = 0;
  for (let i = 0; i < values.length; i++) {
    if (mask && mask[i] === 0) continue;
    sum += (values[i]! - mean) ** 2;
    n++;
  }
  return n > 1 && isConstant(values, mask) ? 0 : sum / (n - 1);
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
    const { nz } = layoutOf(image);
    const ratio = (plane: Plane): number | null => {
      const signal = regionSlice(mask, plane.index % nz);
      const around = regionSlice(background, plane.index % nz);
      if (!signal || !around) return null;
      const contrast = Math.abs(
        meanOverMask(plane.values, signal) - meanOverMask(plane.values, around),
      );
      const vb = varianceOverMask(plane.values, around);
      const noise =
        variant.noise === "pooled" ? (vb + varianceOverMask(plane.values, signal)) / 2 : vb;
      return noise > 0 ? contrast / Math.sqrt(noise) : NaN;
    };
    const values = new Map<string, number>();
    for (const plane of planes) {
      const value = ratio(plane);
      if (value !== null) values.set(`slice ${plane.index}`, value);
    }
    return meanOverParts(values, {
      what: "slices",
      unit: "1",
      settings: {
        ...settings,
        averaging:
          planes.length === 1
            ? settings.averaging
            : `per slice that both regions reach, then mean over ${values.size} slices`,
        mask: { name: `${mask.name} against ${background.name}`, voxels: mask.voxels },
      },
      undefinedness: {
        cause:
          "the noise region has fewer than two values or is constant, or no slice holds both regions",
        remedy: "choose a larger background region",
      },
    });
  },
};
