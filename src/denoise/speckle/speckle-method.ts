/** What the speckle filters share: their noise level and their window. */
import { InputError } from "../../core/errors.ts";
import { type Image, rangeOf } from "../../core/image.ts";
import type { NumberParameter } from "../../core/parameters.ts";
import { type DenoiseContext, levelMeanings } from "../denoiser.ts";
import { checkedSigma } from "../input.ts";
import { estimateSpeckle, leastVariation } from "../noise-level/speckle.ts";

/** Settings that every local speckle filter has. */
export interface SpeckleSettings {
  readonly radius: number;
  /** Coefficient of variation of the noise. */
  readonly variation: number;
}

/** Single-look intensities have a variation of 1; a level beyond this one is a standard deviation in the image's unit. */
const largestVariation = 2;

/**
 * The noise's coefficient of variation: for multiplicative noise the context's `sigma` means standard
 * deviation over mean (unit 1); it is estimated when absent.
 *
 * @throws InputError on negative values, or a level that is negative, not finite or above 2
 */
export function speckleLevelFor(owner: string, image: Image, context: DenoiseContext): number {
  const level = checkedSigma(owner, image, context);
  const { min } = rangeOf(image.data);
  if (min < 0) {
    throw new InputError(
      `Cannot denoise by ${owner}: found the value ${min}, wanted none below 0 (multiplicative noise)`,
    );
  }
  if (level !== undefined && level > largestVariation) {
    throw new InputError(
      `Cannot denoise by ${owner}: found noise level ${level}, wanted ${levelMeanings.speckle!.about}, at most ${largestVariation}`,
    );
  }
  if (level === undefined) return estimateSpeckle(image, { padding: context.padding }).variation;
  return level > leastVariation ? level : 0;
}

/** Window of a speckle filter. */
export const radiusParameter: NumberParameter = {
  type: "integer",
  unit: "px",
  min: 1,
  max: 15,
  default: 2,
  about:
    "half width of the window; larger is smoother. The noise level is the speckle's standard deviation over its mean",
};
