import { RunError } from "../core/errors.ts";
import { lowRankSource } from "./generated/low-rank.ts";
import { openKernel } from "./load.ts";

interface Exports {
  gramOfRows(x: number, n: number, columns: number, g: number, wide: number): void;
  eigen(
    g: number,
    n: number,
    wide: number,
    p: number,
    d: number,
    e: number,
    w: number,
    b: number,
  ): number;
  reweigh(
    x: number,
    n: number,
    columns: number,
    p: number,
    wide: number,
    factors: number,
    out: number,
    line: number,
  ): void;
}

/** A matrix of n rows in the kernel's memory, to be shrunk along the eigenvectors of X Xᵀ. */
export interface LowRankKernel {
  /** Row-major, n rows of `stride` values; columns beyond those in use must hold zeros. */
  readonly x: Float64Array;
  readonly stride: number;
  /** Eigenvalues of X Xᵀ (squared singular values), in no order; a view that the next call overwrites. */
  eigenvalues(): Float64Array;
  /** X ← Σ factor_i p_i p_iᵀ X, one factor for each eigenvalue of the last call. */
  reweigh(factors: ArrayLike<number>): void;
}

/**
 * Opens room for matrices of n rows and up to `columns` columns. Defined by `shrinkPlainly`.
 *
 * @throws RunError when the memory cannot be had
 */
export function lowRankKernel(n: number, columns: number): LowRankKernel {
  const kernel = openKernel<Exports>(lowRankSource);
  const even = (v: number) => v + (v % 2);
  const wide = even(n);
  const stride = even(columns);
  const x = kernel.allocate(8 * n * stride);
  const out = kernel.allocate(8 * n * stride);
  const g = kernel.allocate(8 * n * wide);
  const p = kernel.allocate(8 * n * wide);
  const line = kernel.allocate(8 * stride);
  const d = kernel.allocate(8 * wide);
  const e = kernel.allocate(8 * wide);
  const w = kernel.allocate(8 * wide);
  const b = kernel.allocate(8 * wide);
  const factors = kernel.allocate(8 * wide);
  const factorView = kernel.float64(factors, n);
  return {
    x: kernel.float64(x, n * stride),
    stride,
    eigenvalues: () => {
      kernel.exports.gramOfRows(x, n, stride, g, wide);
      if (!kernel.exports.eigen(g, n, wide, p, d, e, w, b)) {
        throw new RunError(
          "Cannot decompose a group of patches: found no convergence in 200 steps, wanted finite values of moderate range",
        );
      }
      return kernel.float64(d, n);
    },
    reweigh: (values) => {
      factorView.set(values);
      kernel.exports.reweigh(x, n, stride, p, wide, factors, out, line);
    },
  };
}
