/** Tests of differences: paired areas by DeLong, equivalence and non-inferiority, multiplicity. */
import { InputError } from "../core/errors.ts";
import { studentTCdf, studentTQuantile } from "../math/distributions.ts";
import { type LevelOptions, logitLimits } from "./auc.ts";
import { deLongCovariance, type Placements, placements } from "./placements.ts";
import { clopperPearson } from "./proportion.ts";
import {
  type Estimate,
  type Interval,
  makeEstimate,
  noInterval,
  normalFactor,
  requireLevel,
} from "./result.ts";
import { conditionOf, requirePaired, type Scores } from "./scores.ts";

export interface AreaComparison extends Estimate {
  /** Area of the first and of the second arm; `estimate` is their difference. */
  readonly areas: readonly [number, number];
  /** Correlation of the two area estimates. */
  readonly correlation: number;
  /** Difference over its standard error. */
  readonly statistic: number;
  /** Degrees of freedom of the reference distribution; Infinity for the normal one. */
  readonly df: number;
  /** Two-sided. */
  readonly pValue: number;
}

/** Interval of one area: logit with DeLong's variance, or Clopper and Pearson's on disjoint pairs at 0 and 1. */
function areaLimits(p: Placements, level: number): [number, number] {
  const a = p.auc;
  if (a === 0 || a === 1) {
    const pairs = Math.min(p.present.length, p.absent.length);
    const { lower, upper } = clopperPearson(a * pairs, pairs, { level });
    return [lower, upper];
  }
  const half = normalFactor(level) * Math.sqrt(deLongCovariance(p, p));
  const { lower, upper } = logitLimits(a, half);
  return [lower, upper];
}

/**
 * Difference of two areas of which at least one is exactly 0 or 1, where DeLong's variance is zero and
 * would call any difference certain. The limits of the two areas are joined [zou2008construction],
 *
 *   A − B − √((A − l_A)² + (u_B − B)²)  to  A − B + √((u_A − A)² + (B − l_B)²),
 *
 * as if the areas were uncorrelated, which is wider than needed for arms that rank cases alike. The p
 * value is one minus the highest level at which the interval leaves 0 out.
 */
export function separatedDifference(
  a: Placements,
  b: Placements,
  level: number,
): { readonly lower: number; readonly upper: number; readonly pValue: number } {
  const estimate = a.auc - b.auc;
  const limits = (at: number): [number, number] => {
    const [la, ua] = areaLimits(a, at);
    const [lb, ub] = areaLimits(b, at);
    return [
      estimate - Math.hypot(a.auc - la, ub - b.auc),
      estimate + Math.hypot(ua - a.auc, b.auc - lb),
    ];
  };
  const holdsZero = (p: number) => {
    const [lower, upper] = limits(1 - p);
    return lower <= 0 && upper >= 0;
  };
  const [lower, upper] = limits(level);
  if (estimate === 0) return { lower, upper, pValue: 1 };
  // Bisection of log p: the interval only grows as p falls.
  let [low, high] = [1e-15, 1];
  for (let k = 0; k < 60; k++) {
    const middle = Math.sqrt(low * high);
    if (holdsZero(middle)) low = middle;
    else high = middle;
  }
  return { lower, upper, pValue: high };
}

/**
 * Difference of two areas on the same cases, with DeLong's covariance [delong1988comparing].
 *
 * Status `perfect-separation` when an area is exactly 0 or 1: see `separatedDifference`. Status `constant-scores` also when the two arms rank all cases alike, so that the difference is
 * exactly 0 with no spread.
 *
 * @throws InputError when the arms hold different cases
 */
export function compareDeLong(a: Scores, b: Scores, options: LevelOptions = {}): AreaComparison {
  requirePaired(a, b);
  const level = requireLevel(options.level);
  const conditions = [conditionOf(a), conditionOf(b)];
  const condition = conditions.find((c) => c !== "ok") ?? "ok";
  const shared = {
    method: "DeLong, paired",
    present: a.present.length,
    absent: a.absent.length,
    df: Infinity,
  };
  const finite = !conditions.includes("not-finite");
  const pa = finite ? placements(a) : undefined;
  const pb = finite ? placements(b) : undefined;
  const areas = [pa?.auc ?? NaN, pb?.auc ?? NaN] as const;
  const estimate = areas[0] - areas[1];
  if (condition !== "ok" || !pa || !pb) {
    return makeEstimate({
      ...shared,
      status: condition,
      estimate,
      standardError: NaN,
      interval: noInterval(level),
      areas,
      correlation: NaN,
      statistic: NaN,
      pValue: NaN,
    });
  }
  const va = deLongCovariance(pa, pa);
  const vb = deLongCovariance(pb, pb);
  const cab = deLongCovariance(pa, pb);
  const se = Math.sqrt(Math.max(0, va + vb - 2 * cab));
  const correlation = va > 0 && vb > 0 ? cab / Math.sqrt(va * vb) : NaN;
  // Placements are sums of halves over n: a spread of rounding size is no spread.
  const [spreadA, spreadB] = [va > 1e-24, vb > 1e-24];
  const perfect = areas.some((v) => v === 0 || v === 1);
  if (perfect && areas.every((v, i) => v === 0 || v === 1 || (i === 0 ? spreadA : spreadB))) {
    const { lower, upper, pValue } = separatedDifference(pa, pb, level);
    return makeEstimate({
      ...shared,
      method: "joined limits, Clopper-Pearson on disjoint pairs",
      status: "perfect-separation",
      estimate,
      standardError: NaN,
      interval: { lower, upper, level },
      areas,
      correlation: NaN,
      statistic: NaN,
      pValue,
    });
  }
  if (se < 1e-12 || !spreadA || !spreadB) {
    return makeEstimate({
      ...shared,
      status: "constant-scores",
      estimate,
      standardError: NaN,
      interval: noInterval(level),
      areas,
      correlation,
      statistic: NaN,
      pValue: NaN,
    });
  }
  const z = estimate / se;
  const half = normalFactor(level) * se;
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate,
    standardError: se,
    interval: { lower: estimate - half, upper: estimate + half, level },
    areas,
    correlation,
    statistic: z,
    pValue: 2 * studentTCdf(-Math.abs(z), { df: Infinity }),
  });
}

/** A difference with its standard error, as every comparison of this room returns it. */
export interface Difference {
  readonly estimate: number;
  readonly standardError: number;
  readonly df?: number;
}

export interface MarginTest {
  readonly method: string;
  readonly margin: number;
  readonly pValue: number;
  /** Whether the claim holds at the given significance. */
  readonly holds: boolean;
  /** Significance of each one-sided test. */
  readonly alpha: number;
  /** The interval of level 1 − 2α that decides the same. */
  readonly interval: Interval;
}

function requireMargin(margin: number, alpha: number): void {
  if (!(margin > 0) || margin === Infinity) {
    throw new InputError(
      `Cannot test against a margin: found margin ${margin}, wanted a finite number > 0 chosen before the data were seen`,
    );
  }
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new InputError(
      `Cannot test against a margin: found alpha ${alpha}, wanted one between 0 and 0.5`,
    );
  }
}

function decide(
  difference: Difference,
  at: { margin: number; alpha: number; method: string; ps: number[] },
): MarginTest {
  const df = difference.df ?? Infinity;
  const half = studentTQuantile(1 - at.alpha, { df }) * difference.standardError;
  const pValue = Math.max(...at.ps);
  return Object.freeze({
    method: at.method,
    margin: at.margin,
    pValue,
    holds: pValue <= at.alpha,
    alpha: at.alpha,
    interval: Object.freeze({
      lower: difference.estimate - half,
      upper: difference.estimate + half,
      level: 1 - 2 * at.alpha,
    }),
  });
}

/**
 * One-sided test that a difference (new − old) is above −margin.
 *
 * @param options.margin largest loss that does not matter, > 0, in the units of the difference
 * @param options.alpha significance, 0.025 by default
 */
export function testNonInferiority(
  difference: Difference,
  options: { readonly margin: number; readonly alpha?: number },
): MarginTest {
  const { margin, alpha = 0.025 } = options;
  requireMargin(margin, alpha);
  const df = difference.df ?? Infinity;
  const t = (difference.estimate + margin) / difference.standardError;
  return decide(difference, {
    margin,
    alpha,
    method: "non-inferiority, one-sided",
    ps: [studentTCdf(t, { df, upper: true })],
  });
}

/**
 * Two one-sided tests that a difference lies inside ±margin [schuirmann1987comparison].
 *
 * @param options.alpha significance of each, 0.05 by default
 */
export function testEquivalence(
  difference: Difference,
  options: { readonly margin: number; readonly alpha?: number },
): MarginTest {
  const { margin, alpha = 0.05 } = options;
  requireMargin(margin, alpha);
  const df = difference.df ?? Infinity;
  const up = (difference.estimate + margin) / difference.standardError;
  const down = (difference.estimate - margin) / difference.standardError;
  return decide(difference, {
    margin,
    alpha,
    method: "equivalence, two one-sided tests",
    ps: [studentTCdf(up, { df, upper: true }), studentTCdf(down, { df })],
  });
}

/**
 * Holm's adjustment [holm1979simple]: p values that may be compared with the significance of the
 * whole family, in the order given. NaN stays NaN and does not count as a test.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues
    .map((p, i) => ({ p, i }))
    .filter(({ p }) => !Number.isNaN(p))
    .sort((a, b) => a.p - b.p);
  const adjusted = pValues.map(() => NaN);
  let floor = 0;
  order.forEach(({ p, i }, k) => {
    floor = Math.max(floor, Math.min(1, (order.length - k) * p));
    adjusted[i] = floor;
  });
  return adjusted;
}
