/**
 * Which pixels may take part in a noise estimate. Padding, masked background and saturated areas hold
 * no noise, and an estimator that counts them reports too little or zero.
 */
import { type Image, layoutOf, rangeOf } from "../../core/image.ts";

export interface UsableOptions {
  /** Keep only pixels whose 5×5 mean lies between these values, in the image's unit. */
  readonly between?: readonly [number, number];
  /** One byte per pixel, 1 where it holds no measurement. */
  readonly padding?: Uint8Array;
}

/**
 * One byte per pixel: 0 where the value is not finite or padding, where it equals all its neighbours in the plane
 * (a constant area), where it sits at the image's smallest or largest value together with more than 1 %
 * of all pixels (clipping), or where the local mean leaves `between`; 1 elsewhere.
 */
export function usablePixels(image: Image, options: UsableOptions = {}): Uint8Array {
  const { data } = image;
  const { blocks, nz, ny, nx } = layoutOf(image);
  const usable = new Uint8Array(data.length);
  const { min, max } = rangeOf(data);
  let atMin = 0;
  let atMax = 0;
  for (const v of data) {
    if (v === min) atMin++;
    if (v === max) atMax++;
  }
  const clippedLow = atMin > 0.01 * data.length;
  const clippedHigh = atMax > 0.01 * data.length;
  const plane = ny * nx;
  for (let p = 0; p < blocks * nz; p++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const i = p * plane + y * nx + x;
        const v = data[i]!;
        if (!Number.isFinite(v) || options.padding?.[i] === 1) continue;
        if ((clippedLow && v === min) || (clippedHigh && v === max)) continue;
        // Most pixels differ from the one before: the whole neighbourhood is looked at where they do not.
        if (x > 0 && data[i - 1] !== v) {
          usable[i] = 1;
          continue;
        }
        let same = true;
        for (let dy = -1; dy <= 1 && same; dy++) {
          const yy = y + dy;
          if (yy < 0 || yy >= ny) continue;
          for (let dx = -1; dx <= 1; dx++) {
            const xx = x + dx;
            if (xx >= 0 && xx < nx && data[p * plane + yy * nx + xx] !== v) {
              same = false;
              break;
            }
          }
        }
        if (!same) usable[i] = 1;
      }
    }
  }
  return options.between === undefined ? usable : keepLocalMeans(image, usable, options.between);
}

/** A copy of the bytes without pixels whose 5×5 mean of finite values leaves the limits. */
export function keepLocalMeans(
  image: Image,
  usable: Uint8Array,
  between: readonly [number, number],
): Uint8Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const kept = usable.slice();
  for (let p = 0; p < blocks * nz; p++) {
    keepBetween(image.data, kept, { offset: p * ny * nx, ny, nx }, between);
  }
  return kept;
}

/** Clears pixels whose 5×5 mean of finite values is outside the limits. */
function keepBetween(
  data: Float32Array,
  usable: Uint8Array,
  plane: { offset: number; ny: number; nx: number },
  [low, high]: readonly [number, number],
): void {
  const { offset, ny, nx } = plane;
  const sums = summedArea(ny, nx, (i) => {
    const v = data[offset + i]!;
    return Number.isFinite(v) ? v : 0;
  });
  for (let y = 0; y < ny; y++) {
    for (let x = 0; x < nx; x++) {
      if (usable[offset + y * nx + x] === 0) continue;
      const y0 = Math.max(0, y - 2);
      const x0 = Math.max(0, x - 2);
      const y1 = Math.min(ny, y + 3);
      const x1 = Math.min(nx, x + 3);
      const mean = boxSum(sums, nx, y0, x0, y1, x1) / ((y1 - y0) * (x1 - x0));
      if (mean < low || mean > high) usable[offset + y * nx + x] = 0;
    }
  }
}

/** Summed-area table of (ny+1)×(nx+1) entries. */
export function summedArea(ny: number, nx: number, value: (i: number) => number): Float64Array {
  const w = nx + 1;
  const sums = new Float64Array((ny + 1) * w);
  for (let y = 0; y < ny; y++) {
    let row = 0;
    for (let x = 0; x < nx; x++) {
      row += value(y * nx + x);
      sums[(y + 1) * w + x + 1] = sums[y * w + x + 1]! + row;
    }
  }
  return sums;
}

/** Sum over rows y0 … y1−1 and columns x0 … x1−1 of a summed-area table for planes nx wide. */
export function boxSum(
  sums: Float64Array,
  nx: number,
  y0: number,
  x0: number,
  y1: number,
  x1: number,
): number {
  const w = nx + 1;
  return sums[y1 * w + x1]! - sums[y0 * w + x1]! - sums[y1 * w + x0]! + sums[y0 * w + x0]!;
}
