/** Proportions with exact intervals, and the m-alternative forced-choice experiment. */
import { InputError } from "../core/errors.ts";
import { inverseRegularisedBeta } from "../math/beta.ts";
import { logNormalCdf, normalCdf } from "../math/normal.ts";
import { bracketedRoot } from "../math/solve.ts";
import {
  type Estimate,
  type Interval,
  makeEstimate,
  normalFactor,
  requireLevel,
} from "./result.ts";

function requireCounts(successes: number, trials: number): void {
  const whole = Number.isInteger(successes) && Number.isInteger(trials);
  if (!whole || trials < 1 || successes < 0 || successes > trials) {
    throw new InputError(
      `Cannot estimate a proportion: found ${successes} of ${trials}, wanted whole numbers with 0 <= successes <= trials and trials >= 1`,
    );
  }
}

/** Exact binomial interval [clopper1934use]; at 0 or all successes one end is 0 or 1. */
export function clopperPearson(
  successes: number,
  trials: number,
  options: { readonly level?: number } = {},
): Interval {
  requireCounts(successes, trials);
  const level = requireLevel(options.level);
  const alpha = (1 - level) / 2;
  const k = successes;
  return {
    lower: k === 0 ? 0 : inverseRegularisedBeta(alpha, { a: k, b: trials - k + 1 }),
    upper:
      k === trials ? 1 : inverseRegularisedBeta(alpha, { a: k + 1, b: trials - k, upper: true }),
    level,
  };
}

/** Score interval [wilson1927probable]: shorter than the exact one, right on average. */
export function wilson(
  successes: number,
  trials: number,
  options: { readonly level?: number } = {},
): Interval {
  requireCounts(successes, trials);
  const level = requireLevel(options.level);
  const z = normalFactor(level);
  const p = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (p + (z * z) / (2 * trials)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / trials + (z / (2 * trials)) ** 2);
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half), level };
}

/**
 * Proportion correct that a detectability d' gives with m alternatives of independent, equal-variance
 * normal responses: ∫ φ(x − d') Φ(x)^{m−1} dx, by the trapezium rule.
 */
export function proportionCorrect(dPrime: number, alternatives: number): number {
  if (alternatives === 2) return normalCdf(dPrime / Math.SQRT2);
  const step = 1 / 16;
  let sum = 0;
  for (let x = -12; x <= 12; x += step) {
    sum += Math.exp(-(x * x) / 2 + (alternatives - 1) * logNormalCdf(x + dPrime));
  }
  return (sum * step) / Math.sqrt(2 * Math.PI);
}

/** The d' that gives a proportion correct with m alternatives; −∞ at 0 and +∞ at 1. */
export function dPrimeOfProportion(proportion: number, alternatives: number): number {
  if (!(proportion >= 0 && proportion <= 1)) return NaN;
  if (proportion === 0) return -Infinity;
  if (proportion === 1) return Infinity;
  return bracketedRoot((d) => proportionCorrect(d, alternatives) - proportion, {
    low: -30,
    high: 30,
  });
}

export interface ForcedChoice extends Estimate {
  readonly alternatives: number;
  /** Detectability of the proportion and of the ends of its interval. */
  readonly dPrime: { readonly estimate: number; readonly interval: Interval };
}

/**
 * Proportion correct in an m-alternative forced-choice experiment, exact interval, and d'.
 *
 * @param trials.correct number of trials in which the signal was found
 * @param trials.alternatives number of choices m ≥ 2, one of which holds the signal
 * @throws InputError on counts that are not whole or out of range
 */
export function forcedChoice(
  trials: { readonly correct: number; readonly total: number; readonly alternatives: number },
  options: { readonly level?: number } = {},
): ForcedChoice {
  const { correct, total, alternatives } = trials;
  if (!Number.isInteger(alternatives) || alternatives < 2) {
    throw new InputError(
      `Cannot analyse forced choice: found ${alternatives} alternatives, wanted 2 or more`,
    );
  }
  const interval = clopperPearson(correct, total, options);
  const p = correct / total;
  const ofEnd = (end: number) => dPrimeOfProportion(end, alternatives);
  return makeEstimate({
    status: correct === total ? "perfect-separation" : "ok",
    estimate: p,
    standardError: Math.sqrt((p * (1 - p)) / total),
    interval,
    method: "Clopper-Pearson",
    present: total,
    absent: total,
    alternatives,
    dPrime: Object.freeze({
      estimate: ofEnd(p),
      interval: Object.freeze({
        lower: ofEnd(interval.lower),
        upper: ofEnd(interval.upper),
        level: interval.level,
      }),
    }),
  });
}
