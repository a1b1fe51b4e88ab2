/** What every denoiser of this room asks of its input. */
import { InputError } from "../core/errors.ts";
import { type Image, rangeOf } from "../core/image.ts";
import type { DenoiseContext } from "./denoiser.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";
import { withoutRounding } from "./noise-level/rounding.ts";

/**
 * The given noise level, if any, after a look at the image's values.
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
 * The noise standard deviation to work with: the one given, else an estimate from the image. It is 0 where it
 * is no more than the rounding of the values.
 *
 * @throws InputError as `checkedSigma` does
 */
export function noiseLevelFor(owner: string, image: Image, context: DenoiseContext = {}): number {
  const sigma = checkedSigma(owner, image, context);
  return sigma === undefined
    ? estimateNoise(image, { padding: context.padding }).sigma
    : withoutRounding(sigma, image);
}

/** Multiples of σ by which interpolation may leave a magnitude below 0; such values count as 0. */
const ripple = 3;

/** @throws InputError on values too far below 0 for a magnitude image of that noise level */
export function requireMagnitudes(owner: string, image: Image, sigma: number): void {
  const { min } = rangeOf(image.data);
  if (min < -ripple * sigma) {
    throw new InputError(
      `Cannot denoise by ${owner}: found the value ${min}, wanted magnitudes, none further below 0 than ${ripple} times the noise level of ${Number(sigma.toPrecision(4))}`,
    );
  }
}
