/** One door to the noise-level estimators. */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { flatAreasSigma } from "./flat-areas.ts";
import { medianOf, normalMad } from "./median.ts";
import { patchPcaSigma } from "./patch-pca.ts";
import { koaySigma, ricianBackground } from "./rician.ts";
import { withoutRounding } from "./rounding.ts";
import { keepLocalMeans, usablePixels } from "./usable-pixels.ts";
import { waveletMad, type WaveletNoise } from "./wavelet-mad.ts";

/**
 * - `wavelet`: finest diagonal band, for white noise
 * - `wavelet-sum`: sum over all bands, the pixel σ of correlated noise on images with little structure
 * - `flat-areas`: mode of the local standard deviations, the pixel σ of correlated noise beside structure
 * - `patch-pca`: eigenvalues of the patch covariance, for white noise on textured images
 * - `rician-background`: Rayleigh law of the background of a magnitude MR image
 * - `rician-wavelet`: finest diagonal band of the foreground with Koay's correction
 * - `auto`: `flat-areas` on soft tissue for images in HU, `wavelet` otherwise
 */
export const noiseMethods = [
  "auto",
  "wavelet",
  "wavelet-sum",
  "flat-areas",
  "patch-pca",
  "rician-background",
  "rician-wavelet",
] as const;

export type NoiseMethod = (typeof noiseMethods)[number];

export interface NoiseEstimate {
  /** Standard deviation of one pixel's noise in the image's unit; 0 when nothing varies. */
  readonly sigma: number;
  /** The estimator that gave it; never `auto`. */
  readonly method: Exclude<NoiseMethod, "auto">;
  /** Pixels, coefficients or patches that took part. */
  readonly count: number;
  /** Share of pixels that hold noise: neither padding, nor clipped, nor outside the region. */
  readonly usable: number;
  /** Pixel σ over white σ: near 1 for white noise, above 1.15 the noise is correlated. */
  readonly correlation: number;
  /** What the reader of σ must know: region, correlation, fall-backs. */
  readonly notes: readonly string[];
}

export interface NoiseOptions {
  readonly method?: NoiseMethod;
  /**
   * Keep only pixels whose 5×5 mean lies between these values. For HU, `auto`, `flat-areas` and
   * `wavelet-sum` take −200 … 300 by themselves where that is at least 5 % of the image.
   */
  readonly between?: readonly [number, number];
  /** One byte per pixel, 1 where it holds no measurement. */
  readonly padding?: Uint8Array;
}

/** Soft tissue: where CT noise is judged. Air around the patient has less noise, or clipped noise. */
const softTissue = [-200, 300] as const;

/** Above this ratio of pixel σ to finest-band σ, noise is called correlated. */
const correlatedFrom = 1.15;

/**
 * Estimates the standard deviation of an image's noise.
 *
 * Padding and other constant areas, clipped values and values that are not finite never take part.
 * An image in HU is judged on soft tissue and by its flat areas, because reconstructed CT noise is
 * correlated: the finest wavelet band alone reports too little, and the coarse ones hold anatomy.
 *
 * @throws InputError for an unknown method, or `rician-background` where there is no background
 */
export function estimateNoise(image: Image, options: NoiseOptions = {}): NoiseEstimate {
  const found = estimateOf(image, options);
  const sigma = withoutRounding(found.sigma, image);
  if (sigma === found.sigma) return found;
  const notes = ["what varies is no more than the rounding of the values: no noise"];
  return { ...found, sigma, correlation: 1, notes };
}

function estimateOf(image: Image, options: NoiseOptions): NoiseEstimate {
  const { method = "auto" } = options;
  if (!noiseMethods.includes(method)) {
    throw new InputError(
      `Cannot estimate noise: found method ${method}, wanted one of ${noiseMethods.join(", ")}`,
    );
  }
  const notes: string[] = [];
  let between = options.between;
  let usable = usablePixels(image, { between, padding: options.padding });
  const byTissue = method === "auto" || method === "flat-areas" || method === "wavelet-sum";
  if (byTissue && between === undefined && image.unit === "HU") {
    const tissue = keepLocalMeans(image, usable, softTissue);
    if (share(tissue) > 0.05) {
      between = softTissue;
      usable = tissue;
      notes.push(`soft tissue only: local mean from ${between[0]} to ${between[1]} HU`);
    }
  }
  const fraction = share(usable);
  if (fraction < 0.2 && between === undefined) {
    notes.push(
      `only ${(100 * fraction).toFixed(1)} % of the pixels differ from their neighbours: padded, masked, clipped or coarsely quantised`,
    );
  }
  const wavelet = waveletMad(image, { usable });
  const base = { usable: fraction, correlation: wavelet ? ratioOf(wavelet) : 1 };
  if (method === "rician-background") {
    const found = ricianBackground(image.data);
    if (found.status !== "ok") {
      throw new InputError(`Cannot estimate noise from the background: ${found.cause}`);
    }
    notes.push(
      `Rayleigh background: ${(100 * found.fraction).toFixed(0)} % of the non-zero values, up to ${found.threshold.toPrecision(4)}`,
    );
    const count = Math.round(found.fraction * image.data.length);
    return { sigma: found.sigma, method, count, ...base, notes };
  }
  if (method === "patch-pca") {
    const found = patchPcaSigma(image, { usable });
    if (found) return { ...found, method, ...base, notes };
    notes.push("too few whole patches for the covariance: wavelet estimate instead");
  }
  if (!wavelet) {
    notes.push("hardly any area holds noise: median of next-neighbour differences instead");
    return { sigma: differenceSigma(image, usable), method: "wavelet", count: 0, ...base, notes };
  }
  const count = wavelet.count;
  if (method === "rician-wavelet") {
    return { sigma: ricianForeground(image, usable, wavelet), method, count, ...base, notes };
  }
  const pixelwise = method === "flat-areas" || (method === "auto" && image.unit === "HU");
  if (pixelwise) {
    const found = flatAreasSigma(image, { usable });
    if (found) {
      const correlation = wavelet.white > 0 ? found.sigma / wavelet.white : 1;
      if (correlation > correlatedFrom) {
        notes.push(
          `noise is correlated: the finest band alone would give ${wavelet.white.toPrecision(4)}`,
        );
      }
      return { ...found, method: "flat-areas", ...base, correlation, notes };
    }
    notes.push("fewer than 200 whole windows of 9 × 9: sum over the wavelet bands instead");
  }
  const sum = method === "wavelet-sum" || pixelwise;
  if (base.correlation > correlatedFrom) {
    notes.push(
      sum
        ? `noise is correlated: the finest band alone would give ${wavelet.white.toPrecision(4)}`
        : `bands differ: noise is correlated or texture is dense; the sum over all bands gives ${wavelet.pixel.toPrecision(4)}`,
    );
  }
  return sum
    ? { sigma: wavelet.pixel, method: "wavelet-sum", count, ...base, notes }
    : { sigma: wavelet.white, method: "wavelet", count, ...base, notes };
}

function ratioOf(wavelet: WaveletNoise): number {
  return wavelet.white > 0 ? wavelet.pixel / wavelet.white : 1;
}

function share(usable: Uint8Array): number {
  let count = 0;
  for (const u of usable) count += u;
  return count / usable.length;
}

/**
 * Koay's correction of the foreground's wavelet σ with the foreground's median signal. Foreground is
 * where the 5×5 mean passes 2.2 finest-band σ, above the 1.91 of a Rayleigh background; without one
 * the whole image is corrected alike.
 */
function ricianForeground(image: Image, usable: Uint8Array, whole: WaveletNoise): number {
  const bright = usablePixels(image, { between: [2.2 * whole.white, Infinity] });
  if (withoutRounding(whole.white, image) === 0) return 0;
  const inside = usable.slice();
  for (let i = 0; i < inside.length; i++) inside[i]! &= bright[i]!;
  const wavelet = share(inside) > 0.05 ? waveletMad(image, { usable: inside }) : undefined;
  const mask = wavelet ? inside : usable;
  const values = new Float64Array(image.data.length);
  let count = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] === 1) values[count++] = image.data[i]!;
  return koaySigma(medianOf(values.subarray(0, count)), (wavelet ?? whole).white);
}

/** Robust σ of differences between usable horizontal neighbours. */
function differenceSigma(image: Image, usable: Uint8Array): number {
  const nx = image.shape[image.shape.length - 1]!;
  const differences: number[] = [];
  for (let i = 0; i + 1 < image.data.length; i++) {
    if ((i + 1) % nx === 0 || !usable[i] || !usable[i + 1]) continue;
    differences.push(Math.abs(image.data[i + 1]! - image.data[i]!));
  }
  return differences.length > 0 ? medianOf(differences) / normalMad / Math.SQRT2 : 0;
}
