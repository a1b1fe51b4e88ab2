/**
 * Areas for tasks in which finding the signal is not enough: localisation ROC, where a hit counts
 * only at the right place [swensson1996unified], and estimation ROC, where it counts by the utility of
 * what was estimated [clarkson2007estimation]:
 *
 *   A = 1/(n₁n₀) Σ_i Σ_j u_i ψ(t₁i, t₀j),   ψ = 1, ½ or 0 as t₁ is above, equal to or below t₀.
 *
 * LROC is the case u ∈ {0, 1}. Variances and paired differences are those of the two-sample
 * U-statistic, as DeLong's for u = 1.
 */
import { InputError } from "../core/errors.ts";
import { normalCdf } from "../math/normal.ts";
import { conditionOfArea, type LevelOptions, logitLimits, standInInterval } from "./auc.ts";
import { type AreaComparison, separatedDifference } from "./compare.ts";
import { deLongCovariance, type Placements, placements } from "./placements.ts";
import { type Estimate, makeEstimate, noInterval, normalFactor, requireLevel } from "./result.ts";
import { conditionOf, requirePaired, type Scores } from "./scores.ts";

/** Scores with the utility of each present case's report: 1 right and 0 wrong place for LROC. */
export interface UtilityScores extends Scores {
  readonly utilities: ArrayLike<number>;
}

function requireUtilities(scores: UtilityScores): void {
  if (scores.utilities.length !== scores.present.length) {
    throw new InputError(
      `Cannot take an area with utilities: found ${scores.utilities.length} utilities for ${scores.present.length} present cases, wanted one each`,
    );
  }
  for (let i = 0; i < scores.utilities.length; i++) {
    if (!Number.isFinite(scores.utilities[i]!)) {
      throw new InputError(
        `Cannot take an area with utilities: found ${scores.utilities[i]} at present case ${i}, wanted a finite number`,
      );
    }
  }
}

/** Whether an area of these utilities is a share, between 0 and 1. */
const isShare = ({ utilities }: UtilityScores): boolean =>
  Array.from(utilities).every((u) => u >= 0 && u <= 1);

/**
 * Parts of an area with utilities: of each present case, its utility times the share of absent cases that
 * it outranks; of each absent case, the mean utility of present cases that outrank it.
 *
 * @throws InputError on a missing or infinite utility
 */
export function utilityPlacements(scores: UtilityScores): Placements {
  requireUtilities(scores);
  const plain = placements(scores);
  const n1 = scores.present.length;
  const n0 = scores.absent.length;
  const present = plain.present.map((v, i) => v * scores.utilities[i]!);
  // Σ_i u_i ψ_ij: cumulated utilities over the sorted present scores.
  const order = Array.from({ length: n1 }, (_, i) => i).sort(
    (a, b) => scores.present[a]! - scores.present[b]!,
  );
  const sorted = Float64Array.from(order, (i) => scores.present[i]!);
  const above = new Float64Array(n1 + 1);
  for (let k = n1 - 1; k >= 0; k--) above[k] = above[k + 1]! + scores.utilities[order[k]!]!;
  const absent = new Float64Array(n0);
  for (let j = 0; j < n0; j++) {
    const t = scores.absent[j]!;
    const from = firstAtLeast(sorted, t, false);
    const past = firstAtLeast(sorted, t, true);
    absent[j] = (above[from]! + above[past]!) / 2 / n1;
  }
  let sum = 0;
  for (const v of present) sum += v;
  return { auc: sum / n1, present, absent };
}

function firstAtLeast(sorted: Float64Array, t: number, strictly: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const mid = (low + high) >>> 1;
    const v = sorted[mid]!;
    if (v < t || (strictly && v === t)) low = mid + 1;
    else high = mid;
  }
  return low;
}

/**
 * Area under the estimation ROC curve; under the localisation ROC curve when utilities are 0 and 1.
 *
 * Where all utilities lie between 0 and 1 the interval is formed on the logit scale, and at an area of
 * exactly 0 or 1 by Clopper and Pearson on disjoint pairs; otherwise it is symmetric.
 *
 * @throws InputError on a missing or infinite utility
 */
export function erocArea(scores: UtilityScores, options: LevelOptions = {}): Estimate {
  requireUtilities(scores);
  const level = requireLevel(options.level);
  const share = isShare(scores);
  const shared = {
    method: share ? "U-statistic, logit" : "U-statistic, Wald",
    present: scores.present.length,
    absent: scores.absent.length,
  };
  const status = conditionOf(scores);
  if (status !== "ok") {
    return makeEstimate({
      ...shared,
      status,
      estimate: status === "not-finite" ? NaN : utilityPlacements(scores).auc,
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  const p = utilityPlacements(scores);
  const se = Math.sqrt(deLongCovariance(p, p));
  const half = normalFactor(level) * se;
  if (!(se > 1e-12)) {
    const condition = share ? conditionOfArea(p.auc) : "constant-scores";
    return makeEstimate({
      ...shared,
      status: condition,
      estimate: p.auc,
      standardError: condition === "perfect-separation" ? 0 : NaN,
      interval: standInInterval(condition, { area: p.auc, scores, level }),
      ...(condition === "perfect-separation"
        ? { method: "Clopper-Pearson on disjoint pairs" }
        : {}),
    });
  }
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate: p.auc,
    standardError: se,
    interval: share
      ? { ...logitLimits(p.auc, half), level }
      : { lower: p.auc - half, upper: p.auc + half, level },
  });
}

/** Utilities of a localisation task: 1 at the right place, 0 elsewhere. */
export const utilitiesOf = (
  scores: Scores & { readonly located: readonly boolean[] },
): UtilityScores => ({ ...scores, utilities: scores.located.map((hit) => (hit ? 1 : 0)) });

/**
 * Area under the localisation ROC curve: probability that a present case is found at its place and
 * scored above an absent one. Guessing among L places gives about 1/(2L), not ½.
 *
 * @param scores.located for each present case, whether the highest-scoring place was the right one
 */
export function lrocArea(
  scores: Scores & { readonly located: readonly boolean[] },
  options: LevelOptions = {},
): Estimate {
  return erocArea(utilitiesOf(scores), options);
}

/**
 * Difference of two such areas on the same cases: as DeLong's, with each area's own parts.
 *
 * @throws InputError when the arms hold different cases, or on a missing or infinite utility
 */
export function compareEroc(
  a: UtilityScores,
  b: UtilityScores,
  options: LevelOptions = {},
): AreaComparison {
  requirePaired(a, b);
  requireUtilities(a);
  requireUtilities(b);
  const level = requireLevel(options.level);
  const condition = [conditionOf(a), conditionOf(b)].find((c) => c !== "ok") ?? "ok";
  const known = condition !== "not-finite";
  const pa = known ? utilityPlacements(a) : undefined;
  const pb = known ? utilityPlacements(b) : undefined;
  const areas = [pa?.auc ?? NaN, pb?.auc ?? NaN] as const;
  const estimate = areas[0] - areas[1];
  const va = pa ? deLongCovariance(pa, pa) : NaN;
  const vb = pb ? deLongCovariance(pb, pb) : NaN;
  const cab = pa && pb ? deLongCovariance(pa, pb) : NaN;
  const shared = {
    present: a.present.length,
    absent: a.absent.length,
    estimate,
    areas,
    df: Infinity,
  };
  const ends = areas.map((v) => v === 0 || v === 1);
  const spreads = [va > 1e-24, vb > 1e-24];
  if (
    condition === "ok" &&
    pa &&
    pb &&
    isShare(a) &&
    isShare(b) &&
    ends.includes(true) &&
    ends.every((end, i) => end || spreads[i])
  ) {
    const { lower, upper, pValue } = separatedDifference(pa, pb, level);
    return makeEstimate({
      ...shared,
      status: "perfect-separation",
      method: "joined limits, Clopper-Pearson on disjoint pairs",
      standardError: NaN,
      interval: { lower, upper, level },
      correlation: NaN,
      statistic: NaN,
      pValue,
    });
  }
  const se = Math.sqrt(Math.max(0, va + vb - 2 * cab));
  const usable = condition === "ok" && se > 1e-12 && spreads.every(Boolean);
  const z = usable ? estimate / se : NaN;
  const half = normalFactor(level) * se;
  return makeEstimate({
    ...shared,
    status: condition !== "ok" ? condition : usable ? "ok" : "constant-scores",
    method: "U-statistic, paired",
    standardError: usable ? se : NaN,
    interval: usable
      ? { lower: estimate - half, upper: estimate + half, level }
      : noInterval(level),
    correlation: cab / Math.sqrt(va * vb),
    statistic: z,
    pValue: 2 * normalCdf(-Math.abs(z)),
  });
}

/**
 * Difference of two areas under the localisation ROC curve on the same cases.
 *
 * @throws InputError when the arms hold different cases
 */
export function compareLroc(
  a: Scores & { readonly located: readonly boolean[] },
  b: Scores & { readonly located: readonly boolean[] },
  options: LevelOptions = {},
): AreaComparison {
  return compareEroc(utilitiesOf(a), utilitiesOf(b), options);
}

/** Points of the LROC curve: share of present cases scored at least the threshold and located, over the false-positive fraction. */
export function lrocCurve(scores: Scores & { readonly located: readonly boolean[] }): {
  readonly fpf: Float64Array;
  readonly located: Float64Array;
} {
  const n1 = scores.present.length;
  const n0 = scores.absent.length;
  const events: { t: number; hit: number; alarm: number }[] = [];
  for (let i = 0; i < n1; i++) {
    events.push({ t: scores.present[i]!, hit: scores.located[i] ? 1 : 0, alarm: 0 });
  }
  for (let j = 0; j < n0; j++) events.push({ t: scores.absent[j]!, hit: 0, alarm: 1 });
  events.sort((a, b) => b.t - a.t);
  const fpf = [0];
  const located = [0];
  let hits = 0;
  let alarms = 0;
  events.forEach((e, k) => {
    hits += e.hit;
    alarms += e.alarm;
    if (k + 1 === events.length || events[k + 1]!.t !== e.t) {
      fpf.push(alarms / n0);
      located.push(hits / n1);
    }
  });
  return Object.freeze({ fpf: Float64Array.from(fpf), located: Float64Array.from(located) });
}
