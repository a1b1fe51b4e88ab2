/** Where sums of outer products are kept, and the float64 way of keeping them. */
import { InputError } from "../core/errors.ts";
import { openGram } from "../math/gram.ts";

/** What is taken off rows before they are multiplied, and where their own sums go. */
export interface Centre {
  /** Taken off every row, in float32; zero by default. */
  readonly shift?: Float32Array;
  /** The columns' sums of the rows as they came are added to it. */
  readonly total?: Float64Array;
}

/** WebAssembly by default; a runtime's matrix product may stand in. */
export interface OuterSum {
  /**
   * Adds Σ (x − shift)(x − shift)ᵀ over rows laid one after the other, which are not changed and not kept.
   *
   * @throws InputError when a value is not finite
   */
  add(rows: Float32Array, centre?: Centre): void | Promise<void>;
  matrix(): Float64Array | Promise<Float64Array>;
}

/** Throws where a column's sum, and so one of its values, is not finite. */
export function requireFinite(sums: Float64Array): void {
  if (!sums.every((v) => Number.isFinite(v))) {
    throw new InputError("Cannot add images: found values that are not finite, wanted none");
  }
}

/** Sums of columns, row after row, in float64. */
export function columnSums(rows: Float32Array, size: number): Float64Array {
  const sums = new Float64Array(size);
  for (let start = 0; start < rows.length; start += size) {
    for (let j = 0; j < size; j++) sums[j]! += rows[start + j]!;
  }
  return sums;
}

/** Sums of outer products with products and sums in float64. */
export function outerSum(size: number): OuterSum {
  const gram = openGram(size);
  return {
    add: (rows, { shift, total } = {}) => {
      const sums = columnSums(rows, size);
      requireFinite(sums);
      if (total) for (let j = 0; j < size; j++) total[j]! += sums[j]!;
      if (!shift) return gram.add(rows);
      const shifted = new Float32Array(rows.length);
      for (let start = 0; start < rows.length; start += size) {
        for (let j = 0; j < size; j++) shifted[start + j] = rows[start + j]! - shift[j]!;
      }
      gram.add(shifted);
    },
    matrix: () => gram.matrix(),
  };
}
