/** The noise level of a whole image: planes, volumes and series of them. */
import { type Image, layoutOf, sliceOf } from "../../core/image.ts";
import { estimateNoise, type NoiseMethod } from "./estimate-noise.ts";

/** Where a noise level came from. */
export interface NoiseReading {
  /** In the image's unit. */
  readonly sigma: number;
  /** The estimator, or `given`. */
  readonly method: NoiseMethod | "given";
  readonly notes: readonly string[];
  /** Full width at half maximum of the noise's autocorrelation in px, 1.2 for white noise, where it was measured. */
  readonly grain?: number;
}

export type EstimatedNoise = NoiseReading & { readonly method: NoiseMethod };

/** Volumes are judged on so many evenly spread planes, enough for a median. */
const most = 9;

/** The planes on which the noise of an image with so many is judged. */
export function judgedPlanes(planes: number): number[] {
  const count = Math.min(planes, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * planes) / count));
}

export interface NoiseOfOptions {
  /** By default the one that suits the image. */
  readonly method?: NoiseMethod | undefined;
}

/**
 * Noise level of an image; of a volume, the median over evenly spread planes.
 *
 * @param options.padding one byte per pixel, 1 where it holds no measurement
 */
export function noiseOfImage(
  image: Image,
  options: NoiseOfOptions & { readonly padding?: Uint8Array | undefined } = {},
): EstimatedNoise {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const { method, padding } = options;
  const size = ny * nx;
  const judged = judgedPlanes(blocks * nz);
  return noiseOfPlanes(
    judged.map((plane) => sliceOf(image, plane)),
    { method, paddings: judged.map((k) => padding?.subarray(k * size, (k + 1) * size)) },
  );
}

/**
 * Median of the noise levels of planes; those of padding alone do not count where there are others.
 *
 * @param options.paddings of each plane, where it has any
 */
export function noiseOfPlanes(
  planes: readonly Image[],
  options: NoiseOfOptions & { readonly paddings?: readonly (Uint8Array | undefined)[] } = {},
): EstimatedNoise {
  const { method, paddings = [] } = options;
  const held = planes.map((_, k) => paddings[k]?.includes(0) !== false);
  const judged = planes.map((plane, k) => ({ plane, padding: paddings[k] }));
  const readings = (held.includes(true) ? judged.filter((_, k) => held[k]) : judged)
    .map(({ plane, padding }) => estimateNoise(plane, { method, ...(padding ? { padding } : {}) }))
    .sort((a, b) => a.sigma - b.sigma);
  const count = readings.length;
  const middle = readings[Math.floor((readings.length - 1) / 2)]!;
  const spread =
    count > 1
      ? [
          `median of ${count} slices, ${Number(readings[0]!.sigma.toPrecision(4))} to ${Number(readings.at(-1)!.sigma.toPrecision(4))}`,
        ]
      : [];
  const { sigma, grain } = middle;
  return {
    sigma,
    method: middle.method,
    notes: [...middle.notes, ...spread],
    ...(grain === undefined ? {} : { grain }),
  };
}
