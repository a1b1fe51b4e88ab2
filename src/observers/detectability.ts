/**
 * Detectability of linear observers in closed form:
 *
 *   d'(w) = wᵀs / √(wᵀ K w),  Hotelling d'² = sᵀ K⁻¹ s,  AUC = Φ(d'/√2) for normal test statistics.
 */
import { normalCdf } from "../math/normal.ts";

/** AUC of two normal test statistics of equal variance whose means lie d' standard deviations apart. */
export function aucOfDetectability(d: number): number {
  return normalCdf(d / Math.SQRT2);
}

/** d' of a template for a signal and a covariance (row-major, size×size). */
export function templateDetectability(
  template: Float64Array,
  options: { signal: Float64Array; covariance: Float64Array },
): number {
  const { signal, covariance } = options;
  const n = template.length;
  let power = 0;
  let response = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += covariance[i * n + j]! * template[j]!;
    power += template[i]! * row;
    response += template[i]! * signal[i]!;
  }
  return response / Math.sqrt(power);
}

/** White-noise bound on any observer when background and signal are known: d' = ‖s‖/σ. */
export function whiteNoiseDetectability(signal: Float64Array, sigma: number): number {
  return Math.sqrt(signal.reduce((s, v) => s + v * v, 0)) / sigma;
}

/** Signal-to-noise ratio of two lists of scores: (m₁ − m₀)/√((v₁ + v₀)/2), sample variances. NaN when both are constant. */
export function scoreSeparation(present: Float64Array, absent: Float64Array): number {
  const moments = (v: Float64Array) => {
    const mean = v.reduce((s, x) => s + x, 0) / v.length;
    return { mean, variance: v.reduce((s, x) => s + (x - mean) ** 2, 0) / (v.length - 1) };
  };
  const a = moments(absent);
  const p = moments(present);
  return (p.mean - a.mean) / Math.sqrt((a.variance + p.variance) / 2);
}
