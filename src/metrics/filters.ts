/** Small separable and 3×3 filters on planes, as the definitions of metrics ask for them. */

/** A plane of numbers, row-major. */
export interface Field {
  readonly data: Float64Array;
  readonly ny: number;
  readonly nx: number;
}

/** Gaussian weights exp(−i²/2σ²) at whole pixels, normalised to sum 1; `size` may be even (centre between pixels). */
export function gaussianWeights(size: number, sigma: number): Float64Array {
  const c = (size - 1) / 2;
  const w = Float64Array.from({ length: size }, (_, i) =>
    Math.exp(-((i - c) ** 2) / (2 * sigma * sigma)),
  );
  const sum = w.reduce((a, b) => a + b, 0);
  return w.map((v) => v / sum);
}

/** Correlates rows and columns with the same weights, keeping only positions where the window fits. */
export function filterValid(field: Field, weights: Float64Array): Field {
  const { data, ny, nx } = field;
  const n = weights.length;
  const w = nx - n + 1;
  const h = ny - n + 1;
  const rows = new Float64Array(ny * w);
  for (let j = 0; j < ny; j++) {
    for (let k = 0; k < n; k++) {
      const c = weights[k]!;
      const from = j * nx + k;
      const to = j * w;
      for (let i = 0; i < w; i++) rows[to + i]! += c * data[from + i]!;
    }
  }
  const out = new Float64Array(h * w);
  for (let j = 0; j < h; j++) {
    const to = j * w;
    for (let k = 0; k < n; k++) {
      const c = weights[k]!;
      const from = (j + k) * w;
      for (let i = 0; i < w; i++) out[to + i]! += c * rows[from + i]!;
    }
  }
  return { data: out, ny: h, nx: w };
}

/** The same with edge values repeated outward, so that sizes are kept (odd number of weights). */
export function filterSame(field: Field, weights: Float64Array): Field {
  return filterValid(padEdge(field, (weights.length - 1) / 2), weights);
}

/** Edge values repeated outward by `margin` pixels on every side. */
function padEdge(field: Field, margin: number): Field {
  const { data, ny, nx } = field;
  const w = nx + 2 * margin;
  const h = ny + 2 * margin;
  const out = new Float64Array(h * w);
  for (let j = 0; j < h; j++) {
    const y = Math.min(ny - 1, Math.max(0, j - margin));
    for (let i = 0; i < w; i++) {
      out[j * w + i] = data[y * nx + Math.min(nx - 1, Math.max(0, i - margin))]!;
    }
  }
  return { data: out, ny: h, nx: w };
}

/** Correlation with a 3×3 kernel (row-major), edge values repeated outward; size kept. */
export function filter3x3(field: Field, kernel: readonly number[]): Float64Array {
  const { ny, nx } = field;
  const padded = padEdge(field, 1);
  const out = new Float64Array(ny * nx);
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      let sum = 0;
      for (let b = 0; b < 3; b++) {
        for (let a = 0; a < 3; a++)
          sum += kernel[3 * b + a]! * padded.data[(j + b) * padded.nx + i + a]!;
      }
      out[j * nx + i] = sum;
    }
  }
  return out;
}

/** Gradient magnitude by Sobel's kernels, divided by 8 so that a ramp of slope 1 per pixel gives 1. */
export function sobelMagnitude(field: Field): Float64Array {
  const gx = filter3x3(field, [-1, 0, 1, -2, 0, 2, -1, 0, 1]);
  const gy = filter3x3(field, [-1, -2, -1, 0, 0, 0, 1, 2, 1]);
  return gx.map((v, i) => Math.hypot(v, gy[i]!) / 8);
}

/** Means of 2×2 blocks; an odd last row or column is dropped. */
export function halve(field: Field): Field {
  const h = Math.floor(field.ny / 2);
  const w = Math.floor(field.nx / 2);
  const { data, nx } = field;
  const out = new Float64Array(h * w);
  for (let j = 0; j < h; j++) {
    for (let i = 0; i < w; i++) {
      const p = 2 * j * nx + 2 * i;
      out[j * w + i] = (data[p]! + data[p + 1]! + data[p + nx]! + data[p + nx + 1]!) / 4;
    }
  }
  return { data: out, ny: h, nx: w };
}

/** Element-wise product. */
export function product(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < a.length; i++) out[i] = a[i]! * b[i]!;
  return out;
}

/**
 * A plane less its mean over the mask, and exactly 0 everywhere when it is constant: rounding of squares of a large
 * offset would pass for structure.
 */
export function centred(data: Float64Array, mask: Uint8Array | null = null): Float64Array {
  const first = data[0] ?? 0;
  if (data.every((v) => v === first)) return new Float64Array(data.length);
  let sum = 0;
  let n = 0;
  for (let i = 0; i < data.length; i++) {
    if (mask && mask[i] === 0) continue;
    sum += data[i]!;
    n++;
  }
  return data.map((v) => v - sum / n);
}

/** Whether the values that the mask counts are all the same. */
export function isConstant(data: ArrayLike<number>, mask: ArrayLike<number> | null): boolean {
  let first: number | undefined;
  for (let i = 0; i < data.length; i++) {
    if (mask && mask[i] === 0) continue;
    first ??= data[i]!;
    if (data[i] !== first) return false;
  }
  return true;
}

/** Pearson correlation of two lists over the positions that the mask counts; NaN when one is constant. */
export function correlation(a: Float64Array, b: Float64Array, mask: Uint8Array | null): number {
  if (isConstant(a, mask) || isConstant(b, mask)) return NaN;
  let n = 0;
  let sa = 0;
  let sb = 0;
  for (let i = 0; i < a.length; i++) {
    if (mask && mask[i] === 0) continue;
    n++;
    sa += a[i]!;
    sb += b[i]!;
  }
  const ma = sa / n;
  const mb = sb / n;
  let aa = 0;
  let bb = 0;
  let ab = 0;
  for (let i = 0; i < a.length; i++) {
    if (mask && mask[i] === 0) continue;
    const x = a[i]! - ma;
    const y = b[i]! - mb;
    aa += x * x;
    bb += y * y;
    ab += x * y;
  }
  return ab / Math.sqrt(aa * bb);
}
