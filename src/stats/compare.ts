/** Tests of differences: paired areas by DeLong, equivalence and non-inferiority, multiplicity. */
import { InputError } from "../core/errors.ts";
import { studentTCdf, studentTQuantile } from "../math/distributions.ts";
import type { LevelOptions } from "./auc.ts";
import { deLongCovariance, placements } from "./placements.ts";
import {
  type Estimate,
  type Interval,
  makeEstimate,
  noInterval,
  normalFactor,
  requireLevel,
} from "./result.ts";
import { conditionOf, requirePaired, type Scores } from "./scores.ts";

export interface Comparison extends Estimate {
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

/**
 * Difference of two areas on the same cases, with DeLong's covariance [delong1988comparing].
 *
 * Status `constant-scores` also when the two arms rank all cases alike, so that the difference is
 * exactly 0 with no spread.
 *
 * @throws InputError when the arms hold different cases
 */
export function compareDeLong(a: Scores, b: Scores, options: LevelOptions = {}): Comparison {
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
  const correlation = cab / Math.sqrt(va * vb);
  if (se < 1e-12) {
    const perfect = areas.every((v) => v === 0 || v === 1);
    return makeEstimate({
      ...shared,
      status: perfect ? "perfect-separation" : "constant-scores",
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
