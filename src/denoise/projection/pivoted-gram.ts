/** Cholesky factor with diagonal pivoting of the Gram matrix of sparse unit columns. */
import type { SparseTemplate } from "./templates.ts";

export interface GramFactor {
  /** Indices of the independent columns, in the order taken. */
  readonly order: readonly number[];
  /** Row-major lower factor of their Gram matrix; row j has `order.length` entries. */
  readonly lower: Float64Array;
}

/**
 * Takes, again and again, the column furthest from the span of those taken, until none is further than
 * `tolerance`. Columns have unit length.
 */
export function factoriseGram(
  columns: readonly SparseTemplate[],
  options: { readonly size: number; readonly tolerance: number },
): GramFactor {
  const n = columns.length;
  const { size, tolerance } = options;
  const left = new Float64Array(n).fill(1);
  /** Row i: the components of column i along the orthogonalised columns taken so far. */
  const rows: Float64Array[] = Array.from({ length: n }, () => new Float64Array(Math.min(n, 16)));
  const order: number[] = [];
  const dense = new Float64Array(size);
  for (let k = 0; k < Math.min(n, size); k++) {
    let pivot = -1;
    let best = tolerance * tolerance;
    for (let i = 0; i < n; i++) {
      if (left[i]! > best) {
        best = left[i]!;
        pivot = i;
      }
    }
    if (pivot < 0) break;
    const taken = columns[pivot]!;
    for (let t = 0; t < taken.index.length; t++) dense[taken.index[t]!]! += taken.values[t]!;
    const root = Math.sqrt(best);
    const pivotRow = rows[pivot]!;
    left[pivot] = 0;
    order.push(pivot);
    for (let i = 0; i < n; i++) {
      if (!(left[i]! > 0) && i !== pivot) continue;
      if (rows[i]!.length <= k) rows[i] = widened(rows[i]!, Math.min(n, 2 * k + 1));
      const row = rows[i]!;
      if (i === pivot) {
        row[k] = root;
        continue;
      }
      const { index, values } = columns[i]!;
      let s = 0;
      for (let t = 0; t < index.length; t++) s += values[t]! * dense[index[t]!]!;
      for (let t = 0; t < k; t++) s -= row[t]! * pivotRow[t]!;
      const component = s / root;
      row[k] = component;
      left[i] = Math.max(0, left[i]! - component * component);
    }
    for (let t = 0; t < taken.index.length; t++) dense[taken.index[t]!] = 0;
  }
  const r = order.length;
  const lower = new Float64Array(r * r);
  for (let j = 0; j < r; j++) lower.set(rows[order[j]!]!.subarray(0, j + 1), j * r);
  return { order, lower };
}

function widened(row: Float64Array, length: number): Float64Array {
  const out = new Float64Array(length);
  out.set(row);
  return out;
}

/** Solution of L Lᵀ c = b. */
export function solveGram(factor: GramFactor, b: Float64Array): Float64Array {
  const { lower } = factor;
  const n = factor.order.length;
  const c = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    let s = c[i]!;
    for (let k = 0; k < i; k++) s -= lower[i * n + k]! * c[k]!;
    c[i] = s / lower[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    const v = c[i]! / lower[i * n + i]!;
    c[i] = v;
    for (let k = 0; k < i; k++) c[k]! -= lower[i * n + k]! * v;
  }
  return c;
}
