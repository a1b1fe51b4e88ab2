/**
 * Empirical ROC curve and what is read from it, also with cases counted several times (the form in
 * which the bootstrap asks).
 */
import { InputError } from "../core/errors.ts";
import type { Scores } from "./scores.ts";

/** Points from (0, 0) to (1, 1) in order of falling threshold; ties give one sloping segment. */
export interface RocCurve {
  /** False-positive fractions, rising. */
  readonly fpf: Float64Array;
  /** True-positive fractions, rising. */
  readonly tpf: Float64Array;
  /** A case is called positive when its score is at least the threshold; +∞ at the first point. */
  readonly thresholds: Float64Array;
}

/** Scores sorted once, so that a curve for any case counts takes one linear pass. */
export interface SortedScores {
  /** Index among the present cases, or −1 − index among the absent ones, by falling score. */
  readonly order: Int32Array;
  /** Whether the entry ends a group of equal scores. */
  readonly ends: Uint8Array;
  readonly values: Float64Array;
  readonly present: number;
  readonly absent: number;
}

/** Sorts the scores of both classes together. */
export function sortScores(scores: Scores): SortedScores {
  const present = scores.present.length;
  const absent = scores.absent.length;
  const n = present + absent;
  const all = new Float64Array(n);
  for (let i = 0; i < present; i++) all[i] = scores.present[i]!;
  for (let j = 0; j < absent; j++) all[present + j] = scores.absent[j]!;
  const by = Uint32Array.from({ length: n }, (_, i) => i).sort((a, b) => all[b]! - all[a]!);
  const order = Int32Array.from(by, (i) => (i < present ? i : -1 - (i - present)));
  const values = Float64Array.from(by, (i) => all[i]!);
  const ends = new Uint8Array(n);
  for (let i = 0; i < n; i++) ends[i] = i + 1 === n || values[i + 1]! !== values[i]! ? 1 : 0;
  return { order, ends, values, present, absent };
}

/** How often each case counts; absent means once. */
export interface CaseCounts {
  readonly present: ArrayLike<number>;
  readonly absent: ArrayLike<number>;
}

/** The curve of sorted scores; NaN fractions when a class counts nothing. */
export function curveOf(sorted: SortedScores, counts?: CaseCounts): RocCurve {
  const n = sorted.order.length;
  const fpf = [0];
  const tpf = [0];
  const thresholds = [Infinity];
  let hits = 0;
  let alarms = 0;
  for (let i = 0; i < n; i++) {
    const at = sorted.order[i]!;
    if (at >= 0) hits += counts ? counts.present[at]! : 1;
    else alarms += counts ? counts.absent[-1 - at]! : 1;
    if (sorted.ends[i]) {
      fpf.push(alarms);
      tpf.push(hits);
      thresholds.push(sorted.values[i]!);
    }
  }
  return {
    fpf: Float64Array.from(fpf, (v) => v / alarms),
    tpf: Float64Array.from(tpf, (v) => v / hits),
    thresholds: Float64Array.from(thresholds),
  };
}

/** Weighted Mann–Whitney area of sorted scores, in one pass. */
export function areaOf(sorted: SortedScores, counts?: CaseCounts): number {
  let hits = 0;
  let alarms = 0;
  let groupHits = 0;
  let groupAlarms = 0;
  let sum = 0;
  for (let i = 0; i < sorted.order.length; i++) {
    const at = sorted.order[i]!;
    if (at >= 0) groupHits += counts ? counts.present[at]! : 1;
    else groupAlarms += counts ? counts.absent[-1 - at]! : 1;
    if (sorted.ends[i]) {
      sum += groupAlarms * (hits + groupHits / 2);
      hits += groupHits;
      alarms += groupAlarms;
      groupHits = 0;
      groupAlarms = 0;
    }
  }
  return sum / (hits * alarms);
}

/** Empirical ROC curve; scores must be finite. */
export function rocCurve(scores: Scores): RocCurve {
  return Object.freeze(curveOf(sortScores(scores)));
}

/** Upper convex hull of a curve: what an observer can reach by choosing between thresholds at random. */
export function rocHull(curve: RocCurve): RocCurve {
  const keep: number[] = [];
  for (let i = 0; i < curve.fpf.length; i++) {
    while (keep.length >= 2) {
      const b = keep[keep.length - 1]!;
      const a = keep[keep.length - 2]!;
      const cross =
        (curve.fpf[b]! - curve.fpf[a]!) * (curve.tpf[i]! - curve.tpf[a]!) -
        (curve.tpf[b]! - curve.tpf[a]!) * (curve.fpf[i]! - curve.fpf[a]!);
      if (cross < 0) break;
      keep.pop();
    }
    keep.push(i);
  }
  return Object.freeze({
    fpf: Float64Array.from(keep, (i) => curve.fpf[i]!),
    tpf: Float64Array.from(keep, (i) => curve.tpf[i]!),
    thresholds: Float64Array.from(keep, (i) => curve.thresholds[i]!),
  });
}

/** True-positive fraction at a false-positive fraction, on the curve's straight segments (upper end of a vertical one). */
export function tpfAt(curve: RocCurve, fpf: number): number {
  const n = curve.fpf.length;
  let i = n - 1;
  while (i > 0 && curve.fpf[i]! > fpf) i--;
  if (i === n - 1) return curve.tpf[i]!;
  const run = curve.fpf[i + 1]! - curve.fpf[i]!;
  const t = (fpf - curve.fpf[i]!) / run;
  return curve.tpf[i]! + t * (curve.tpf[i + 1]! - curve.tpf[i]!);
}

/**
 * Area under part of a curve, between two false-positive fractions, or between two true-positive
 * fractions (area to the right of the curve), not divided by the range.
 *
 * @param range.from lower end, ≥ 0
 * @param range.to upper end, ≤ 1, above `from`
 * @throws InputError on an empty range or one outside 0 … 1
 */
export function partialAreaOf(
  curve: RocCurve,
  range: { readonly over: "fpf" | "tpf"; readonly from: number; readonly to: number },
): number {
  const { over, from, to } = range;
  if (!(from >= 0 && to <= 1 && from < to)) {
    throw new InputError(
      `Cannot take a partial area: found range ${from} to ${to}, wanted 0 <= from < to <= 1`,
    );
  }
  const x = over === "fpf" ? curve.fpf : curve.tpf;
  const y = over === "fpf" ? curve.tpf : curve.fpf;
  let sum = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const a = Math.max(from, x[i]!);
    const b = Math.min(to, x[i + 1]!);
    if (b <= a) continue;
    const slope = (y[i + 1]! - y[i]!) / (x[i + 1]! - x[i]!);
    const middle = y[i]! + slope * ((a + b) / 2 - x[i]!);
    sum += (b - a) * (over === "fpf" ? middle : 1 - middle);
  }
  return sum;
}

/**
 * Largest TPF − slope·FPF over the curve: expected utility relative to calling nothing, in units of
 * a true positive's value at the given prevalence [abbey2013statistical].
 */
export function expectedUtilityOf(curve: RocCurve, slope: number): number {
  let best = 0;
  for (let i = 0; i < curve.fpf.length; i++) {
    best = Math.max(best, curve.tpf[i]! - slope * curve.fpf[i]!);
  }
  return best;
}
