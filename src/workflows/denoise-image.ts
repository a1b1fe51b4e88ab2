/** The main job on one image in memory: estimate the noise, denoise, blend, estimate again. */
import { InputError, RunError, throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, rangeOf, sliceOf, withData } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { estimateNoise, type NoiseMethod } from "../denoise/noise-level/estimate-noise.ts";

export interface DenoiseImageOptions extends WorkOptions {
  readonly denoiser: Denoiser;
  readonly parameters?: ParameterValues;
  /** Noise standard deviation in the image's unit; estimated when absent. */
  readonly sigma?: number;
  /** Share of the denoised image in the result, 0 to 1. Defaults to 1. */
  readonly strength?: number;
  readonly threads?: number;
  /** Each plane by itself, also where the method joins planes. */
  readonly planes?: boolean;
  /** See `DenoiseContext`. */
  readonly guide?: Image;
  readonly templates?: readonly ArrayLike<number>[];
  /** Voxels that hold no measurement and are handed through unchanged (DICOM padding). */
  readonly keep?: (index: number) => boolean;
}

/** Where a noise level came from. */
export interface NoiseReading {
  /** In the image's unit. */
  readonly sigma: number;
  /** The estimator, or `given`. */
  readonly method: NoiseMethod | "given";
  readonly notes: readonly string[];
}

export interface DenoisedImage {
  readonly image: Image;
  /** The level that the denoiser was told. */
  readonly level: NoiseReading;
  readonly noiseBefore: NoiseReading;
  /** By the same estimator as `noiseBefore`. */
  readonly noiseAfter: NoiseReading;
  /** Root mean square of (after − before), in the image's unit. */
  readonly rmsChange: number;
  readonly seconds: number;
}

/** Estimators need a neighbourhood; below this many pixels a side there is none worth the name. */
export const smallestSide = 8;

/** Volumes are judged on so many evenly spread slices, enough for a median. */
const estimateSlices = 9;

/**
 * @throws InputError on colour images, images below 8 × 8 pixels, values that are not finite, or images without
 * any variation; CancelledError
 */
export async function denoiseImage(
  image: Image,
  options: DenoiseImageOptions,
): Promise<DenoisedImage> {
  checkDenoisable(image);
  const started = performance.now();
  const noiseBefore = estimated(image);
  const level: NoiseReading =
    options.sigma === undefined
      ? noiseBefore
      : { sigma: options.sigma, method: "given", notes: [] };
  const strength = options.strength ?? 1;
  const denoised = await denoiseBlocks(image, {
    ...options,
    sigma: options.sigma ?? levelToTell(options.denoiser, level),
  });
  checkResult(denoised, options.denoiser);
  const data = new Float32Array(image.data.length);
  let squares = 0;
  for (let i = 0; i < data.length; i++) {
    const before = image.data[i]!;
    const change = options.keep?.(i) ? 0 : strength * (denoised.data[i]! - before);
    data[i] = before + change;
    squares += change * change;
  }
  const result = withData(image, data);
  return {
    image: result,
    level,
    noiseBefore,
    noiseAfter: estimated(result, noiseBefore.method),
    rmsChange: Math.sqrt(squares / data.length),
    seconds: (performance.now() - started) / 1000,
  };
}

/** @throws RunError when a result holds values that are no finite numbers */
export function checkResult(denoised: Image, denoiser: Denoiser): void {
  const { nonFinite } = rangeOf(denoised.data);
  if (nonFinite > 0) {
    throw new RunError(
      `Cannot denoise by ${denoiser.name}: found ${nonFinite} of ${denoised.data.length} values in its result that are no finite numbers, wanted none`,
    );
  }
}

/** @throws InputError saying what about the image cannot be denoised */
export function checkDenoisable(image: Image): void {
  checkGrey(image);
  checkFinite(rangeOf(image.data).nonFinite, image.data.length);
}

/** @throws InputError for colours, and for planes too small to tell noise from anything else */
export function checkGrey(image: Omit<Image, "data">): void {
  const { ny, nx } = layoutOf(image);
  if (image.axes.includes("c")) {
    throw new InputError(
      `Cannot denoise a colour image: found ${image.shape[image.axes.indexOf("c")]} channels, wanted one grey channel`,
    );
  }
  if (Math.min(ny, nx) < smallestSide) {
    throw new InputError(
      `Cannot denoise an image of ${nx} × ${ny} pixels: found a side below ${smallestSide}, wanted at least ${smallestSide} × ${smallestSide}`,
    );
  }
}

/** @throws InputError when some values are no finite numbers */
export function checkFinite(nonFinite: number, of: number): void {
  if (nonFinite > 0) {
    throw new InputError(
      `Cannot denoise the image: found ${nonFinite} of ${of} values that are no finite numbers, wanted none`,
    );
  }
}

export type Estimated = NoiseReading & { readonly method: NoiseMethod };

/** Noise level of an image; of a volume, the median over evenly spread slices. */
export function estimated(image: Image, method?: NoiseMethod): Estimated {
  const { blocks, nz } = layoutOf(image);
  const judged = judgedPlanes(blocks * nz).map((plane) => sliceOf(image, plane));
  return estimatedFrom(judged, method);
}

/** The planes on which the noise of an image with so many is judged. */
export function judgedPlanes(planes: number): number[] {
  const count = Math.min(planes, estimateSlices);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * planes) / count));
}

/** Median of the noise levels of planes. */
export function estimatedFrom(planes: readonly Image[], method?: NoiseMethod): Estimated {
  const readings = planes
    .map((plane) => estimateNoise(plane, { method }))
    .sort((a, b) => a.sigma - b.sigma);
  const count = readings.length;
  const middle = readings[Math.floor((readings.length - 1) / 2)]!;
  const spread =
    count > 1
      ? [
          `median of ${count} slices, ${Number(readings[0]!.sigma.toPrecision(4))} to ${Number(readings.at(-1)!.sigma.toPrecision(4))}`,
        ]
      : [];
  return { sigma: middle.sigma, method: middle.method, notes: [...middle.notes, ...spread] };
}

/**
 * The estimated level for methods of additive noise. Others mean something else by it (speckle: standard
 * deviation over mean; Rician: σ of the channels) and estimate it themselves.
 */
export function levelToTell(denoiser: Denoiser, level: NoiseReading): number | undefined {
  return denoiser.noise === "gaussian" || denoiser.noise === "any" ? level.sigma : undefined;
}

/** Denoisers take planes and volumes; frames of a series, and planes where asked, go one after another. */
async function denoiseBlocks(image: Image, options: DenoiseImageOptions): Promise<Image> {
  const { denoiser, parameters, sigma, threads, guide, templates, signal, onProgress } = options;
  const context = { sigma, threads, guide, templates, signal };
  const { blocks, nz, ny, nx, volumetric } = layoutOf(image);
  const { planes = false } = options;
  if (image.axes === "yx" || (image.axes === "zyx" && !planes)) {
    return denoiser.denoise(image, parameters, { ...context, onProgress });
  }
  const depth = planes ? 1 : nz;
  const parts = (blocks * nz) / depth;
  const size = depth * ny * nx;
  const data = new Float32Array(image.data.length);
  for (let part = 0; part < parts; part++) {
    throwIfAborted(signal, "denoising");
    const values = image.data.slice(part * size, (part + 1) * size);
    const frame = partOf(image, values, volumetric && !planes ? [nz, ny, nx] : [ny, nx]);
    const done = await denoiser.denoise(frame, parameters, context);
    data.set(done.data, part * size);
    onProgress?.({
      done: part + 1,
      total: parts,
      label: planes ? "denoising planes" : "denoising frames",
    });
  }
  return withData(image, data);
}

/** A part of an image as a method sees it: with its pitch and unit, and without its place. */
export function partOf(
  image: Omit<Image, "data">,
  data: Float32Array,
  shape: readonly number[],
): Image {
  const { spacing, unit } = image;
  return makeImage(data, shape, image.spacingKnown ? { spacing, unit } : { unit });
}
