/** Images through a trained denoiser: to its units and back, plane by plane. */
import { InputError, throwIfAborted } from "../core/errors.ts";
import { type Image, layoutOf, rangeOf, withData } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type TrainedOn, usualTraining } from "../denoise/trained-on.ts";
import type { DenoisingModel } from "./denoising-model.ts";

export interface ApplyOptions extends WorkOptions {
  /** Standard deviation of the noise in the image's unit: one for all planes, or one for each. */
  readonly sigma: number | readonly number[];
  readonly tile?: number;
  /** Values to take the model's scale from, where the image is a part of a larger one. */
  readonly sample?: () => Promise<Float32Array>;
}

/** Affine map from the image's unit to the model's: value ↦ (value − offset) / scale. */
export interface ModelUnits {
  readonly offset: number;
  readonly scale: number;
}

/**
 * The model's units for an image: the window that the model learned most in the image's unit (soft tissue, −160 to
 * 240 HU, where CT has none of its own), or else between percentiles, the 1st and 99.5th where it names none.
 */
export function windowOf(
  image: Pick<Image, "data" | "unit">,
  { windows }: TrainedOn = usualTraining,
): ModelUnits {
  const own = windows.find((window) => "unit" in window && window.unit === image.unit);
  if (own !== undefined && "unit" in own) return { offset: own.low, scale: own.high - own.low };
  if (image.unit === "HU") return { offset: -160, scale: 400 };
  if (image.unit === "normalised") return { offset: 0, scale: 1 };
  const drawn = windows.find((window) => "percentiles" in window);
  const [low, high] = drawn !== undefined && "percentiles" in drawn ? drawn.percentiles : [1, 99.5];
  const [offset, scale] = percentileRange(image.data, low / 100, high / 100);
  return { offset, scale };
}

/**
 * The model's units for an image with noise. Where the noise would exceed the trained levels the scale is widened
 * until it does not; the networks are homogeneous, so only the offset matters.
 */
export function modelUnits(
  image: Pick<Image, "data" | "unit">,
  sigma: number,
  { trainedOn = usualTraining }: { readonly trainedOn?: TrainedOn } = {},
): ModelUnits {
  const { offset, scale } = windowOf(image, trainedOn);
  const { high } = trainedOn.noise;
  return { offset, scale: high > 0 ? Math.max(scale, sigma / high) : scale };
}

function percentileRange(data: Float32Array, low: number, high: number): [number, number] {
  // A regular sample is enough for a scale, and bounds the cost for volumes.
  const step = Math.max(1, Math.floor(data.length / 20_000));
  const sample = new Float32Array(Math.ceil(data.length / step));
  for (let i = 0; i < sample.length; i++) sample[i] = data[i * step]!;
  sample.sort();
  const at = (share: number) => sample[Math.round(share * (sample.length - 1))]!;
  const range = at(high) - at(low);
  return [at(low), range > 0 ? range : 1];
}

/**
 * Denoises an image of any axes, each plane by itself.
 *
 * @throws InputError on values that are not finite, or a noise level below 0
 */
export async function applyModel(
  image: Image,
  model: DenoisingModel,
  { sigma, tile, sample, signal, onProgress }: ApplyOptions,
): Promise<Image> {
  const { nonFinite } = rangeOf(image.data);
  if (nonFinite > 0) {
    throw new InputError(
      `Cannot denoise: found ${nonFinite} values that are not finite, wanted none`,
    );
  }
  const { blocks, nz, ny, nx } = layoutOf(image);
  const planes = blocks * nz;
  const levels = typeof sigma === "number" ? new Array<number>(planes).fill(sigma) : sigma;
  if (levels.length !== planes || !levels.every((s) => Number.isFinite(s) && s >= 0)) {
    throw new InputError(
      `Cannot denoise: found noise levels ${levels.slice(0, 4).join(", ")}, wanted one finite number >= 0 for each of ${planes} planes`,
    );
  }
  const scaled = sample === undefined ? image : { unit: image.unit, data: await sample() };
  const { offset, scale } = modelUnits(scaled, Math.max(...levels), model);
  const area = ny * nx;
  const out = image.data.slice();
  // One after the other: the runtime's native binding runs a model on the calling thread, so that two runs
  // begun together do not overlap; its own threads share the work of each.
  for (let i = 0; i < planes; i++) {
    throwIfAborted(signal, "denoising");
    const level = levels[i]!;
    onProgress?.({ done: i, total: planes, label: "denoising slices" });
    if (level === 0) continue;
    const plane = image.data.subarray(i * area, (i + 1) * area).map((v) => (v - offset) / scale);
    const result = await model.denoisePlane(plane, {
      ny,
      nx,
      sigma: level / scale,
      ...(tile === undefined ? {} : { tile }),
      ...(signal === undefined ? {} : { signal }),
    });
    for (let j = 0; j < area; j++) out[i * area + j] = result[j]! * scale + offset;
  }
  onProgress?.({ done: planes, total: planes, label: "denoising slices" });
  return withData(image, out);
}
