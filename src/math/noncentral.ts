/**
 * Non-central chi-square, F and t distributions, and the non-centrality at which an observed value
 * has a given probability (how exact intervals of a detectability index are made).
 *
 * Chi-square and F are Poisson mixtures of central ones, Σ_j Pois(j; λ/2) F_j(x). The lower tail is
 * summed downwards from a high j and the upper tail upwards from a low j, so that every step adds a
 * positive term and small probabilities keep their digits.
 */
import { InputError } from "../core/errors.ts";
import { betaTails, betaWeight } from "./beta.ts";
import { type Tail, betaArguments, requireDegrees, studentTCdf } from "./distributions.ts";
import { gammaTails, logGamma, poissonWeight } from "./gamma.ts";
import { logNormalCdf } from "./normal.ts";
import { bracketedRoot } from "./solve.ts";

function requireNoncentrality(noncentrality: number): void {
  if (!(noncentrality >= 0) || noncentrality === Infinity) {
    throw new InputError(
      `Cannot evaluate a distribution: found non-centrality ${noncentrality}, wanted a finite number >= 0`,
    );
  }
}

interface Mixture {
  /** λ/2. */
  readonly mean: number;
  readonly upper: boolean;
  /** Tail of component j. */
  readonly tail: (j: number) => number;
  /** How much the lower tail of component j exceeds that of j + 1. */
  readonly drop: (j: number) => number;
}

const negligible = 1e-20;

function mixture({ mean, upper, tail, drop }: Mixture): number {
  if (mean === 0) return tail(0);
  const mode = Math.floor(mean);
  const spread = Math.sqrt(mean);
  const weightAt = (j: number) => poissonWeight(j, mean);
  let sum = 0;
  if (!upper) {
    const from = Math.ceil(mode + 10 * spread + 40);
    let part = tail(from);
    let weight = weightAt(from);
    for (let j = from; j >= 0; j--) {
      const term = weight * part;
      sum += term;
      if (j < mode && term < sum * negligible) break;
      if (j === 0) break;
      part += drop(j - 1);
      weight = weight > 0 ? weight * (j / mean) : weightAt(j - 1);
    }
    return Math.min(1, sum);
  }
  const from = Math.max(0, Math.floor(mode - 10 * spread - 40));
  let part = tail(from);
  let weight = weightAt(from);
  for (let j = from; ; j++) {
    const term = weight * part;
    sum += term;
    if (j > mode && (weight === 0 || (term < sum * negligible && weight < negligible))) break;
    if (j > mode + 40 * spread + 2000) break;
    part = Math.min(1, part + drop(j));
    weight = weight > 0 ? weight * (mean / (j + 1)) : weightAt(j + 1);
  }
  return Math.min(1, sum);
}

/**
 * Probability that non-central chi-square is at most x.
 *
 * @param options.df degrees of freedom > 0
 * @param options.noncentrality λ ≥ 0: sum of squared means
 */
export function nonCentralChiSquareCdf(
  x: number,
  options: { readonly df: number; readonly noncentrality: number } & Tail,
): number {
  const { df, noncentrality, upper = false } = options;
  requireDegrees({ df });
  requireNoncentrality(noncentrality);
  if (Number.isNaN(x)) return NaN;
  if (x <= 0 || x === Infinity) return x > 0 === upper ? 0 : 1;
  return mixture({
    mean: noncentrality / 2,
    upper,
    tail: (j) => {
      const tails = gammaTails(df / 2 + j, x / 2);
      return upper ? tails.upper : tails.lower;
    },
    drop: (j) => poissonWeight(df / 2 + j, x / 2),
  });
}

/**
 * Probability that non-central F is at most f.
 *
 * @param options.noncentrality λ ≥ 0, as in chi-square's numerator
 */
export function nonCentralFCdf(
  f: number,
  options: { readonly df1: number; readonly df2: number; readonly noncentrality: number } & Tail,
): number {
  const { df1, df2, noncentrality, upper = false } = options;
  requireDegrees({ df1, df2 });
  requireNoncentrality(noncentrality);
  if (Number.isNaN(f)) return NaN;
  if (df2 === Infinity) return nonCentralChiSquareCdf(f * df1, { df: df1, noncentrality, upper });
  if (f <= 0 || f === Infinity) return f > 0 === upper ? 0 : 1;
  const { x, y } = betaArguments(f, df1, df2);
  const a = df1 / 2;
  const b = df2 / 2;
  return mixture({
    mean: noncentrality / 2,
    upper,
    tail: (j) => {
      const tails = betaTails(x, y, a + j, b);
      return upper ? tails.upper : tails.lower;
    },
    // I_x(a, b) − I_x(a + 1, b) = xᵃyᵇ / (a B(a, b))
    drop: (j) => betaWeight(x, y, a + j, b) / (a + j),
  });
}

/**
 * Probability that non-central t, (Z + δ)/√(χ²_df/df), is at most t: the trapezium rule over the
 * logarithm of the denominator, ∫ Φ(t eᵘ − δ) f(u) du, whose integrand is smooth and dies fast.
 */
export function nonCentralTCdf(
  t: number,
  options: { readonly df: number; readonly noncentrality: number } & Tail,
): number {
  const { df, noncentrality, upper = false } = options;
  requireDegrees({ df });
  if (!Number.isFinite(noncentrality)) {
    throw new InputError(
      `Cannot evaluate a distribution: found non-centrality ${noncentrality}, wanted a finite number`,
    );
  }
  if (Number.isNaN(t)) return NaN;
  if (Math.abs(t) === Infinity) return t > 0 === upper ? 0 : 1;
  if (noncentrality === 0) return studentTCdf(t, { df, upper });
  const sign = upper ? -1 : 1;
  const nu = Math.min(df, 1e12);
  const constant = Math.LN2 + (nu / 2) * Math.log(nu / 2) - logGamma(nu / 2);
  const logIntegrand = (u: number) =>
    constant +
    nu * (u - Math.exp(2 * u) / 2) +
    logNormalCdf(sign * (t * Math.exp(u) - noncentrality));
  const width = 1 / Math.sqrt(2 * nu);
  const low = -Math.max(40 * width, 60 / nu);
  const high = Math.min(40 * width, 4);
  let peak = low;
  let best = -Infinity;
  for (let k = 0; k <= 600; k++) {
    const u = low + ((high - low) * k) / 600;
    const v = logIntegrand(u);
    if (v > best) {
      best = v;
      peak = u;
    }
  }
  const step = Math.min(width, 1 / (Math.abs(t) * Math.exp(peak) + 1e-300)) / 4;
  let sum = Math.exp(best);
  for (const direction of [-1, 1]) {
    for (let k = 1; k < 200_000; k++) {
      const v = logIntegrand(peak + direction * k * step);
      sum += Math.exp(v);
      if (v < best - 46) break;
    }
  }
  return Math.min(1, sum * step);
}

/** Largest non-centrality that the searches below consider. */
const largest = 1e7;

/**
 * The non-centrality λ at which the probability of a value of F at most f equals `probability`. The
 * probability falls with λ; when it is too small already at λ = 0, the answer is 0.
 *
 * @returns λ ≥ 0; NaN when it would be above 10⁷
 */
export function nonCentralFNoncentrality(
  f: number,
  options: { readonly df1: number; readonly df2: number; readonly probability: number },
): number {
  const { df1, df2, probability } = options;
  if (!(probability > 0 && probability < 1)) {
    throw new InputError(
      `Cannot invert the non-central F: found probability ${probability}, wanted one between 0 and 1`,
    );
  }
  return fallingRoot(probability, Math.max(1, df1 * f), (noncentrality, upper) =>
    nonCentralFCdf(f, { df1, df2, noncentrality, upper }),
  );
}

/** The non-centrality of chi-square at which a value at most x has the given probability; 0 when none has. */
export function nonCentralChiSquareNoncentrality(
  x: number,
  options: { readonly df: number; readonly probability: number },
): number {
  return fallingRoot(options.probability, Math.max(1, x), (noncentrality, upper) =>
    nonCentralChiSquareCdf(x, { df: options.df, noncentrality, upper }),
  );
}

/** The non-centrality δ of t at which a value at most t has the given probability. */
export function nonCentralTNoncentrality(
  t: number,
  options: { readonly df: number; readonly probability: number },
): number {
  const { df, probability } = options;
  const excess = (noncentrality: number) =>
    tailDifference(probability, (upper) => nonCentralTCdf(t, { df, noncentrality, upper }));
  let reach = 4;
  while (reach < largest && !(excess(t - reach) > 0 && excess(t + reach) < 0)) reach *= 2;
  return bracketedRoot(excess, { low: t - reach, high: t + reach, tolerance: 1e-12 });
}

/** How far a probability is above the wanted one, on a logarithmic scale of the smaller tail. */
function tailDifference(probability: number, cdf: (upper: boolean) => number): number {
  if (probability <= 0.5) return Math.log(Math.max(cdf(false), 1e-300) / probability);
  return -Math.log(Math.max(cdf(true), 1e-300) / (1 - probability));
}

function fallingRoot(
  probability: number,
  scale: number,
  cdf: (noncentrality: number, upper: boolean) => number,
): number {
  const excess = (noncentrality: number) =>
    tailDifference(probability, (upper) => cdf(noncentrality, upper));
  if (excess(0) <= 0) return 0;
  let high = scale;
  while (high < largest && excess(high) > 0) high *= 2;
  return bracketedRoot(excess, { low: 0, high, tolerance: 1e-12 });
}

/**
 * Quantile of the non-central chi-square distribution; NaN for p outside 0 … 1.
 */
export function nonCentralChiSquareQuantile(
  p: number,
  options: { readonly df: number; readonly noncentrality: number },
): number {
  return positiveQuantile(p, options.df + options.noncentrality, (x, upper) =>
    nonCentralChiSquareCdf(x, { ...options, upper }),
  );
}

/** Quantile of the non-central F distribution; NaN for p outside 0 … 1. */
export function nonCentralFQuantile(
  p: number,
  options: { readonly df1: number; readonly df2: number; readonly noncentrality: number },
): number {
  return positiveQuantile(p, 1 + options.noncentrality / options.df1, (x, upper) =>
    nonCentralFCdf(x, { ...options, upper }),
  );
}

/** Quantile of the non-central t distribution; NaN for p outside 0 … 1. */
export function nonCentralTQuantile(
  p: number,
  options: { readonly df: number; readonly noncentrality: number },
): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? -Infinity : Infinity;
  const excess = (t: number) =>
    tailDifference(p, (upper) => nonCentralTCdf(t, { ...options, upper }));
  let reach = 4;
  const centre = options.noncentrality;
  while (reach < 1e12 && !(excess(centre - reach) < 0 && excess(centre + reach) > 0)) reach *= 2;
  return bracketedRoot(excess, { low: centre - reach, high: centre + reach, tolerance: 1e-13 });
}

function positiveQuantile(
  p: number,
  scale: number,
  cdf: (x: number, upper: boolean) => number,
): number {
  if (!(p >= 0 && p <= 1)) return NaN;
  if (p === 0 || p === 1) return p === 0 ? 0 : Infinity;
  const excess = (logX: number) => tailDifference(p, (upper) => cdf(Math.exp(logX), upper));
  const start = Math.log(scale);
  let reach = 1;
  while (reach < 700 && !(excess(start - reach) < 0 && excess(start + reach) > 0)) reach *= 2;
  return Math.exp(
    bracketedRoot(excess, { low: start - reach, high: start + reach, tolerance: 1e-14 }),
  );
}
