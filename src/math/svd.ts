/**
 * Thin singular value decomposition by one-sided Jacobi rotations, after a QR factorisation of tall
 * matrices [demmel1992jacobi]: small singular values keep their relative accuracy.
 */
import { InputError } from "../core/errors.ts";

export interface ThinSvd {
  /** Row-major rows×k, k = min(rows, columns); orthonormal columns. */
  readonly u: Float64Array;
  /** k singular values, descending. */
  readonly s: Float64Array;
  /** Row-major columns×k; orthonormal columns (A = U diag(s) Vᵀ). */
  readonly v: Float64Array;
  readonly k: number;
}

/**
 * A = U diag(s) Vᵀ. Columns of U that belong to a zero singular value are completed to an orthonormal set.
 *
 * @param a row-major rows×columns, finite
 * @throws InputError when the number of values is not rows·columns, or a value is not finite
 */
export function thinSvd(
  a: Float64Array,
  size: { readonly rows: number; readonly columns: number },
): ThinSvd {
  const { rows, columns } = size;
  if (rows < 1 || columns < 1 || a.length !== rows * columns) {
    throw new InputError(
      `Cannot decompose a matrix: found ${a.length} values, wanted ${rows} × ${columns}`,
    );
  }
  if (!a.every(Number.isFinite)) {
    throw new InputError(
      "Cannot decompose a matrix: found values that are not finite, wanted numbers",
    );
  }
  const wide = rows < columns;
  const m = wide ? columns : rows;
  const n = wide ? rows : columns;
  // Work on columns of the tall matrix, each contiguous: row c of `w` is column c.
  const w = new Float64Array(n * m);
  for (let c = 0; c < n; c++) {
    for (let r = 0; r < m; r++) w[c * m + r] = wide ? a[c * columns + r]! : a[r * columns + c]!;
  }
  const tall = jacobi(w, m, n);
  const left = unrowed(tall.left, m, n);
  const right = unrowed(tall.right, n, n);
  return Object.freeze(
    wide ? { u: right, s: tall.s, v: left, k: n } : { u: left, s: tall.s, v: right, k: n },
  );
}

function unrowed(byRow: Float64Array, length: number, count: number): Float64Array {
  const out = new Float64Array(length * count);
  for (let c = 0; c < count; c++) {
    for (let r = 0; r < length; r++) out[r * count + c] = byRow[c * length + r]!;
  }
  return out;
}

/** Columns of the m×n matrix are the rows of `w`; returns singular vectors as rows. */
function jacobi(
  w: Float64Array,
  m: number,
  n: number,
): { left: Float64Array; s: Float64Array; right: Float64Array } {
  const reduced = m > n ? qr(w, m, n) : undefined;
  const work = reduced ? reduced.r : Float64Array.from(w);
  const p = reduced ? n : m;
  const right = new Float64Array(n * n);
  for (let i = 0; i < n; i++) right[i * n + i] = 1;
  sweep(work, p, right, n);
  const norms = new Float64Array(n);
  for (let c = 0; c < n; c++) norms[c] = normOf(work, c * p, p);
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => norms[j]! - norms[i]!);
  const s = Float64Array.from(order, (i) => norms[i]!);
  const small = new Float64Array(n * p);
  const sorted = new Float64Array(n * n);
  const floor = s[0]! * Number.EPSILON * n * 1e-3;
  for (let c = 0; c < n; c++) {
    const from = order[c]!;
    sorted.set(right.subarray(from * n, (from + 1) * n), c * n);
    if (s[c]! > floor && s[c]! > 0) {
      for (let r = 0; r < p; r++) small[c * p + r] = work[from * p + r]! / s[c]!;
    } else completeRow(small, c, p);
  }
  return { left: reduced ? applyQ(reduced.q, small, m, n) : small, s, right: sorted };
}

function normOf(x: Float64Array, start: number, length: number): number {
  let largest = 0;
  for (let i = start; i < start + length; i++) largest = Math.max(largest, Math.abs(x[i]!));
  if (largest === 0) return 0;
  let s = 0;
  for (let i = start; i < start + length; i++) s += (x[i]! / largest) ** 2;
  return largest * Math.sqrt(s);
}

function sweep(work: Float64Array, p: number, right: Float64Array, n: number): void {
  const tolerance = Number.EPSILON * Math.sqrt(p);
  for (let round = 0; round < 60; round++) {
    let rotated = false;
    for (let i = 0; i + 1 < n; i++) {
      for (let j = i + 1; j < n; j++) {
        let aa = 0;
        let bb = 0;
        let ab = 0;
        for (let r = 0, x = i * p, y = j * p; r < p; r++, x++, y++) {
          aa += work[x]! * work[x]!;
          bb += work[y]! * work[y]!;
          ab += work[x]! * work[y]!;
        }
        if (ab === 0 || Math.abs(ab) <= tolerance * Math.sqrt(aa) * Math.sqrt(bb)) continue;
        rotated = true;
        const zeta = (bb - aa) / (2 * ab);
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
        const c = 1 / Math.hypot(1, t);
        rotate(work, i * p, j * p, p, c, c * t);
        rotate(right, i * n, j * n, n, c, c * t);
      }
    }
    if (!rotated) return;
  }
}

function rotate(x: Float64Array, a: number, b: number, length: number, c: number, s: number): void {
  for (let k = 0; k < length; k++) {
    const u = x[a + k]!;
    const v = x[b + k]!;
    x[a + k] = c * u - s * v;
    x[b + k] = s * u + c * v;
  }
}

/** Row c becomes a unit vector orthogonal to the rows before it. */
function completeRow(rows: Float64Array, c: number, p: number): void {
  for (let axis = 0; axis < p; axis++) {
    const trial = new Float64Array(p);
    trial[axis] = 1;
    // Twice is enough for orthogonality to rounding.
    for (let pass = 0; pass < 2; pass++) {
      for (let k = 0; k < c; k++) {
        let dot = 0;
        for (let r = 0; r < p; r++) dot += trial[r]! * rows[k * p + r]!;
        for (let r = 0; r < p; r++) trial[r] = trial[r]! - dot * rows[k * p + r]!;
      }
    }
    const norm = normOf(trial, 0, p);
    if (norm < 0.5 / Math.sqrt(p)) continue;
    for (let r = 0; r < p; r++) rows[c * p + r] = trial[r]! / norm;
    return;
  }
}

/** Householder QR of the tall matrix: reflectors (rows of `q`, scaled so that H = I − v vᵀ), and R by columns. */
function qr(w: Float64Array, m: number, n: number): { q: Float64Array; r: Float64Array } {
  const q = Float64Array.from(w);
  const r = new Float64Array(n * n);
  for (let c = 0; c < n; c++) {
    const v = c * m;
    for (let k = 0; k < c; k++) r[c * n + k] = q[v + k]!;
    const norm = normOf(q, v + c, m - c);
    const first = q[v + c]!;
    const value = first > 0 ? -norm : norm;
    r[c * n + c] = value;
    for (let k = 0; k < c; k++) q[v + k] = 0;
    if (norm === 0) {
      q.fill(0, v, v + m);
      continue;
    }
    // v/|value| has squared norm 2(1 + |first|/norm); dividing keeps it clear of overflow.
    const root = Math.sqrt(1 + Math.abs(first) / norm);
    q[v + c] = (first - value) / norm / root;
    for (let k = c + 1; k < m; k++) q[v + k] = q[v + k]! / norm / root;
    for (let d = c + 1; d < n; d++) reflect(q, v, d * m, c, m);
  }
  return { q, r };
}

function reflect(x: Float64Array, v: number, at: number, from: number, to: number): void {
  let dot = 0;
  for (let k = from; k < to; k++) dot += x[v + k]! * x[at + k]!;
  for (let k = from; k < to; k++) x[at + k] = x[at + k]! - dot * x[v + k]!;
}

/** Q times the small left vectors: rows of length n become rows of length m. */
function applyQ(q: Float64Array, small: Float64Array, m: number, n: number): Float64Array {
  const out = new Float64Array(n * m);
  for (let c = 0; c < n; c++) {
    out.set(small.subarray(c * n, (c + 1) * n), c * m);
    for (let k = n - 1; k >= 0; k--) {
      let dot = 0;
      for (let r = k; r < m; r++) dot += q[k * m + r]! * out[c * m + r]!;
      if (dot === 0) continue;
      for (let r = k; r < m; r++) out[c * m + r] = out[c * m + r]! - dot * q[k * m + r]!;
    }
  }
  return out;
}
