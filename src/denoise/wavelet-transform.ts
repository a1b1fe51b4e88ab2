/**
 * Separable orthonormal wavelet transform of planes and volumes, periodic at the borders
 * [mallat1989theory]. One level along an axis of even length n:
 *
 *   a[i] = Σ_k h[k] x[2i + k mod n],   d[i] = Σ_k g[k] x[2i + k mod n],   i = 0 … n/2 − 1,
 *
 * which is orthonormal, so that white noise of variance σ² stays white with variance σ² and the inverse
 * is the transpose. Coefficients lie in Mallat's layout: approximation first along each axis.
 */
import { InputError } from "../core/errors.ts";
import type { WaveletFilter } from "./wavelet-filters.ts";

/** Sizes `[nz, ny, nx]`; nz is 1 for a plane. */
export type Sizes3 = readonly [number, number, number];

/** One box of coefficients inside the full array. */
export interface Band {
  /** 1 is the finest. */
  readonly level: number;
  /** Axes that were high-passed: any of `x`, `y`, `z`; empty for the approximation. */
  readonly detail: string;
  /** First index and size along `z, y, x`. */
  readonly start: Sizes3;
  readonly size: Sizes3;
}

/** Largest number of levels at which every transformed axis stays even and no shorter than `shortest`. */
export function levelsFor(sizes: Sizes3, options: { shortest?: number } = {}): number {
  const { shortest = 8 } = options;
  let levels = 0;
  let s = sizes.filter((n, axis) => axis > 0 || n > 1);
  while (s.every((n) => n % 2 === 0 && n / 2 >= shortest)) {
    s = s.map((n) => n / 2);
    levels++;
  }
  return levels;
}

function transformedAxes(sizes: Sizes3): readonly number[] {
  return sizes[0] > 1 ? [2, 1, 0] : [2, 1];
}

/** The bands of a transform with so many levels, details from fine to coarse, the approximation last. */
export function bandsOf(sizes: Sizes3, levels: number): readonly Band[] {
  const bands: Band[] = [];
  const axes = transformedAxes(sizes);
  let box = [...sizes];
  for (let level = 1; level <= levels; level++) {
    const half = box.map((n, axis) => (axes.includes(axis) ? n / 2 : n));
    for (let code = 1; code < 1 << axes.length; code++) {
      const start = [0, 0, 0];
      let detail = "";
      axes.forEach((axis, bit) => {
        if ((code >> bit) & 1) {
          start[axis] = half[axis]!;
          detail += "zyx"[axis];
        }
      });
      bands.push({
        level,
        detail,
        start: start as unknown as Sizes3,
        size: half as unknown as Sizes3,
      });
    }
    box = half;
  }
  bands.push({ level: levels, detail: "", start: [0, 0, 0], size: box as unknown as Sizes3 });
  return bands;
}

/** Calls back with the first index and length of every row of a band in the full array. */
export function eachRow(
  sizes: Sizes3,
  band: Pick<Band, "start" | "size">,
  visit: (offset: number, length: number) => void,
): void {
  for (let z = 0; z < band.size[0]; z++) {
    for (let y = 0; y < band.size[1]; y++) {
      visit(
        ((band.start[0] + z) * sizes[1] + band.start[1] + y) * sizes[2] + band.start[2],
        band.size[2],
      );
    }
  }
}

/** Forward along x on the leading box, one row at a time. */
function forwardX(data: Float64Array, sizes: Sizes3, box: Sizes3, filter: WaveletFilter): void {
  const { low, high } = filter;
  const taps = low.length;
  const n = box[2];
  const half = n / 2;
  const row = new Float64Array(n + taps);
  eachRow(sizes, { start: [0, 0, 0], size: box }, (offset) => {
    for (let i = 0; i < n; i++) row[i] = data[offset + i]!;
    for (let k = 0; k < taps; k++) row[n + k] = row[k % n]!;
    for (let i = 0; i < half; i++) {
      let a = 0;
      let d = 0;
      for (let k = 0; k < taps; k++) {
        const x = row[2 * i + k]!;
        a += low[k]! * x;
        d += high[k]! * x;
      }
      data[offset + i] = a;
      data[offset + half + i] = d;
    }
  });
}

function inverseX(data: Float64Array, sizes: Sizes3, box: Sizes3, filter: WaveletFilter): void {
  const { low, high } = filter;
  const taps = low.length;
  const n = box[2];
  const half = n / 2;
  const row = new Float64Array(n + taps);
  eachRow(sizes, { start: [0, 0, 0], size: box }, (offset) => {
    row.fill(0);
    for (let i = 0; i < half; i++) {
      const a = data[offset + i]!;
      const d = data[offset + half + i]!;
      for (let k = 0; k < taps; k++) row[2 * i + k]! += low[k]! * a + high[k]! * d;
    }
    for (let k = n; k < n + taps; k++) row[k % n]! += row[k]!;
    for (let i = 0; i < n; i++) data[offset + i] = row[i]!;
  });
}

/**
 * Forward or inverse along y or z: whole rows are added as vectors, so memory is walked in order.
 * `stride` separates neighbours along the axis, `outer` and `outerStride` run over the other one.
 */
function alongRows(
  data: Float64Array,
  layout: { n: number; stride: number; outer: number; outerStride: number; width: number },
  filter: WaveletFilter,
  inverse: boolean,
): void {
  const { n, stride, outer, outerStride, width } = layout;
  const { low, high } = filter;
  const taps = low.length;
  const half = n / 2;
  const scratch = new Float64Array(n * width);
  for (let o = 0; o < outer; o++) {
    const base = o * outerStride;
    scratch.fill(0);
    for (let i = 0; i < half; i++) {
      const rowA = inverse ? base + i * stride : i * width;
      const rowD = inverse ? base + (half + i) * stride : (half + i) * width;
      for (let k = 0; k < taps; k++) {
        const position = (2 * i + k) % n;
        const h = low[k]!;
        const g = high[k]!;
        if (inverse) {
          const to = position * width;
          for (let x = 0; x < width; x++) {
            scratch[to + x]! += h * data[rowA + x]! + g * data[rowD + x]!;
          }
        } else {
          const from = base + position * stride;
          for (let x = 0; x < width; x++) {
            const v = data[from + x]!;
            scratch[rowA + x]! += h * v;
            scratch[rowD + x]! += g * v;
          }
        }
      }
    }
    for (let i = 0; i < n; i++) {
      data.set(scratch.subarray(i * width, (i + 1) * width), base + i * stride);
    }
  }
}

function along(
  data: Float64Array,
  sizes: Sizes3,
  box: Sizes3,
  axis: number,
  filter: WaveletFilter,
  inverse: boolean,
): void {
  if (axis === 2) {
    if (inverse) inverseX(data, sizes, box, filter);
    else forwardX(data, sizes, box, filter);
    return;
  }
  const row = sizes[2];
  const plane = sizes[1] * row;
  const layout =
    axis === 1
      ? { n: box[1], stride: row, outer: box[0], outerStride: plane, width: box[2] }
      : { n: box[0], stride: plane, outer: box[1], outerStride: row, width: box[2] };
  alongRows(data, layout, filter, inverse);
}

function boxes(sizes: Sizes3, levels: number): Sizes3[] {
  const axes = transformedAxes(sizes);
  const list: Sizes3[] = [];
  let box = sizes;
  for (let level = 0; level < levels; level++) {
    for (const axis of axes) {
      if (box[axis]! % 2 !== 0) {
        throw new InputError(
          `Cannot transform sizes [${sizes.join(", ")}] over ${levels} levels: found odd length ${box[axis]} at level ${level + 1}, wanted even lengths`,
        );
      }
    }
    list.push(box);
    box = box.map((n, axis) => (axes.includes(axis) ? n / 2 : n)) as unknown as Sizes3;
  }
  return list;
}

/**
 * Forward transform; every axis longer than 1 (z only for volumes) must stay even down to the last level.
 *
 * @param data values, row-major `[z, y, x]`; not changed
 * @throws InputError when a length turns odd
 */
export function waveletForward(
  data: ArrayLike<number>,
  options: { sizes: Sizes3; levels: number; filter: WaveletFilter },
): Float64Array {
  const { sizes, levels, filter } = options;
  const out = Float64Array.from(data);
  for (const box of boxes(sizes, levels)) {
    for (const axis of transformedAxes(sizes)) along(out, sizes, box, axis, filter, false);
  }
  return out;
}

/** Inverse of `waveletForward`: the transpose of the orthonormal transform. */
export function waveletInverse(
  coefficients: Float64Array,
  options: { sizes: Sizes3; levels: number; filter: WaveletFilter },
): Float64Array {
  const { sizes, levels, filter } = options;
  const out = Float64Array.from(coefficients);
  for (const box of boxes(sizes, levels).reverse()) {
    for (const axis of [...transformedAxes(sizes)].reverse()) {
      along(out, sizes, box, axis, filter, true);
    }
  }
  return out;
}
