/** Sums of outer products, Σ x xᵀ, of many rows in bounded memory: what a sample covariance is made of. */
import { type GramAccumulator, gramKernel, type GramOptions } from "../kernels/gram.ts";

export type { GramAccumulator, GramOptions };

/** The definition: XᵀX of a row-major rows×columns array. */
export function gramPlain(x: ArrayLike<number>, columns: number): Float64Array {
  const rows = x.length / columns;
  const out = new Float64Array(columns * columns);
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < columns; i++) {
      const v = x[r * columns + i]!;
      for (let j = 0; j < columns; j++) {
        out[i * columns + j] = out[i * columns + j]! + v * x[r * columns + j]!;
      }
    }
  }
  return out;
}

/**
 * Opens a running sum of x xᵀ over rows of `columns` values, summed in float64; products in float32 on
 * request, for very many images.
 *
 * @throws InputError when columns is not a positive whole number
 */
export function openGram(columns: number, options: GramOptions = {}): GramAccumulator {
  return gramKernel(columns, options);
}
