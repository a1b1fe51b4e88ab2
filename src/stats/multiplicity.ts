/** Several tests at once: false discovery rate, and family-wise error of correlated tests. */
import { InputError } from "../core/errors.ts";
import { type FlipOptions, forEachFlip, studentT } from "./paired.ts";

/**
 * Benjamini and Hochberg's adjustment [benjamini1995controlling]: p values that may be compared with a false discovery
 * rate, in the order given. NaN stays NaN and does not count as a test.
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const order = pValues
    .map((p, i) => ({ p, i }))
    .filter(({ p }) => !Number.isNaN(p))
    .sort((a, b) => b.p - a.p);
  const adjusted = pValues.map(() => NaN);
  let ceiling = 1;
  order.forEach(({ p, i }, k) => {
    ceiling = Math.min(ceiling, (p * order.length) / (order.length - k));
    adjusted[i] = ceiling;
  });
  return adjusted;
}

/**
 * Westfall and Young's step-down max-t adjustment [westfall1993resampling] of paired tests on the same cases: p
 * values that may be compared with the significance of the whole family. One sign flip per case serves all
 * comparisons, so that their correlation counts and no bound for independent tests is paid.
 *
 * @param differences of each comparison, one per case, the same cases in all
 * @returns NaN for comparisons without spread
 * @throws InputError on different numbers of cases, fewer than two, or values that are not finite
 */
export function westfallYoung(
  differences: readonly ArrayLike<number>[],
  options: FlipOptions,
): number[] {
  const n = differences[0]?.length ?? 0;
  for (const row of differences) {
    if (row.length !== n || n < 2 || !Array.from(row).every(Number.isFinite)) {
      throw new InputError(
        `Cannot adjust by max-t: found ${row.length} differences against ${n}, or values that are not finite, wanted the same two or more cases in every comparison`,
      );
    }
  }
  const t = differences.map((row) => Math.abs(studentT(row).t));
  const squares = differences.map((row) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += row[i]! ** 2;
    return sum;
  });
  const order = t
    .map((_, j) => j)
    .filter((j) => Number.isFinite(t[j]!))
    .sort((a, b) => t[b]! - t[a]!);
  const exceeded = new Float64Array(order.length);
  const { flips } = forEachFlip(n, options, (signs) => {
    let largest = 0;
    for (let k = order.length - 1; k >= 0; k--) {
      const row = differences[order[k]!]!;
      let sum = 0;
      for (let i = 0; i < n; i++) sum += signs[i]! * row[i]!;
      // The sum of squares does not know signs: t² = (n − 1) m² / (Σd²/n − m²).
      const square = (sum / n) ** 2;
      const left = squares[order[k]!]! / n - square;
      const own = left > 0 ? Math.sqrt(((n - 1) * square) / left) : Infinity;
      largest = Math.max(largest, own);
      if (largest >= t[order[k]!]! * (1 - 1e-9)) exceeded[k]!++;
    }
  });
  const adjusted = differences.map(() => NaN);
  let floor = 0;
  order.forEach((j, k) => {
    floor = Math.max(floor, exceeded[k]! / flips);
    adjusted[j] = floor;
  });
  return adjusted;
}
