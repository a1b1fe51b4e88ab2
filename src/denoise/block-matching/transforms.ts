/** Small transform matrices of BM3D and BM4D, row-major, applied as T X Tᵀ. */
import type { BlockTransform } from "../../kernels/block-matching.ts";

/** Orthonormal DCT-II of n points. */
export function dctMatrix(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / n);
    for (let x = 0; x < n; x++) {
      out[k * n + x] = scale * Math.cos((Math.PI * (2 * x + 1) * k) / (2 * n));
    }
  }
  return out;
}

/** Low-pass analysis filter of the biorthogonal spline wavelet 1.5 [cohen1992biorthogonal]; its high-pass is Haar's. */
const bior15 = [3, -3, -22, 22, 128, 128, 22, -22, -3, 3].map((v) => v / (128 * Math.SQRT2));

/**
 * Full periodic decomposition of n = 2^k points by the bior1.5 wavelet, rows scaled to unit length so
 * that white noise has the same variance in every coefficient.
 */
export function bior15Matrix(n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let column = 0; column < n; column++) {
    const v = new Float64Array(n);
    v[column] = 1;
    for (let length = n; length > 1; length /= 2) {
      const low = new Float64Array(length / 2);
      const high = new Float64Array(length / 2);
      for (let k = 0; k < length / 2; k++) {
        for (let t = 0; t < 10; t++) {
          low[k]! += bior15[t]! * v[(2 * k + t - 4 + 2 * n) % length]!;
        }
        high[k] = (v[2 * k + 1]! - v[2 * k]!) / Math.SQRT2;
      }
      v.set(low, 0);
      v.set(high, length / 2);
    }
    for (let k = 0; k < n; k++) out[k * n + column] = v[k]!;
  }
  for (let k = 0; k < n; k++) {
    const row = out.subarray(k * n, (k + 1) * n);
    const length = Math.sqrt(row.reduce((s, x) => s + x * x, 0));
    for (let x = 0; x < n; x++) row[x]! /= length;
  }
  return out;
}

/** Inverse of a well-conditioned n×n matrix by Gauss–Jordan elimination with row pivoting. */
export function inverseMatrix(a: Float64Array, n: number): Float64Array {
  const m = Float64Array.from(a);
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) out[i * n + i] = 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) {
      if (Math.abs(m[r * n + c]!) > Math.abs(m[pivot * n + c]!)) pivot = r;
    }
    for (const x of [m, out]) {
      for (let k = 0; k < n; k++) {
        const kept = x[c * n + k]!;
        x[c * n + k] = x[pivot * n + k]!;
        x[pivot * n + k] = kept;
      }
    }
    const scale = m[c * n + c]!;
    for (let k = 0; k < n; k++) {
      m[c * n + k]! /= scale;
      out[c * n + k]! /= scale;
    }
    for (let r = 0; r < n; r++) {
      const factor = r === c ? 0 : m[r * n + c]!;
      if (factor === 0) continue;
      for (let k = 0; k < n; k++) {
        m[r * n + k]! -= factor * m[c * n + k]!;
        out[r * n + k]! -= factor * out[c * n + k]!;
      }
    }
  }
  return out;
}

/** The transform of bz × n × n blocks by one family of matrices: bior1.5 for powers of two, else the DCT. */
export function blockTransform(
  family: "bior1.5" | "dct",
  size: { readonly bz: number; readonly n: number },
): BlockTransform {
  const matrix = (n: number) =>
    family === "bior1.5" && (n & (n - 1)) === 0 ? bior15Matrix(n) : dctMatrix(n);
  const along = matrix(size.n);
  const deep = matrix(size.bz);
  return {
    along,
    inverse: inverseMatrix(along, size.n),
    deep,
    deepInverse: inverseMatrix(deep, size.bz),
  };
}

/** Separable Kaiser window of shape β over a bz × n × n block; flat along an axis of one voxel. */
export function kaiserWindow(size: { bz: number; n: number }, beta: number): Float64Array {
  const bessel = (x: number) => {
    let term = 1;
    let sum = 1;
    for (let k = 1; k < 40; k++) {
      term *= (x / (2 * k)) ** 2;
      sum += term;
    }
    return sum;
  };
  const along = (n: number) =>
    Float64Array.from({ length: n }, (_, i) =>
      n === 1 ? 1 : bessel(beta * Math.sqrt(1 - ((2 * i) / (n - 1) - 1) ** 2)) / bessel(beta),
    );
  const deep = along(size.bz);
  const plane = along(size.n);
  const { bz, n } = size;
  return Float64Array.from(
    { length: bz * n * n },
    (_, i) => deep[Math.floor(i / (n * n))]! * plane[Math.floor(i / n) % n]! * plane[i % n]!,
  );
}
