/**
 * Paired tests of per-case values, such as the PSNR or Dice of two methods on the same images: Student's t, Wilcoxon's
 * signed ranks [wilcoxon1945individual] and sign flips [fisher1935design].
 */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import { studentTCdf, studentTQuantile } from "../math/distributions.ts";
import { normalCdf } from "../math/normal.ts";
import {
  type Interval,
  noInterval,
  normalFactor,
  remedyFor,
  requireLevel,
  type Status,
} from "./result.ts";

export interface PairedTest {
  readonly status: Status;
  /** Consequence and remedy in words; empty when the status is `ok`. */
  readonly remedy: string;
  readonly method: string;
  /** Number of differences. */
  readonly cases: number;
  /** Mean difference; for signed ranks the pseudo-median of Hodges and Lehmann. */
  readonly estimate: number;
  /** NaN ends where the method has none. */
  readonly interval: Interval;
  /** t, the sum of the ranks of positive differences, or the mean difference. */
  readonly statistic: number;
  /** Two-sided. */
  readonly pValue: number;
}

const test = (fields: Omit<PairedTest, "remedy">): PairedTest =>
  Object.freeze({
    ...fields,
    interval: Object.freeze(fields.interval),
    remedy: fields.status === "constant-scores" ? noDifference : remedyFor(fields.status),
  });

const noDifference =
  "the differences do not vary, so that their spread tells nothing: compare on more, or on different, cases";

/** What is wrong with differences before a test is tried. */
function conditionOf(differences: ArrayLike<number>): Status {
  for (let i = 0; i < differences.length; i++) {
    if (!Number.isFinite(differences[i]!)) return "not-finite";
  }
  return differences.length < 2 ? "too-few-cases" : "ok";
}

function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/**
 * t of a mean: mean over its standard error. Infinite when the values are equal and not 0.
 *
 * @param values for instance differences of paired values
 */
export function studentT(values: ArrayLike<number>): {
  readonly mean: number;
  readonly standardError: number;
  readonly t: number;
} {
  const n = values.length;
  const mean = meanOf(values);
  let square = 0;
  for (let i = 0; i < n; i++) square += (values[i]! - mean) ** 2;
  const standardError = Math.sqrt(square / (n - 1) / n);
  return { mean, standardError, t: mean / standardError };
}

/**
 * Student's t test that the mean difference is 0, with its interval; exact for normal differences.
 *
 * @returns status `constant-scores` when the differences do not vary
 */
export function pairedT(
  differences: ArrayLike<number>,
  options: { readonly level?: number } = {},
): PairedTest {
  const level = requireLevel(options.level);
  const n = differences.length;
  const condition = conditionOf(differences);
  const { mean, standardError, t } = studentT(differences);
  // A spread of rounding size is no spread.
  const constant = condition === "ok" && !(standardError > 1e-12 * Math.abs(mean));
  const usable = condition === "ok" && !constant;
  const half = usable ? studentTQuantile((1 + level) / 2, { df: n - 1 }) * standardError : NaN;
  return test({
    status: condition !== "ok" ? condition : constant ? "constant-scores" : "ok",
    method: "paired t",
    cases: n,
    estimate: condition === "not-finite" ? NaN : mean,
    interval: usable ? { lower: mean - half, upper: mean + half, level } : noInterval(level),
    statistic: usable ? t : NaN,
    pValue: usable ? 2 * studentTCdf(-Math.abs(t), { df: n - 1 }) : NaN,
  });
}

/** Twice the mid-ranks of values, so that they are whole. */
function doubledRanks(values: ArrayLike<number>): Int32Array {
  const n = values.length;
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Int32Array(n);
  for (let from = 0; from < n; ) {
    let to = from;
    while (to + 1 < n && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let i = from; i <= to; i++) ranks[order[i]!] = from + to + 2;
    from = to + 1;
  }
  return ranks;
}

/** Distribution of the sum of a random half of doubled ranks: probability of each sum. */
function rankSums(ranks: Int32Array): Float64Array {
  const total = ranks.reduce((a, b) => a + b, 0);
  const p = new Float64Array(total + 1);
  p[0] = 1;
  let top = 0;
  for (const rank of ranks) {
    for (let s = top; s >= 0; s--) {
      const half = p[s]! / 2;
      p[s] = half;
      p[s + rank]! += half;
    }
    top += rank;
  }
  return p;
}

/** Most differences whose rank sums are enumerated. */
const mostExact = 200;

/**
 * Wilcoxon's signed-rank test that differences lie symmetrically about 0. Ties get mid-ranks. The reference
 * distribution is exact, ties and zeros included, for up to 200 differences that are not 0, and normal with
 * corrections for ties and continuity beyond.
 *
 * @param options.zeros `pratt` (default) ranks zeros with the others and leaves them out of the sum
 * [pratt1959remarks]; `wilcoxon` leaves them out before ranking
 * @returns status `constant-scores` when all differences are 0
 */
export function wilcoxonSignedRank(
  differences: ArrayLike<number>,
  options: { readonly level?: number; readonly zeros?: "pratt" | "wilcoxon" } = {},
): PairedTest {
  const level = requireLevel(options.level);
  const all = Float64Array.from(differences);
  const condition = conditionOf(all);
  const kept = options.zeros === "wilcoxon" ? all.filter((d) => d !== 0) : all;
  const ranked = doubledRanks(kept.map(Math.abs));
  const ranks = ranked.filter((_, i) => kept[i] !== 0);
  const signed = kept.filter((d) => d !== 0);
  const sum = ranks.reduce((s, r, i) => s + (signed[i]! > 0 ? r : 0), 0);
  const base = { cases: all.length, statistic: sum / 2 };
  if (condition !== "ok" || signed.length === 0) {
    return test({
      ...base,
      status: condition !== "ok" ? condition : "constant-scores",
      method: "Wilcoxon signed rank",
      estimate: condition === "not-finite" ? NaN : meanOf(all),
      interval: noInterval(level),
      statistic: NaN,
      pValue: condition === "ok" ? 1 : NaN,
    });
  }
  const exact = signed.length <= mostExact;
  const walsh = walshAverages(all);
  const median = (walsh[(walsh.length - 1) >> 1]! + walsh[walsh.length >> 1]!) / 2;
  return test({
    ...base,
    status: "ok",
    method: exact ? "Wilcoxon signed rank, exact" : "Wilcoxon signed rank, normal",
    estimate: median,
    interval: { ...walshLimits(walsh, all.length, level), level },
    pValue: exact ? exactRankP(ranks, sum) : normalRankP(ranks, sum),
  });
}

function exactRankP(ranks: Int32Array, sum: number): number {
  const p = rankSums(ranks);
  let [below, above] = [0, 0];
  p.forEach((v, s) => {
    if (s <= sum) below += v;
    if (s >= sum) above += v;
  });
  return Math.min(1, 2 * Math.min(below, above));
}

function normalRankP(ranks: Int32Array, sum: number): number {
  let [mean, variance] = [0, 0];
  for (const r of ranks) {
    mean += r / 2;
    variance += r ** 2 / 4;
  }
  // Half a rank towards the mean; sums are doubled.
  const z = Math.max(0, Math.abs(sum - mean) - 1) / Math.sqrt(variance);
  return Math.min(1, 2 * normalCdf(-z));
}

/** Means of all pairs of differences, each with itself too, sorted. */
function walshAverages(d: Float64Array): Float64Array {
  const n = d.length;
  const out = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) out[at++] = (d[i]! + d[j]!) / 2;
  return out.sort();
}

/** Limits that invert the test without ties: the Walsh averages of the ranks that it would accept. */
function walshLimits(
  walsh: Float64Array,
  n: number,
  level: number,
): { lower: number; upper: number } {
  const alpha = (1 - level) / 2;
  let cut = 0;
  if (n <= mostExact) {
    const p = rankSums(Int32Array.from({ length: n }, (_, i) => i + 1));
    let below = p[0]!;
    while (below <= alpha) below += p[++cut]!;
  } else {
    const spread = Math.sqrt((n * (n + 1) * (2 * n + 1)) / 24);
    cut = Math.max(0, Math.floor((n * (n + 1)) / 4 - normalFactor(level) * spread));
  }
  // With so few cases that no sum is unlikely enough, the interval has no ends.
  return cut === 0
    ? { lower: -Infinity, upper: Infinity }
    : { lower: walsh[cut - 1]!, upper: walsh[walsh.length - cut]! };
}

/** Most differences whose 2ⁿ sign flips are gone through. */
const mostFlips = 16;

export interface FlipOptions {
  /** Source of the flips where there are too many to go through all. */
  readonly stream: Stream;
  /** Number of drawn flips; 10,000 by default. */
  readonly draws?: number;
}

/**
 * Goes through sign flips of n differences: all 2ⁿ for n ≤ 16, else drawn ones after the flips that change nothing.
 *
 * @param visit gets +1 or −1 for each difference
 * @returns how many flips were visited
 * @throws InputError on fewer than 100 draws
 */
export function forEachFlip(
  n: number,
  options: FlipOptions,
  visit: (signs: Int8Array) => void,
): { readonly flips: number; readonly exact: boolean } {
  const { stream, draws = 10_000 } = options;
  if (!Number.isInteger(draws) || draws < 100) {
    throw new InputError(
      `Cannot permute: found ${draws} draws, wanted a whole number of 100 or more`,
    );
  }
  const signs = new Int8Array(n).fill(1);
  if (n <= mostFlips) {
    for (let flip = 0; flip < 2 ** n; flip++) {
      for (let i = 0; i < n; i++) signs[i] = (flip >> i) & 1 ? -1 : 1;
      visit(signs);
    }
    return { flips: 2 ** n, exact: true };
  }
  visit(signs);
  for (let draw = 0; draw < draws; draw++) {
    for (let from = 0; from < n; from += 32) {
      const bits = stream.uint32();
      for (let i = from; i < Math.min(n, from + 32); i++) {
        signs[i] = (bits >>> (i - from)) & 1 ? -1 : 1;
      }
    }
    visit(signs);
  }
  return { flips: draws + 1, exact: false };
}

/**
 * Permutation test that differences lie symmetrically about 0: the share of sign flips whose mean lies at least as far
 * from 0. All flips for up to 16 differences; beyond, drawn ones and the data themselves, so that the level is kept
 * [phipson2010permutation].
 */
export function signFlipTest(
  differences: ArrayLike<number>,
  options: FlipOptions & { readonly level?: number },
): PairedTest {
  const level = requireLevel(options.level);
  const n = differences.length;
  const condition = conditionOf(differences);
  const mean = meanOf(differences);
  const base = { cases: n, interval: noInterval(level), estimate: mean, statistic: mean };
  if (condition !== "ok") {
    return test({ ...base, status: condition, method: "sign flips", pValue: NaN });
  }
  let scale = 0;
  for (let i = 0; i < n; i++) scale += Math.abs(differences[i]!);
  // Sums of the same numbers in another order differ by rounding.
  const seen = Math.abs(mean * n) - 1e-12 * scale;
  let extreme = 0;
  const { flips, exact } = forEachFlip(n, options, (signs) => {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += signs[i]! * differences[i]!;
    if (Math.abs(sum) >= seen) extreme++;
  });
  return test({
    ...base,
    status: "ok",
    method: exact ? "sign flips, all" : `sign flips, ${flips - 1} drawn`,
    pValue: extreme / flips,
  });
}
