/**
 * Cholesky factor of a symmetric positive-definite matrix, A = L Lᵀ, and solutions with it. Float64,
 * row-major, blocked so that the work sits in a product of 4×4 tiles over contiguous rows.
 */
import { InputError } from "../core/errors.ts";
import { choleskyKernel } from "../kernels/cholesky.ts";

/** Lower-triangular factor, row-major n×n with zeros above the diagonal. */
export interface CholeskyFactor {
  readonly n: number;
  readonly lower: Float64Array;
}

export type CholeskyResult =
  | { readonly status: "ok"; readonly factor: CholeskyFactor }
  | {
      readonly status: "not-positive-definite";
      /** Row at which the pivot was not positive. */
      readonly pivot: number;
      readonly remedy: string;
    };

const blockRows = 64;

function notPositiveDefinite(pivot: number): CholeskyResult {
  return Object.freeze({
    status: "not-positive-definite",
    pivot,
    remedy:
      "use more samples than variables, add a positive number to the diagonal (shrinkage, known noise part), or use the singular-value route with a cut-off",
  });
}

/** Throws unless `a` holds n² values. */
export function requireSquare(a: Float64Array, n: number): void {
  if (!Number.isInteger(n) || n < 1 || a.length !== n * n) {
    throw new InputError(
      `Cannot factorise a matrix: found ${a.length} values for size ${n}, wanted ${n * n}`,
    );
  }
}

/** Below this size starting a kernel costs more than it saves. */
const kernelFrom = 96;

/**
 * Factorises a symmetric matrix, of which only the lower triangle is read; large ones by the WebAssembly
 * kernel.
 *
 * @param a row-major n×n
 * @returns the factor, or the row at which positive definiteness failed (also for NaN)
 * @throws InputError when the number of values is not n²
 */
export function cholesky(a: Float64Array, n: number): CholeskyResult {
  requireSquare(a, n);
  if (n < kernelFrom) return choleskyPlain(a, n);
  const { lower, pivot } = choleskyKernel(a, n);
  if (pivot >= 0) return notPositiveDefinite(pivot);
  return Object.freeze({ status: "ok", factor: Object.freeze({ n, lower }) });
}

/** The same in plain TypeScript: the definition that the kernel is held to. */
export function choleskyPlain(a: Float64Array, n: number): CholeskyResult {
  requireSquare(a, n);
  const l = lowerOf(a, n);
  for (let start = 0; start < n; start += blockRows) {
    const end = Math.min(start + blockRows, n);
    const pivot = factorBlock(l, n, start, end);
    if (pivot >= 0) return notPositiveDefinite(pivot);
    solvePanel(l, n, start, end);
    updateTrailing(l, n, start, end);
  }
  return Object.freeze({ status: "ok", factor: Object.freeze({ n, lower: l }) });
}

function lowerOf(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) l.set(a.subarray(i * n, i * n + i + 1), i * n);
  return l;
}

/** Factor of the diagonal block, in place; the failing row, or −1. */
function factorBlock(l: Float64Array, n: number, start: number, end: number): number {
  for (let j = start; j < end; j++) {
    let d = l[j * n + j]!;
    for (let k = start; k < j; k++) d -= l[j * n + k]! ** 2;
    // Written so that NaN fails too.
    if (!(d > 0) || d === Infinity) return j;
    const root = Math.sqrt(d);
    l[j * n + j] = root;
    for (let i = j + 1; i < end; i++) {
      let s = l[i * n + j]!;
      for (let k = start; k < j; k++) s -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = s / root;
    }
  }
  return -1;
}

/** Rows below the diagonal block: X Lᵀ = A. */
function solvePanel(l: Float64Array, n: number, start: number, end: number): void {
  for (let i = end; i < n; i++) {
    const row = i * n;
    for (let j = start; j < end; j++) {
      let s = l[row + j]!;
      for (let k = start; k < j; k++) s -= l[row + k]! * l[j * n + k]!;
      l[row + j] = s / l[j * n + j]!;
    }
  }
}

/** Trailing lower triangle minus the panel times its transpose. */
function updateTrailing(l: Float64Array, n: number, start: number, end: number): void {
  for (let i = end; i < n; i += 4) {
    for (let j = end; j <= i; j += 4) {
      if (i + 4 <= n && j + 4 <= i) tile(l, n, i, j, start, end);
      else {
        for (let r = i; r < Math.min(i + 4, n); r++) {
          for (let c = j; c <= Math.min(j + 3, r); c++) {
            let s = 0;
            for (let k = start; k < end; k++) s += l[r * n + k]! * l[c * n + k]!;
            l[r * n + c] = l[r * n + c]! - s;
          }
        }
      }
    }
  }
}

function tile(l: Float64Array, n: number, i: number, j: number, start: number, end: number): void {
  for (let half = 0; half < 4; half += 2) {
    const a0 = (i + half) * n;
    const a1 = a0 + n;
    const b0 = j * n;
    const b1 = b0 + n;
    const b2 = b1 + n;
    const b3 = b2 + n;
    let s00 = 0;
    let s01 = 0;
    let s02 = 0;
    let s03 = 0;
    let s10 = 0;
    let s11 = 0;
    let s12 = 0;
    let s13 = 0;
    for (let k = start; k < end; k++) {
      const x = l[a0 + k]!;
      const y = l[a1 + k]!;
      const p = l[b0 + k]!;
      const q = l[b1 + k]!;
      const r = l[b2 + k]!;
      const t = l[b3 + k]!;
      s00 += x * p;
      s01 += x * q;
      s02 += x * r;
      s03 += x * t;
      s10 += y * p;
      s11 += y * q;
      s12 += y * r;
      s13 += y * t;
    }
    l[a0 + j] = l[a0 + j]! - s00;
    l[a0 + j + 1] = l[a0 + j + 1]! - s01;
    l[a0 + j + 2] = l[a0 + j + 2]! - s02;
    l[a0 + j + 3] = l[a0 + j + 3]! - s03;
    l[a1 + j] = l[a1 + j]! - s10;
    l[a1 + j + 1] = l[a1 + j + 1]! - s11;
    l[a1 + j + 2] = l[a1 + j + 2]! - s12;
    l[a1 + j + 3] = l[a1 + j + 3]! - s13;
  }
}

function requireRight(factor: CholeskyFactor, b: Float64Array): void {
  if (b.length !== factor.n) {
    throw new InputError(`Cannot solve: found ${b.length} right-hand values, wanted ${factor.n}`);
  }
}

/** Solution of L y = b: whitens b when L Lᵀ is its covariance. */
export function forwardSolve(factor: CholeskyFactor, b: Float64Array): Float64Array {
  requireRight(factor, b);
  const { n, lower } = factor;
  const y = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    let s = y[i]!;
    const row = i * n;
    for (let k = 0; k < i; k++) s -= lower[row + k]! * y[k]!;
    y[i] = s / lower[row + i]!;
  }
  return y;
}

/** Solution of Lᵀ x = y. */
function backwardSolve(factor: CholeskyFactor, y: Float64Array): Float64Array {
  requireRight(factor, y);
  const { n, lower } = factor;
  const x = Float64Array.from(y);
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const v = x[i]! / lower[row + i]!;
    x[i] = v;
    for (let k = 0; k < i; k++) x[k] = x[k]! - lower[row + k]! * v;
  }
  return x;
}

/** Solution of A x = b by the factor of A. */
export function choleskySolve(factor: CholeskyFactor, b: Float64Array): Float64Array {
  return backwardSolve(factor, forwardSolve(factor, b));
}

/** ln det A = 2 Σ ln L_ii. */
export function logDeterminant(factor: CholeskyFactor): number {
  let s = 0;
  for (let i = 0; i < factor.n; i++) s += Math.log(factor.lower[i * factor.n + i]!);
  return 2 * s;
}
