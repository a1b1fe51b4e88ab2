/** What every denoiser of this room asks of its input. */
import { InputError } from "../core/errors.ts";
import { type Image, rangeOf } from "../core/image.ts";
import type { DenoiseContext } from "./denoiser.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

/**
 * The given noise standard deviation, if any, after a look at the image's values.
 *
 * @throws InputError on values that are not finite, or a σ that is negative or not finite
 */
export function checkedSigma(
  owner: string,
  image: Image,
  context: DenoiseContext = {},
): number | undefined {
  const { data } = image;
  // Zero for finite values, and NaN as soon as one is not: several times faster than looking at each.
  let trace = 0;
  for (let i = 0; i < data.length; i++) trace += 0 * data[i]!;
  if (trace !== 0) {
    const { nonFinite } = rangeOf(data);
    throw new InputError(
      `Cannot denoise by ${owner}: found ${nonFinite} values that are not finite, wanted finite values only`,
    );
  }
  const { sigma } = context;
  if (sigma !== undefined && (!(sigma >= 0) || !Number.isFinite(sigma))) {
    throw new InputError(
      `Cannot denoise by ${owner}: found noise level ${sigma}, wanted a finite number >= 0`,
    );
  }
  return sigma;
}

/**
 * The noise standard deviation to work with: the one given, else an estimate from the image.
 *
 * @throws InputError as `checkedSigma` does
 */
export function noiseLevelFor(owner: string, image: Image, context: DenoiseContext = {}): number {
  return checkedSigma(owner, image, context) ?? estimateNoise(image).sigma;
}
