/**
 * Level of multiplicative noise: the coefficient of variation (standard deviation about the window's
 * least-squares plane, over its mean) inside homogeneous areas. Windows with structure have a larger one, so
 * the estimate is the mode of the local values, found by halving the shortest interval that holds half of them
 * (half-sample mode [bickel2006fast]).
 */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { halfSampleMode } from "./mode.ts";
import { usablePixels } from "./usable-pixels.ts";
import { windowResiduals } from "./window-residuals.ts";

export interface SpeckleEstimate {
  /** Coefficient of variation of the noise; 1/√looks for an intensity image. */
  readonly variation: number;
  /** Windows that took part. */
  readonly count: number;
}

/** Variations below are the rounding of float32 values: see `withoutRounding`. */
export const leastVariation = 2 ** -22;

/**
 * Speckle level of an image with values ≥ 0.
 *
 * @param options.radius half width of the windows in px; default 3
 * @param options.padding one byte per pixel, 1 where it holds no measurement
 * @throws InputError when values are negative
 */
export function estimateSpeckle(
  image: Image,
  options: { readonly radius?: number; readonly padding?: Uint8Array } = {},
): SpeckleEstimate {
  const { radius = 3, padding } = options;
  let least = Infinity;
  image.data.forEach((v, i) => {
    if (v < least && padding?.[i] !== 1) least = v;
  });
  if (least < 0) {
    throw new InputError(
      `Cannot estimate speckle: found the value ${least}, wanted none below 0 (multiplicative noise)`,
    );
  }
  const { sd, mean } = windowResiduals(image, {
    usable: usablePixels(image, { padding }),
    radius,
    degree: 1,
  });
  const values = sd.map((s, i) => (mean[i]! > 0 ? s / mean[i]! : 0)).sort();
  const variation = values.length > 0 ? halfSampleMode(values) : 0;
  return { variation: variation > leastVariation ? variation : 0, count: values.length };
}
