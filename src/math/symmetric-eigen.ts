/**
 * All eigenvalues and eigenvectors of a real symmetric matrix: Householder reduction to tridiagonal
 * form, then implicitly shifted QL steps [golub2013matrix].
 */
import { InputError } from "../core/errors.ts";
import { requireSquare } from "./cholesky.ts";

export interface SymmetricEigen {
  readonly n: number;
  /** Eigenvalues, ascending. */
  readonly values: Float64Array;
  /** Row-major n×n; column j is the unit eigenvector of values[j]. */
  readonly vectors: Float64Array;
}

/**
 * Eigen-decomposition A = V diag(values) Vᵀ.
 *
 * @param a row-major n×n, finite; only the lower triangle is read
 * @throws InputError when the number of values is not n² or a value is not finite
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  requireSquare(a, n);
  if (!a.every(Number.isFinite)) {
    throw new InputError(
      "Cannot decompose a matrix: found values that are not finite, wanted numbers",
    );
  }
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  const q = tridiagonalise(a, n, diagonal, off);
  qlSteps(diagonal, off, q, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => diagonal[i]! - diagonal[j]!);
  const values = Float64Array.from(order, (i) => diagonal[i]!);
  const vectors = new Float64Array(n * n);
  for (let c = 0; c < n; c++) {
    const row = order[c]! * n;
    for (let r = 0; r < n; r++) vectors[r * n + c] = q[row + r]!;
  }
  return Object.freeze({ n, values, vectors });
}

/**
 * T = Q A Qᵀ with Q = H_{n−2} … H_0; returns Q row-major, whose rows span the tridiagonal basis.
 * Reflector k acts on components k+1 … n−1.
 */
function tridiagonalise(
  a: Float64Array,
  n: number,
  diagonal: Float64Array,
  off: Float64Array,
): Float64Array {
  const m = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      m[i * n + j] = a[i * n + j]!;
      m[j * n + i] = a[i * n + j]!;
    }
  }
  const reflectors: { v: Float64Array; scale: number }[] = [];
  for (let k = 0; k + 2 < n; k++) {
    const size = n - k - 1;
    const v = m.slice(k * n + k + 1, (k + 1) * n);
    const alpha = householder(v);
    off[k] = alpha.value;
    reflectors.push({ v, scale: alpha.scale });
    if (alpha.scale === 0) continue;
    // w = β A v − (β² vᵀAv / 2) v, then A ← A − v wᵀ − w vᵀ
    const w = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      const row = (i + k + 1) * n + k + 1;
      let s = 0;
      for (let j = 0; j < size; j++) s += m[row + j]! * v[j]!;
      w[i] = alpha.scale * s;
    }
    let dot = 0;
    for (let i = 0; i < size; i++) dot += w[i]! * v[i]!;
    const half = (alpha.scale * dot) / 2;
    for (let i = 0; i < size; i++) w[i] = w[i]! - half * v[i]!;
    for (let i = 0; i < size; i++) {
      const row = (i + k + 1) * n + k + 1;
      const vi = v[i]!;
      const wi = w[i]!;
      for (let j = 0; j < size; j++) m[row + j] = m[row + j]! - vi * w[j]! - wi * v[j]!;
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = m[i * n + i]!;
  if (n > 1) off[n - 2] = m[(n - 1) * n + n - 2]!;
  // Q by applying the reflectors, last first, to the identity from the left: Qᵀ = H_0 … H_{n−3}.
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  const row = new Float64Array(n);
  for (let k = reflectors.length - 1; k >= 0; k--) {
    const { v, scale } = reflectors[k]!;
    if (scale === 0) continue;
    // Rows k+1 … n−1 of q (as Qᵀ) are mixed: q ← q − β v (vᵀ q)
    row.fill(0);
    for (let i = 0; i < v.length; i++) {
      const at = (i + k + 1) * n;
      const vi = v[i]!;
      for (let j = k + 1; j < n; j++) row[j] = row[j]! + vi * q[at + j]!;
    }
    for (let i = 0; i < v.length; i++) {
      const at = (i + k + 1) * n;
      const vi = scale * v[i]!;
      for (let j = k + 1; j < n; j++) q[at + j] = q[at + j]! - vi * row[j]!;
    }
  }
  return transposed(q, n);
}

/** Turns v into its reflector (v scaled so that its first entry is 1 is not needed); H = I − scale v vᵀ, H x = value e_0. */
function householder(v: Float64Array): { value: number; scale: number } {
  let largest = 0;
  for (const x of v) largest = Math.max(largest, Math.abs(x));
  let tail = 0;
  for (let i = 1; i < v.length; i++) tail = Math.max(tail, Math.abs(v[i]!));
  if (tail === 0) return { value: v[0]!, scale: 0 };
  let s = 0;
  for (let i = 0; i < v.length; i++) {
    v[i] = v[i]! / largest;
    s += v[i]! ** 2;
  }
  const norm = Math.sqrt(s);
  const first = v[0]!;
  const value = first > 0 ? -norm : norm;
  v[0] = first - value;
  // |v|² = 2 (norm² − first·value)
  return { value: value * largest, scale: 1 / (s - first * value) };
}

function transposed(q: Float64Array, n: number): Float64Array {
  const t = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) t[j * n + i] = q[i * n + j]!;
  return t;
}

/** Implicit QL on the tridiagonal matrix; rows of `q` are rotated along and become eigenvectors. */
function qlSteps(d: Float64Array, e: Float64Array, q: Float64Array, n: number): void {
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1) {
        if (Math.abs(e[m]!) <= Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) break;
        m++;
      }
      if (m === l) break;
      if (step > 200) {
        // Never seen with finite input (3 steps are usual); a wrong basis must not pass silently.
        throw new InputError(
          "Cannot decompose a matrix: found no convergence in 200 steps, wanted entries of moderate range",
        );
      }
      let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
      let r = Math.hypot(g, 1);
      g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
      let s = 1;
      let c = 1;
      let p = 0;
      let split = false;
      for (let i = m - 1; i >= l; i--) {
        const f = s * e[i]!;
        const b = c * e[i]!;
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = d[i + 1]! - p;
          e[m] = 0;
          split = true;
          break;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1]! - p;
        r = (d[i]! - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        rotateRows(q, n, i, c, s);
      }
      if (split) continue;
      d[l] = d[l]! - p;
      e[l] = g;
      e[m] = 0;
    }
  }
}

function rotateRows(q: Float64Array, n: number, i: number, c: number, s: number): void {
  const a = i * n;
  const b = a + n;
  for (let k = 0; k < n; k++) {
    const x = q[a + k]!;
    const y = q[b + k]!;
    q[b + k] = s * x + c * y;
    q[a + k] = c * x - s * y;
  }
}
