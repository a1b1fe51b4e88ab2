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
import type { LevelOptions } from "./auc.ts";
import type { Comparison } from "./compare.ts";
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

function weighted(scores: UtilityScores): Placements {
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
 * @throws InputError on a missing or infinite utility
 */
export function erocArea(scores: UtilityScores, options: LevelOptions = {}): Estimate {
  requireUtilities(scores);
  const level = requireLevel(options.level);
  const shared = {
    method: "U-statistic, Wald",
    present: scores.present.length,
    absent: scores.absent.length,
  };
  const status = conditionOf(scores);
  if (status !== "ok") {
    return makeEstimate({
      ...shared,
      status,
      estimate: status === "not-finite" ? NaN : weighted(scores).auc,
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  const p = weighted(scores);
  const se = Math.sqrt(deLongCovariance(p, p));
  const half = normalFactor(level) * se;
  const spread = se > 1e-12;
  return makeEstimate({
    ...shared,
    status: spread ? "ok" : p.auc === 1 ? "perfect-separation" : "constant-scores",
    estimate: p.auc,
    standardError: spread ? se : NaN,
    interval: spread ? { lower: p.auc - half, upper: p.auc + half, level } : noInterval(level),
  });
}

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
  return erocArea({ ...scores, utilities: scores.located.map((hit) => (hit ? 1 : 0)) }, options);
}

/** Difference of two such areas on the same cases. */
export function compareEroc(
  a: UtilityScores,
  b: UtilityScores,
  options: LevelOptions = {},
): Comparison {
  requirePaired(a, b);
  requireUtilities(a);
  requireUtilities(b);
  const level = requireLevel(options.level);
  const condition = [conditionOf(a), conditionOf(b)].find((c) => c !== "ok") ?? "ok";
  const known = condition !== "not-finite";
  const pa = known ? weighted(a) : undefined;
  const pb = known ? weighted(b) : undefined;
  const areas = [pa?.auc ?? NaN, pb?.auc ?? NaN] as const;
  const estimate = areas[0] - areas[1];
  const va = pa ? deLongCovariance(pa, pa) : NaN;
  const vb = pb ? deLongCovariance(pb, pb) : NaN;
  const cab = pa && pb ? deLongCovariance(pa, pb) : NaN;
  const se = Math.sqrt(Math.max(0, va + vb - 2 * cab));
  const usable = condition === "ok" && se > 1e-12;
  const z = usable ? estimate / se : NaN;
  const half = normalFactor(level) * se;
  return makeEstimate({
    status: condition !== "ok" ? condition : usable ? "ok" : "constant-scores",
    method: "U-statistic, paired",
    present: a.present.length,
    absent: a.absent.length,
    estimate,
    standardError: usable ? se : NaN,
    interval: usable
      ? { lower: estimate - half, upper: estimate + half, level }
      : noInterval(level),
    areas,
    correlation: cab / Math.sqrt(va * vb),
    statistic: z,
    df: Infinity,
    pValue: 2 * normalCdf(-Math.abs(z)),
  });
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
