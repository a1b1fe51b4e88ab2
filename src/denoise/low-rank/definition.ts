/** Shrinkage of singular values by the math room's decomposition: what the kernel must equal up to rounding. */
import { thinSvd } from "../../math/svd.ts";

/**
 * U diag(factor(s) · s) Vᵀ.
 *
 * @param x row-major rows × columns
 * @param factor multiplier of a squared singular value
 */
export function shrinkPlainly(
  x: Float64Array,
  size: { readonly rows: number; readonly columns: number },
  factor: (squared: number) => number,
): Float64Array {
  const { u, s, v, k } = thinSvd(x, size);
  const out = new Float64Array(x.length);
  for (let i = 0; i < k; i++) {
    const scale = s[i]! * factor(s[i]! ** 2);
    for (let r = 0; r < size.rows; r++) {
      for (let c = 0; c < size.columns; c++) {
        out[r * size.columns + c]! += scale * u[r * k + i]! * v[c * k + i]!;
      }
    }
  }
  return out;
}
