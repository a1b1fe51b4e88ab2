/**
 * Moments of the non-central chi magnitude M = √(Σ_{l=1}^{2L} (a_l + σ n_l)²) with signal A = ‖a‖, L
 * receiver channels; L = 1 is the Rician magnitude [constantinides1997signal]:
 *
 *   E[M²] = A² + 2Lσ²
 *   E[M]  = σ √2 · Γ(L+½)/Γ(L) · ₁F₁(−½; L; −x),   x = A²/2σ²
 */
import { logGamma } from "../math/gamma.ts";

export interface ChiMoments {
  readonly mean: number;
  readonly variance: number;
}

/** Above this x the asymptotic series is exact to better than 1e-9 for up to 64 channels. */
const asymptoticFrom = 5e4;

/** Mean and variance for unit σ, signal-to-noise ratio A/σ and L channels. */
export function chiMoments(ratio: number, channels: number): ChiMoments {
  const x = (ratio * ratio) / 2;
  const odd = 2 * channels - 1;
  if (x > asymptoticFrom) {
    const mean = ratio * (1 + odd / (4 * x) - (odd * (odd - 2)) / (32 * x * x));
    return { mean, variance: 1 - odd / (4 * x) };
  }
  // e^{−x} ₁F₁(L+½; L; x) by Kummer: an average over Poisson weights of Γ(L+½+k)/Γ(L+k).
  const reach = 12 * Math.sqrt(x) + 40;
  const from = Math.max(0, Math.floor(x - reach));
  const to = Math.ceil(x + reach);
  let weight = x === 0 ? 1 : Math.exp(from * Math.log(x) - x - logGamma(from + 1));
  let ratioOfGammas = Math.exp(logGamma(channels + 0.5 + from) - logGamma(channels + from));
  let sum = 0;
  for (let k = from; k <= to; k++) {
    sum += weight * ratioOfGammas;
    weight *= x / (k + 1);
    ratioOfGammas *= (channels + 0.5 + k) / (channels + k);
  }
  const mean = Math.SQRT2 * sum;
  return { mean, variance: ratio * ratio + 2 * channels - mean * mean };
}

const tableStep = 1 / 64;
const tables = new Map<number, { mean: Float64Array; variance: Float64Array }>();

/**
 * The same from a table over A/σ ≤ 40 with cubic interpolation (error below 1e-8), directly above:
 * fast enough for every pixel of a volume.
 */
export function chiMomentsTabulated(ratio: number, channels: number): ChiMoments {
  if (!(ratio < 39.9)) return chiMoments(ratio, channels);
  let table = tables.get(channels);
  if (table === undefined) {
    const n = 40 / tableStep + 3;
    const rows = Array.from({ length: n }, (_, i) =>
      // The moments are even in A, so the row before zero is the one after it.
      chiMoments(Math.abs(i - 1) * tableStep, channels),
    );
    table = {
      mean: Float64Array.from(rows, (r) => r.mean),
      variance: Float64Array.from(rows, (r) => r.variance),
    };
    tables.set(channels, table);
  }
  const t = ratio / tableStep;
  const i = Math.floor(t);
  const f = t - i;
  const at = (y: Float64Array): number => {
    const a = y[i]!;
    const b = y[i + 1]!;
    const c = y[i + 2]!;
    const d = y[i + 3] ?? c;
    // Lagrange's cubic through the four rows about the place.
    return (
      (-a * f * (f - 1) * (f - 2)) / 6 +
      (b * (f + 1) * (f - 1) * (f - 2)) / 2 -
      (c * (f + 1) * f * (f - 2)) / 2 +
      (d * (f + 1) * f * (f - 1)) / 6
    );
  };
  return { mean: at(table.mean), variance: at(table.variance) };
}
