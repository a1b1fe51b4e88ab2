/** Detectability of a channelised observer with noise of its own. */
import { cholesky, choleskySolve } from "../../src/math/cholesky.ts";
import { sampleCovariance } from "../../src/stats/placements.ts";

/** d'² = Δᵀ (S + V)⁻¹ Δ less what the error of Δ adds, V the internal noise's variances. */
export function internalD(
  outputs: { present: Float64Array; absent: Float64Array; channels: number },
  internal: readonly number[],
): number {
  const { present, absent, channels: p } = outputs;
  const [m, n] = [present.length / p, absent.length / p];
  const column = (of: Float64Array, c: number) =>
    Float64Array.from({ length: of.length / p }, (_, i) => of[i * p + c]!);
  const mean = (v: Float64Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const [a, b] = [present, absent].map((of) =>
    Array.from({ length: p }, (_, c) => column(of, c)),
  ) as [Float64Array[], Float64Array[]];
  const delta = Float64Array.from({ length: p }, (_, c) => mean(a[c]!) - mean(b[c]!));
  const s = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = 0; j < p; j++) {
      s[i * p + j] =
        ((m - 1) * sampleCovariance(a[i]!, a[j]!) + (n - 1) * sampleCovariance(b[i]!, b[j]!)) /
        (m + n - 2);
    }
  }
  const total = s.map((v, k) => (k % (p + 1) === 0 ? v + internal[k / (p + 1)]! : v));
  const factored = cholesky(total, p);
  // Fewer cases than channels, or the same ones drawn again and again, have no covariance to invert.
  if (factored.status !== "ok") return Number.NaN;
  const { factor } = factored;
  const solved = choleskySolve(factor, delta);
  let square = delta.reduce((sum, v, i) => sum + v * solved[i]!, 0);
  for (let j = 0; j < p; j++) {
    const one = choleskySolve(factor, s.slice(j * p, j * p + p));
    square -= one[j]! * (1 / m + 1 / n);
  }
  return Math.sqrt(Math.max(0, square));
}
