/**
 * Binormal ROC curve by maximum likelihood [dorfman1969maximum]: TPF = Φ(a + b Φ⁻¹(FPF)), for ratings or
 * for continuous scores sorted into at most 20 categories of about equal counts [metz1998maximum].
 *
 * Deviation: Metz joins runs of one truth before he thins them out; here the pooled scores are cut at
 * equal counts, ties kept together.
 *
 * A finite maximum does not always exist. As b → 0 the absent distribution shrinks to a point of the present
 * one: present cases lie below or above all absent ones. Data of that shape (no present case strictly between
 * the lowest and the highest category that hold absent ones) are fitted perfectly by that limit, and by
 * b → ∞ with the classes exchanged; separated classes are the case a → ±∞ of both. On all other data every
 * limit has likelihood zero, so that the maximum is finite.
 */
import { type CholeskyFactor, cholesky, choleskySolve } from "../math/cholesky.ts";
import { normalCdf, normalPdf, normalQuantile } from "../math/normal.ts";
import type { LevelOptions } from "./auc.ts";
import { placements } from "./placements.ts";
import {
  type Estimate,
  makeEstimate,
  noInterval,
  normalFactor,
  requireLevel,
  type Status,
} from "./result.ts";
import { conditionOf, type Scores } from "./scores.ts";

export interface Binormal extends Estimate {
  /** Distance of the two normal distributions, in standard deviations of the present one. */
  readonly a: number;
  /** Standard deviation of the absent distribution over that of the present one. */
  readonly b: number;
  /** d_a = √2 Φ⁻¹(area): the detectability of the equal-variance pair with that area. */
  readonly dA: number;
  readonly categories: number;
  readonly logLikelihood: number;
}

/** Counts of present and absent scores in ordered categories. */
export interface CategoryCounts {
  readonly present: Float64Array;
  readonly absent: Float64Array;
}

/** Each value a category where there are at most `most` (ratings), else categories of about equal pooled counts, ties kept together. */
export function categorise(scores: Scores, most = 20): CategoryCounts {
  const all = [
    ...Array.from(scores.present, (v) => ({ v, present: true })),
    ...Array.from(scores.absent, (v) => ({ v, present: false })),
  ].sort((x, y) => x.v - y.v);
  const present: number[] = [];
  const absent: number[] = [];
  const isRating = new Set(all.map(({ v }) => v)).size <= most;
  all.forEach(({ v, present: isPresent }, i) => {
    const startsGroup = i === 0 || all[i - 1]!.v !== v;
    if (startsGroup && (isRating || i >= (present.length * all.length) / most)) {
      present.push(0);
      absent.push(0);
    }
    const k = present.length - 1;
    if (isPresent) present[k]!++;
    else absent[k]!++;
  });
  return { present: Float64Array.from(present), absent: Float64Array.from(absent) };
}

/** Whether the likelihood has no finite maximum, because a step-shaped curve fits the counts perfectly. */
function runsToStep(counts: CategoryCounts): boolean {
  return [
    [counts.present, counts.absent],
    [counts.absent, counts.present],
  ].some(([inner, outer]) => {
    const lowest = outer!.findIndex((n) => n > 0);
    const highest = outer!.findLastIndex((n) => n > 0);
    return inner!.subarray(lowest + 1, highest).every((n) => n === 0);
  });
}

interface State {
  /** Thresholds between categories, then a, then b. */
  readonly theta: Float64Array;
  readonly logLikelihood: number;
}

function likelihood(counts: CategoryCounts, theta: Float64Array): number {
  const k = counts.present.length;
  const a = theta[k - 1]!;
  const b = theta[k]!;
  if (!(b > 0)) return -Infinity;
  let sum = 0;
  for (let c = 0; c < k; c++) {
    const low = c === 0 ? -Infinity : theta[c - 1]!;
    const high = c === k - 1 ? Infinity : theta[c]!;
    if (!(high > low)) return -Infinity;
    if (counts.absent[c]! > 0) sum += counts.absent[c]! * Math.log(between(low, high));
    if (counts.present[c]! > 0) {
      sum += counts.present[c]! * Math.log(between(b * low - a, b * high - a));
    }
  }
  return sum;
}

/** Φ(high) − Φ(low), taken in the tail where both are far out. */
function between(low: number, high: number): number {
  return low > 0 ? normalCdf(-low) - normalCdf(-high) : normalCdf(high) - normalCdf(low);
}

/** Score vector and expected information of the parameters. */
function derivatives(counts: CategoryCounts, theta: Float64Array) {
  const k = counts.present.length;
  const size = k + 1;
  const a = theta[k - 1]!;
  const b = theta[k]!;
  const score = new Float64Array(size);
  const information = new Float64Array(size * size);
  const total = { present: 0, absent: 0 };
  for (let c = 0; c < k; c++) {
    total.present += counts.present[c]!;
    total.absent += counts.absent[c]!;
  }
  const d = new Float64Array(size);
  for (const what of ["absent", "present"] as const) {
    for (let c = 0; c < k; c++) {
      const low = c === 0 ? -Infinity : theta[c - 1]!;
      const high = c === k - 1 ? Infinity : theta[c]!;
      d.fill(0);
      let p: number;
      if (what === "absent") {
        p = between(low, high);
        if (c > 0) d[c - 1] = -normalPdf(low);
        if (c < k - 1) d[c] = normalPdf(high);
      } else {
        const l = b * low - a;
        const h = b * high - a;
        p = between(l, h);
        const fl = c > 0 ? normalPdf(l) : 0;
        const fh = c < k - 1 ? normalPdf(h) : 0;
        if (c > 0) d[c - 1] = -b * fl;
        if (c < k - 1) d[c] = b * fh;
        d[k - 1] = fl - fh;
        d[k] = (c < k - 1 ? high * fh : 0) - (c > 0 ? low * fl : 0);
      }
      if (p < 1e-300) continue;
      for (let i = 0; i < size; i++) {
        if (d[i] === 0) continue;
        score[i] = score[i]! + (counts[what][c]! * d[i]!) / p;
        for (let j = 0; j <= i; j++) {
          information[i * size + j] =
            information[i * size + j]! + (total[what] * d[i]! * d[j]!) / p;
        }
      }
    }
  }
  return { score, information };
}

function startingPoint(counts: CategoryCounts): Float64Array {
  const k = counts.present.length;
  const theta = new Float64Array(k + 1);
  const n1 = counts.present.reduce((s, v) => s + v, 0);
  const n0 = counts.absent.reduce((s, v) => s + v, 0);
  let c0 = 0;
  let c1 = 0;
  let sx = 0;
  let sy = 0;
  let sxx = 0;
  let sxy = 0;
  for (let c = 0; c < k - 1; c++) {
    c0 += counts.absent[c]!;
    c1 += counts.present[c]!;
    const x = normalQuantile((c0 + 0.5) / (n0 + 1));
    const y = normalQuantile((c1 + 0.5) / (n1 + 1));
    theta[c] = c > 0 ? Math.max(x, theta[c - 1]! + 1e-3) : x;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const n = k - 1;
  const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
  const b = Number.isFinite(slope) ? Math.min(Math.max(slope, 0.2), 5) : 1;
  theta[k - 1] = (b * sx - sy) / n;
  theta[k] = b;
  return theta;
}

function fit(counts: CategoryCounts): { state: State; factor?: CholeskyFactor; status: Status } {
  let theta = startingPoint(counts);
  let state: State = { theta, logLikelihood: likelihood(counts, theta) };
  for (let step = 0; step < 200; step++) {
    const { score, information } = derivatives(counts, state.theta);
    const factored = cholesky(information, score.length);
    if (factored.status !== "ok") return { state, status: "degenerate-fit" };
    const move = choleskySolve(factored.factor, score);
    // Half the Newton decrement: the rise that this step promises.
    const promised = move.reduce((s, v, i) => s + v * score[i]!, 0);
    if (promised < 1e-10) return { state, factor: factored.factor, status: "ok" };
    let length = 1;
    let better: State | undefined;
    while (length > 1e-6 && !better) {
      theta = state.theta.map((v, i) => v + length * move[i]!);
      const value = likelihood(counts, theta);
      if (value > state.logLikelihood) better = { theta, logLikelihood: value };
      length /= 2;
    }
    // No step up the slope can be seen in floating point: a maximum only if little was promised.
    if (!better) {
      const status = promised < 1e-6 ? "ok" : "did-not-converge";
      return { state, factor: factored.factor, status };
    }
    state = better;
  }
  return { state, status: "did-not-converge" };
}

/**
 * Binormal fit with the area Φ(a/√(1 + b²)) and its interval by the delta method, taken on the scale of
 * a/√(1 + b²) so that it stays inside (0, 1).
 *
 * Status `degenerate-fit` when there are fewer than three categories, or the likelihood has no finite maximum
 * (a step-shaped curve fits perfectly).
 *
 * @param options.categories most categories to sort continuous scores into, 20 by default
 */
export function binormalFit(
  scores: Scores,
  options: LevelOptions & { readonly categories?: number } = {},
): Binormal {
  const level = requireLevel(options.level);
  const shared = {
    method: "binormal, maximum likelihood",
    present: scores.present.length,
    absent: scores.absent.length,
  };
  const none = (status: Status, categories: number): Binormal =>
    makeEstimate({
      ...shared,
      status,
      estimate: NaN,
      standardError: NaN,
      interval: noInterval(level),
      a: NaN,
      b: NaN,
      dA: NaN,
      categories,
      logLikelihood: NaN,
    });
  const condition = conditionOf(scores);
  if (condition !== "ok") return none(condition, 0);
  const { auc } = placements(scores);
  if (auc === 0 || auc === 1) return none("perfect-separation", 0);
  const counts = categorise(scores, options.categories ?? 20);
  const k = counts.present.length;
  if (k < 2) return none("constant-scores", k);
  if (k < 3 || runsToStep(counts)) return none("degenerate-fit", k);
  const { state, factor, status } = fit(counts);
  if (status !== "ok" || !factor) return none(status, k);
  const a = state.theta[k - 1]!;
  const b = state.theta[k]!;
  const root = Math.sqrt(1 + b * b);
  const u = a / root;
  const gradient = new Float64Array(k + 1);
  gradient[k - 1] = 1 / root;
  gradient[k] = (-a * b) / root ** 3;
  const seU = Math.sqrt(
    choleskySolve(factor, gradient).reduce((s, v, i) => s + v * gradient[i]!, 0),
  );
  const half = normalFactor(level) * seU;
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate: normalCdf(u),
    standardError: normalPdf(u) * seU,
    interval: { lower: normalCdf(u - half), upper: normalCdf(u + half), level },
    a,
    b,
    dA: Math.SQRT2 * u,
    categories: k,
    logLikelihood: state.logLikelihood,
  });
}
