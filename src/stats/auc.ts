/**
 * Area under the ROC curve: Mann–Whitney estimate with ties counted half, and its intervals. When
 * the classes do not overlap at all (area exactly 1 or 0) every variance estimate is zero; the
 * interval is then Clopper and Pearson's for min(n₁, n₀) disjoint present–absent pairs, which are
 * independent trials of success probability A: [(α/2)^{1/m}, 1].
 */
import { placements, deLongCovariance } from "./placements.ts";
import { clopperPearson } from "./proportion.ts";
import {
  type Estimate,
  type Interval,
  type Status,
  makeEstimate,
  noInterval,
  normalFactor,
  requireLevel,
} from "./result.ts";
import { conditionOf, type Scores } from "./scores.ts";

export interface LevelOptions {
  /** Nominal coverage of the two-sided interval; 0.95 by default. */
  readonly level?: number;
}

/** Mann–Whitney area: probability that a present case outranks an absent one, ties half; NaN for an empty class. */
export function auc(scores: Scores): number {
  return conditionOf(scores) === "not-finite" ? NaN : placements(scores).auc;
}

/** What the area itself says about degenerate scores, given a zero variance. */
export function conditionOfArea(area: number): Status {
  return area === 1 || area === 0 ? "perfect-separation" : "constant-scores";
}

/** The interval that stands in when no variance can be had. */
export function standInInterval(
  status: Status,
  at: { readonly area: number; readonly scores: Scores; readonly level: number },
): Interval {
  if (status !== "perfect-separation") return noInterval(at.level);
  const pairs = Math.min(at.scores.present.length, at.scores.absent.length);
  return clopperPearson(at.area === 1 ? pairs : 0, pairs, { level: at.level });
}

/** Limits of an area inside (0, 1): ± `half` carried to the logit, half/(A(1 − A)), and back. */
export function logitLimits(area: number, half: number): { lower: number; upper: number } {
  const logit = Math.log(area / (1 - area));
  const own = half / (area * (1 - area));
  return { lower: 1 / (1 + Math.exp(own - logit)), upper: 1 / (1 + Math.exp(-own - logit)) };
}

function areaEstimate(
  scores: Scores,
  options: LevelOptions,
  method: string,
  intervalOf: (area: number, se: number, z: number) => [number, number],
): Estimate {
  const level = requireLevel(options.level);
  const present = scores.present.length;
  const absent = scores.absent.length;
  const condition = conditionOf(scores);
  if (condition !== "ok") {
    return makeEstimate({
      status: condition,
      estimate: condition === "not-finite" ? NaN : placements(scores).auc,
      standardError: NaN,
      interval: noInterval(level),
      method,
      present,
      absent,
    });
  }
  const p = placements(scores);
  const se = Math.sqrt(deLongCovariance(p, p));
  // A spread of rounding size is no spread: placements are sums of halves over n.
  if (se < 1e-12) {
    const status = conditionOfArea(p.auc);
    return makeEstimate({
      status,
      estimate: p.auc,
      standardError: status === "perfect-separation" ? 0 : NaN,
      interval: standInInterval(status, { area: p.auc, scores, level }),
      method: status === "perfect-separation" ? "Clopper-Pearson on disjoint pairs" : method,
      present,
      absent,
    });
  }
  const [lower, upper] = intervalOf(p.auc, se, normalFactor(level));
  return makeEstimate({
    status: "ok",
    estimate: p.auc,
    standardError: se,
    interval: { lower, upper, level },
    method,
    present,
    absent,
  });
}

/**
 * Area with DeLong's variance and the symmetric interval A ± z·se, cut at 0 and 1
 * [delong1988comparing]. Too short near 1 with few cases: prefer `aucLogit` there.
 */
export function aucDeLong(scores: Scores, options: LevelOptions = {}): Estimate {
  return areaEstimate(scores, options, "DeLong, Wald", (a, se, z) => [
    Math.max(0, a - z * se),
    Math.min(1, a + z * se),
  ]);
}

/** Area with DeLong's variance carried to the logit, se/(A(1 − A)), and back: stays inside (0, 1). */
export function aucLogit(scores: Scores, options: LevelOptions = {}): Estimate {
  return areaEstimate(scores, options, "DeLong, logit", (a, se, z) => {
    const { lower, upper } = logitLimits(a, z * se);
    return [lower, upper];
  });
}

/**
 * Area from disjoint pairs (first present with first absent case, and so on), with a binomial interval: valid
 * for any number of cases and any distribution, ties included, but wide, since each case is used once.
 *
 * A pair counts W = 1, ½ or 0, ties half, and W has mean A. Of all such W the one without ties has the
 * heaviest tails: wherever P(Bin(m, A) ≥ k) ≤ ¼, P(ΣW ≥ k) is no larger (`auc.test.ts` goes through
 * all m up to 20 by enumeration; the same holds downwards). So Clopper and Pearson's lower limit of ⌊ΣW⌋ and
 * upper limit of ⌈ΣW⌉ successes cover at every level from ½ on.
 */
export function aucExact(scores: Scores, options: LevelOptions = {}): Estimate {
  const level = requireLevel(options.level);
  const pairs = Math.min(scores.present.length, scores.absent.length);
  const condition = conditionOf(scores);
  const shared = {
    method: "Clopper-Pearson on disjoint pairs",
    present: scores.present.length,
    absent: scores.absent.length,
  };
  if (condition === "not-finite" || pairs === 0) {
    return makeEstimate({
      ...shared,
      status: condition,
      estimate: NaN,
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  let won = 0;
  let squares = 0;
  for (let i = 0; i < pairs; i++) {
    const [t1, t0] = [scores.present[i]!, scores.absent[i]!];
    const w = t1 > t0 ? 1 : t1 === t0 ? 0.5 : 0;
    won += w;
    squares += w * w;
  }
  const p = won / pairs;
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate: p,
    standardError: Math.sqrt(Math.max(0, squares / pairs - p * p) / pairs),
    interval: {
      lower: clopperPearson(Math.floor(won), pairs, { level }).lower,
      upper: clopperPearson(Math.ceil(won), pairs, { level }).upper,
      level,
    },
  });
}
