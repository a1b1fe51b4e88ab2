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
}

export type EstimatedNoise = NoiseReading & { readonly method: NoiseMethod };

/** Volumes are judged on so many evenly spread planes, enough for a median. */
const most = 9;

/** The planes on which the noise of an image with so many is judged. */
export function judgedPlanes(planes: number): number[] {
  const count = Math.min(planes, most);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * planes) / count));
}

/** Noise level of an image; of a volume, the median over evenly spread planes. */
export function noiseOfImage(image: Image, method?: NoiseMethod): EstimatedNoise {
  const { blocks, nz } = layoutOf(image);
  const judged = judgedPlanes(blocks * nz).map((plane) => sliceOf(image, plane));
  return noiseOfPlanes(judged, method);
}

/** Median of the noise levels of planes. */
export function noiseOfPlanes(planes: readonly Image[], method?: NoiseMethod): EstimatedNoise {
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
