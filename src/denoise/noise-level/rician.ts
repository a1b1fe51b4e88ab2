/**
 * Rician noise level of magnitude MR images.
 *
 * Background without signal is Rayleigh with mean √(π/2) σ and E M² = 2σ² [sijbers2007automatic].
 * In the foreground the measured standard deviation is smaller than σ at low signal; Koay's correction
 * [koay2006analytically] undoes it: with θ = signal/σ and
 *
 *   ξ(θ) = 2 + θ² − (π/8) e^{−θ²/2} [(2 + θ²) I₀(θ²/4) + θ² I₁(θ²/4)]²,
 *
 * sd² = ξ(θ) σ² and θ solves θ = √(ξ(θ)(1 + (mean/sd)²) − 2).
 */

/** e^{−x} I₀(x) and e^{−x} I₁(x) for x ≥ 0 by the integral (1/π)∫₀^π e^{x(cos t − 1)} cos(kt) dt. */
export function scaledBessel(x: number): readonly [number, number] {
  if (x > 40) {
    // Asymptotic series; at x = 40 the next term is below 1e-9.
    const r = 1 / (8 * x);
    const scale = 1 / Math.sqrt(2 * Math.PI * x);
    return [
      scale * (1 + r * (1 + r * (4.5 + r * (37.5 + r * 459.375)))),
      scale * (1 - r * (3 + r * (7.5 + r * (52.5 + r * 590.625)))),
    ];
  }
  // The trapezoidal rule on a periodic analytic integrand converges geometrically.
  const n = 64;
  let i0 = 0;
  let i1 = 0;
  for (let k = 0; k <= n; k++) {
    const t = (Math.PI * k) / n;
    const weight = k === 0 || k === n ? 0.5 : 1;
    const e = weight * Math.exp(x * (Math.cos(t) - 1));
    i0 += e;
    i1 += e * Math.cos(t);
  }
  return [i0 / n, i1 / n];
}

/** ξ(θ): variance of a Rician magnitude in units of σ²; from 2 − π/2 at θ = 0 to 1. */
export function ricianVarianceFactor(theta: number): number {
  const t2 = theta * theta;
  const [i0, i1] = scaledBessel(t2 / 4);
  // The factor e^{−θ²/2} is the square of the scaling e^{−θ²/4} of both Bessel functions.
  const bracket = (2 + t2) * i0 + t2 * i1;
  return 2 + t2 - (Math.PI / 8) * bracket * bracket;
}

/** Mean of a Rician magnitude in units of σ: √(π/8) [(2+θ²) I₀ + θ² I₁] e^{−θ²/4}. */
export function ricianMeanFactor(theta: number): number {
  const t2 = theta * theta;
  const [i0, i1] = scaledBessel(t2 / 4);
  return Math.sqrt(Math.PI / 8) * ((2 + t2) * i0 + t2 * i1);
}

/**
 * Signal-to-noise ratio θ = signal/σ from the ratio of a magnitude's mean to its standard deviation.
 * Ratios at or below the Rayleigh limit 1.913 give 0.
 */
export function koaySnr(meanOverSd: number): number {
  const limit = Math.sqrt(Math.PI / (4 - Math.PI));
  if (!(meanOverSd > limit)) return 0;
  // mean/sd grows with θ: bisection cannot fail where the fixed-point iteration is slow.
  let low = 0;
  let high = meanOverSd + 2;
  for (let k = 0; k < 60; k++) {
    const mid = 0.5 * (low + high);
    if (ricianMeanFactor(mid) / Math.sqrt(ricianVarianceFactor(mid)) < meanOverSd) low = mid;
    else high = mid;
  }
  return 0.5 * (low + high);
}

/** σ of the underlying Gaussian channels from mean and standard deviation of the magnitude. */
export function koaySigma(mean: number, sd: number): number {
  return sd / Math.sqrt(ricianVarianceFactor(koaySnr(mean / sd)));
}

export type BackgroundNoise =
  | {
      readonly status: "ok";
      readonly sigma: number;
      /** Values at or below this one were taken as background. */
      readonly threshold: number;
      /** Share of all non-zero values. */
      readonly fraction: number;
      /** Largest distance between the background's distribution and the fitted Rayleigh law. */
      readonly distance: number;
    }
  | { readonly status: "no-background"; readonly cause: string; readonly remedy: string };

/** Distance up to which a background counts as Rayleigh: twice what 2,000 values leave by chance. */
const farthest = 0.05;

/**
 * σ from the Rayleigh background: for every threshold t on a ladder of quantiles, σ of the law
 * truncated at t is found from E[M² | M ≤ t], and of all thresholds whose values follow that law
 * (Kolmogorov–Smirnov distance within 1.5 times the best and below 0.05) the largest is taken.
 * Exact zeros are masked background and left out.
 *
 * @param values magnitudes in any order
 */
export function ricianBackground(values: ArrayLike<number>): BackgroundNoise {
  const stride = Math.max(1, Math.floor(values.length / 200_000));
  const kept: number[] = [];
  for (let i = 0; i < values.length; i += stride) {
    const v = values[i]!;
    if (Number.isFinite(v) && v > 0) kept.push(v);
  }
  const sorted = Float64Array.from(kept).sort();
  const n = sorted.length;
  const step = quantum(sorted);
  const fits: { t: number; sigma: number; distance: number; count: number }[] = [];
  for (let q = 0.02; q <= 0.98; q += 0.02) {
    let count = Math.floor(q * n);
    if (count < 200) continue;
    while (step > 0 && count < n && sorted[count] === sorted[count - 1]) count++;
    const limits = { s: step / 2, t: sorted[count - 1]! + step / 2 };
    const sigma = truncatedRayleighSigma(sorted, count, limits);
    if (sigma === undefined) continue;
    const distance = rayleighDistance(sorted, { count, ...limits, sigma });
    fits.push({ t: limits.t, sigma, distance, count });
  }
  const best = fits.reduce((least, fit) => Math.min(least, fit.distance), Infinity);
  // A share of Rayleigh law too short to bend is any rising density: demand that it reaches past the mode.
  const good = fits.filter(
    (fit) =>
      fit.distance < farthest && fit.distance <= 1.5 * best + 0.002 && fit.t > 1.2 * fit.sigma,
  );
  const chosen = good[good.length - 1];
  if (!chosen) {
    return {
      status: "no-background",
      cause: `found no part of ${n} non-zero values that follows a Rayleigh law (least distance ${best.toFixed(3)}, wanted below ${farthest})`,
      remedy: "use a wavelet estimate with Koay's correction, or give σ",
    };
  }
  return {
    status: "ok",
    sigma: chosen.sigma,
    threshold: chosen.t,
    fraction: chosen.count / n,
    distance: chosen.distance,
  };
}

/** Step of whole-number images: the smallest value when all values are its multiples, else 0. */
function quantum(sorted: Float64Array): number {
  const q = sorted[0] ?? 0;
  return sorted.every((v) => Math.abs(v / q - Math.round(v / q)) < 1e-4) ? q : 0;
}

/** Limits between which the background is cut: whole numbers lose zeros and end half a step up. */
interface Limits {
  readonly s: number;
  readonly t: number;
}

/** Solves E[M² | s < M ≤ t] = s² + 2σ² (1 − u/(eᵘ − 1)), u = (t² − s²)/(2σ²), for σ by bisection. */
function truncatedRayleighSigma(
  sorted: Float64Array,
  count: number,
  { s, t }: Limits,
): number | undefined {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += sorted[i]! ** 2;
  const wanted = sum / count - s * s;
  const moment = (sigma: number) => {
    const u = (t * t - s * s) / (2 * sigma * sigma);
    return 2 * sigma * sigma * (1 - (u > 700 ? 0 : u / Math.expm1(u)));
  };
  // σ → ∞ makes the density linear in M; a larger moment has no Rayleigh law below it.
  let low = t / 20;
  let high = 20 * t;
  if (wanted >= moment(high) || wanted <= moment(low)) return undefined;
  for (let k = 0; k < 60; k++) {
    const mid = 0.5 * (low + high);
    if (moment(mid) < wanted) low = mid;
    else high = mid;
  }
  return 0.5 * (low + high);
}

function rayleighDistance(
  sorted: Float64Array,
  { count, s, t, sigma }: Limits & { count: number; sigma: number },
): number {
  const below = (m: number) => -Math.expm1((s * s - m * m) / (2 * sigma * sigma));
  const whole = below(t);
  let worst = 0;
  const stride = Math.max(1, Math.floor(count / 2000));
  for (let i = 0; i < count; i += stride) {
    // All equal values of a whole-number image are passed at once, half a step above them.
    let j = i;
    while (j + 1 < count && sorted[j + 1] === sorted[i]) j++;
    worst = Math.max(worst, Math.abs((j + 1) / count - below(sorted[j]! + s) / whole));
    i = Math.max(i, j - stride + 1);
  }
  return worst;
}
