/**
 * Student's t, chi-square and F distributions: cumulative probabilities and quantiles, both tails
 * accurate where they are tiny. The non-central ones stand in `noncentral.ts`.
 */
import { InputError } from "../core/errors.ts";
import { betaTails, inverseBetaTails } from "./beta.ts";
import { gammaTails, inverseRegularisedGamma } from "./gamma.ts";
import { normalCdf, normalQuantile } from "./normal.ts";

export interface Tail {
  /** Probability above instead of below. */
  readonly upper?: boolean;
}

/** Throws unless every degree of freedom is a positive number. */
export function requireDegrees(degrees: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(degrees)) {
    if (!(value > 0)) {
      throw new InputError(
        `Cannot evaluate a distribution: found ${name} ${value}, wanted a positive number`,
      );
    }
  }
}

/** Beyond this Student's t is the normal distribution to 12 digits. */
const asNormal = 1e13;

/**
 * Probability that Student's t is at most t.
 *
 * @param options.df degrees of freedom > 0, also fractional or Infinity
 */
export function studentTCdf(t: number, options: { readonly df: number } & Tail): number {
  const { df, upper = false } = options;
  requireDegrees({ df });
  if (Number.isNaN(t)) return NaN;
  const s = upper ? -t : t;
  if (df > asNormal) return normalCdf(s);
  if (Math.abs(t) === Infinity) return s > 0 ? 1 : 0;
  // The scale by the larger of the two keeps t² from overflowing.
  const big = Math.max(Math.abs(t), Math.sqrt(df));
  const t2 = (t / big) ** 2;
  const n2 = (Math.sqrt(df) / big) ** 2;
  const { lower } = betaTails(n2 / (n2 + t2), t2 / (n2 + t2), df / 2, 0.5);
  return s < 0 ? lower / 2 : 1 - lower / 2;
}

/** The t at which Student's cumulative probability is p; ±∞ at 0 and 1, NaN outside. */
export function studentTQuantile(p: number, options: { readonly df: number } & Tail): number {
  const { df, upper = false } = options;
  requireDegrees({ df });
  if (!(p >= 0 && p <= 1)) return NaN;
  const sign = upper ? -1 : 1;
  if (p === 0 || p === 1) return (p === 0 ? -1 : 1) * sign * Infinity;
  if (df > asNormal) return sign * normalQuantile(p);
  if (p === 0.5) return 0;
  // 1 − 2p is exact near a half, so the centre keeps its digits too.
  const tail =
    p < 0.25 || p > 0.75
      ? inverseBetaTails(2 * Math.min(p, 1 - p), { a: df / 2, b: 0.5 })
      : inverseBetaTails(Math.abs(1 - 2 * p), { a: df / 2, b: 0.5, upper: true });
  return sign * Math.sign(p - 0.5) * Math.sqrt(df) * Math.sqrt(tail.y / tail.x);
}

/** Probability that chi-square with `df` degrees of freedom is at most x. */
export function chiSquareCdf(x: number, options: { readonly df: number } & Tail): number {
  requireDegrees({ df: options.df });
  const tails = gammaTails(options.df / 2, x / 2);
  return options.upper ? tails.upper : tails.lower;
}

/** Quantile of chi-square; NaN for p outside 0 … 1. */
export function chiSquareQuantile(p: number, options: { readonly df: number } & Tail): number {
  requireDegrees({ df: options.df });
  return 2 * inverseRegularisedGamma(p, { a: options.df / 2, upper: options.upper });
}

/** x = d₁f/(d₁f + d₂) and 1 − x, of which F's probabilities are incomplete beta functions. */
export function betaArguments(f: number, df1: number, df2: number): { x: number; y: number } {
  if (f === Infinity) return { x: 1, y: 0 };
  const r = (df1 / df2) * f;
  if (r === Infinity) return { x: 1, y: 0 };
  return { x: r / (1 + r), y: 1 / (1 + r) };
}

/**
 * Probability that F is at most f.
 *
 * @param options.df1 numerator degrees of freedom > 0
 * @param options.df2 denominator degrees of freedom > 0; Infinity gives chi-square/df1
 */
export function fCdf(
  f: number,
  options: { readonly df1: number; readonly df2: number } & Tail,
): number {
  const { df1, df2, upper = false } = options;
  requireDegrees({ df1, df2 });
  if (Number.isNaN(f)) return NaN;
  if (df2 === Infinity) return chiSquareCdf(f * df1, { df: df1, upper });
  const { x, y } = betaArguments(Math.max(f, 0), df1, df2);
  const tails = betaTails(x, y, df1 / 2, df2 / 2);
  return upper ? tails.upper : tails.lower;
}

/** Quantile of F; NaN for p outside 0 … 1. */
export function fQuantile(
  p: number,
  options: { readonly df1: number; readonly df2: number } & Tail,
): number {
  const { df1, df2, upper } = options;
  requireDegrees({ df1, df2 });
  if (df2 === Infinity) return chiSquareQuantile(p, { df: df1, upper }) / df1;
  const { x, y } = inverseBetaTails(p, { a: df1 / 2, b: df2 / 2, upper });
  return ((x / y) * df2) / df1;
}
