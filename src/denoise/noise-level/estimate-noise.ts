/** One door to the noise-level estimators. */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { type FlatAreasNoise, flatAreasNoise } from "./flat-areas.ts";
import { medianOf, normalMad } from "./median.ts";
import { patchPcaSigma } from "./patch-pca.ts";
import { koaySigma, ricianBackground } from "./rician.ts";
import { withoutRounding } from "./rounding.ts";
import { keepLocalMeans, usablePixels } from "./usable-pixels.ts";
import { waveletMad, type WaveletNoise } from "./wavelet-mad.ts";

/**
 * - `wavelet`: finest diagonal band, for white noise
 * - `wavelet-sum`: sum over all bands, the pixel σ of correlated noise on images with little structure
 * - `flat-areas`: mode of the local standard deviations, corrected by the correlation found there: the pixel σ
 *   of noise of any correlation, beside structure
 * - `patch-pca`: eigenvalues of the patch covariance, for white noise on textured images
 * - `rician-background`: Rayleigh law of the background of a magnitude MR image
 * - `rician-foreground`: `auto` on the bright part of a magnitude MR image, with Koay's correction
 * - `rician-wavelet`: finest diagonal band of the foreground with Koay's correction, for white noise
 * - `auto`: `wavelet` where the noise is white, else `flat-areas`; in HU always that
 */
export const noiseMethods = [
  "auto",
  "wavelet",
  "wavelet-sum",
  "flat-areas",
  "patch-pca",
  "rician-background",
  "rician-foreground",
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
  /** Full width at half maximum of the noise's autocorrelation in px, 1.2 for white noise, where it was measured. */
  readonly grain?: number;
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
 * Below this ratio the finest band holds more than the pixels do: structure, or noise of high frequencies. Above it
 * the band is the better measure of white noise, with less scatter than a mode.
 */
const blue = 0.92;

/**
 * Where smooth structure is more than this share of what varies in flat windows, a ratio above `correlatedFrom` may
 * come from it, and noise is white when the finest bands are alike: mixed over diagonal below `alike`.
 */
const structured = 0.05;
const alike = 1.25;

/**
 * Estimates the standard deviation of an image's noise.
 *
 * Padding and other constant areas, clipped values and values that are not finite never take part. An image in
 * HU is judged on soft tissue, another one on its bright part where it has a dark one, because air around a
 * patient holds less noise. Reconstructed and interpolated images have correlated noise: the finest wavelet band
 * alone reports too little of it, and the coarse ones hold anatomy.
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
  if (method === "rician-background") {
    const found = ricianBackground(image.data);
    if (found.status !== "ok") {
      throw new InputError(`Cannot estimate noise from the background: ${found.cause}`);
    }
    notes.push(
      `Rayleigh background: ${(100 * found.fraction).toFixed(0)} % of the non-zero values, up to ${found.threshold.toPrecision(4)}`,
    );
    const count = Math.round(found.fraction * image.data.length);
    return { sigma: found.sigma, method, count, ...shared(waveletMad(image, { usable })), notes };
  }
  if (method === "patch-pca") {
    const found = patchPcaSigma(image, { usable });
    if (found) return { ...found, method, ...shared(waveletMad(image, { usable })), notes };
    notes.push("too few whole patches for the covariance: wavelet estimate instead");
  }
  const byAreas = method === "auto" || method === "flat-areas" || method === "rician-foreground";
  const bright = between === undefined;
  const areas = byAreas ? flatAreasNoise(image, { usable, bright }) : undefined;
  if (areas?.above !== undefined) {
    usable = keepLocalMeans(image, usable, [areas.above, Infinity]);
    notes.push(`bright part only: local mean above ${Number(areas.above.toPrecision(4))}`);
  }
  const wavelet = waveletMad(image, { usable });
  const found = byAreas
    ? levelOf(image, { method, areas, wavelet, usable, notes })
    : levelByWavelet(image, { method, wavelet, usable, notes });
  return { ...found, usable: fraction, notes };

  function shared(wavelet: WaveletNoise | undefined) {
    return { usable: fraction, correlation: wavelet ? ratioOf(wavelet) : 1 };
  }
}

interface Measured {
  readonly method: NoiseMethod;
  readonly wavelet: WaveletNoise | undefined;
  readonly usable: Uint8Array;
  /** Notes are added to these. */
  readonly notes: string[];
}

type Level = Omit<NoiseEstimate, "usable" | "notes">;

/** By flat areas or by the finest band, whichever the noise's correlation asks for. */
function levelOf(
  image: Image,
  measured: Measured & { readonly areas: FlatAreasNoise | undefined },
): Level {
  const { method, areas, wavelet, usable, notes } = measured;
  if (!areas) {
    notes.push("fewer than 200 whole windows of 9 × 9: wavelet bands instead");
    const summed = method === "flat-areas" || image.unit === "HU" ? "wavelet-sum" : "wavelet";
    const fallen = method === "rician-foreground" ? "rician-wavelet" : summed;
    return levelByWavelet(image, { ...measured, method: fallen });
  }
  const { sigma, count, grain, structure, signal } = areas;
  const correlation = wavelet && wavelet.white > 0 ? sigma / wavelet.white : 1;
  const finest = wavelet?.bands[0];
  const white =
    correlation <= correlatedFrom ||
    (structure > structured && finest !== undefined && finest.mixed < alike * finest.diagonal);
  const byBand =
    method !== "flat-areas" &&
    image.unit !== "HU" &&
    white &&
    wavelet !== undefined &&
    correlation > blue;
  if (!byBand && wavelet && correlation > correlatedFrom) {
    notes.push(
      `noise is correlated, ${grain.toFixed(1)} px wide (white noise 1.2): the finest band alone would give ${wavelet.white.toPrecision(4)}`,
    );
  }
  const level: Level = byBand
    ? { sigma: wavelet.white, method: "wavelet", count: wavelet.count, correlation: 1, grain }
    : { sigma, method: "flat-areas", count, correlation, grain };
  if (method !== "rician-foreground") return level;
  return {
    ...level,
    method,
    sigma: koaySigma(byBand ? medianWhere(image, usable) : signal, level.sigma),
  };
}

/** By the wavelet bands alone. */
function levelByWavelet(image: Image, { method, wavelet, usable, notes }: Measured): Level {
  if (!wavelet) {
    notes.push("hardly any area holds noise: median of next-neighbour differences instead");
    const sigma = differenceSigma(image, usable);
    return { sigma, method: "wavelet", count: 0, correlation: 1 };
  }
  const { count, white, pixel } = wavelet;
  const correlation = ratioOf(wavelet);
  if (method === "rician-wavelet") {
    return { sigma: ricianForeground(image, usable, wavelet), method, count, correlation };
  }
  const sum = method === "wavelet-sum";
  if (correlation > correlatedFrom) {
    notes.push(
      sum
        ? `noise is correlated: the finest band alone would give ${white.toPrecision(4)}`
        : `bands differ: noise is correlated or texture is dense; the sum over all bands gives ${pixel.toPrecision(4)}`,
    );
  }
  return sum
    ? { sigma: pixel, method, count, correlation }
    : { sigma: white, method: "wavelet", count, correlation };
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
  return koaySigma(medianWhere(image, mask), (wavelet ?? whole).white);
}

/** Median of an image where a mask is 1. */
function medianWhere(image: Image, mask: Uint8Array): number {
  return medianOf(image.data.filter((_, i) => mask[i] === 1));
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
