/** What the network makes of a few validation images, as pictures: input, result and truth side by side. */
import { sizeOf } from "../core/image.ts";
import type { Bitmap } from "../figures/bitmap.ts";
import type { NamedArray } from "../learn/tensor-file.ts";

/** One group's images. */
export interface SampleGroup {
  readonly name: string;
  readonly noisy: NamedArray;
  /** An image, or scores of classes for every pixel. */
  readonly result: NamedArray;
  /** An image, or classes one-hot; absent where there is none. */
  readonly truth?: NamedArray;
}

export interface Sample {
  /** Steps done. */
  readonly step: number;
  readonly groups: readonly SampleGroup[];
}

/** Grey of the seam between pictures. */
const seam = 96;

/**
 * A row for each image, of input, result and truth; values from 0 (black) to 1 (white), classes from the first to the
 * last. Of a volume the middle plane, of a stack the middle channel. Small images are enlarged by whole pixels.
 */
export function sampleStrip({ groups }: Pick<Sample, "groups">): Bitmap {
  const rows = groups.flatMap(({ noisy, result, truth }) =>
    Array.from({ length: noisy.shape[0]! }, (_, n) => [
      middle(noisy, n),
      shown(result, n),
      ...(truth ? [shown(truth, n)] : []),
    ]),
  );
  const [ny = 1, nx = 1] = groups[0]?.noisy.shape.slice(-2) ?? [];
  const zoom = Math.max(1, Math.round(192 / Math.max(ny, nx)));
  const [cellY, cellX] = [ny * zoom + 2, nx * zoom + 2];
  const columns = Math.max(1, ...rows.map((row) => row.length));
  const width = columns * cellX - 2;
  const height = Math.max(1, rows.length * cellY - 2);
  const data = new Uint8Array(3 * width * height).fill(seam);
  rows.forEach((row, r) => {
    row.forEach((plane, c) => {
      for (let y = 0; y < ny * zoom; y++) {
        for (let x = 0; x < nx * zoom; x++) {
          const v = plane[Math.floor(y / zoom) * nx + Math.floor(x / zoom)]!;
          const grey = Math.round(255 * Math.min(1, Math.max(0, v)));
          data.fill(
            grey,
            3 * ((r * cellY + y) * width + c * cellX + x),
            3 * ((r * cellY + y) * width + c * cellX + x) + 3,
          );
        }
      }
    });
  });
  return { width, height, data };
}

/** The middle plane of an image `n`, of the middle channel of a stack. */
function middle({ shape, data }: NamedArray, n: number): Float32Array {
  const [, channels = 1, ...space] = shape;
  const plane = sizeOf(space.slice(-2));
  const planes = sizeOf(space) / plane;
  const at = (n * channels + (channels >> 1)) * planes + (planes >> 1);
  return data.subarray(at * plane, (at + 1) * plane);
}

/** An image as it is; of several channels, the number of the highest between 0 and 1. */
function shown(array: NamedArray, n: number): Float32Array {
  const { shape, data } = array;
  const [, channels = 1, ...space] = shape;
  if (channels === 1) return middle(array, n);
  const plane = sizeOf(space.slice(-2));
  const planes = sizeOf(space) / plane;
  return Float32Array.from({ length: plane }, (_, i) => {
    const value = (k: number) => data[((n * channels + k) * planes + (planes >> 1)) * plane + i]!;
    let best = 0;
    for (let k = 1; k < channels; k++) if (value(k) > value(best)) best = k;
    return best / (channels - 1);
  });
}
