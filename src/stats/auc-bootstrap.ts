/** Areas and their paired differences by bootstrap over cases. */
import type { LevelOptions } from "./auc.ts";
import { conditionOfArea, standInInterval } from "./auc.ts";
import { type BootstrapOptions, bootstrapCases } from "./bootstrap.ts";
import { type Estimate, makeEstimate, noInterval, requireLevel } from "./result.ts";
import {
  areaOf,
  type CaseCounts,
  curveOf,
  expectedUtilityOf,
  partialAreaOf,
  type RocCurve,
  rocHull,
  sortScores,
  tpfAt,
} from "./roc.ts";
import { conditionOf, requirePaired, type Scores } from "./scores.ts";

type Options = BootstrapOptions & LevelOptions;

function methodName(options: Options): string {
  const { replicates = 2000, kind = "bca" } = options;
  return `bootstrap over cases, ${kind === "bca" ? "BCa" : "percentile"}, ${replicates} draws`;
}

function bootstrapped(
  scores: Scores,
  options: Options,
  statisticOf: () => (counts?: CaseCounts) => number,
): Estimate {
  const level = requireLevel(options.level);
  const shared = {
    method: methodName(options),
    present: scores.present.length,
    absent: scores.absent.length,
  };
  const condition = conditionOf(scores);
  if (condition !== "ok") {
    const empty = shared.present === 0 || shared.absent === 0 || condition === "not-finite";
    return makeEstimate({
      ...shared,
      status: condition,
      estimate: empty ? NaN : statisticOf()(),
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  const statistic = statisticOf();
  const result = bootstrapCases(shared, { ...options, statistic });
  if (result.standardError < 1e-12) {
    const area = areaOf(sortScores(scores));
    const status = area === 1 || area === 0 ? "perfect-separation" : "constant-scores";
    return makeEstimate({
      ...shared,
      status,
      estimate: result.estimate,
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  return makeEstimate({
    ...shared,
    status: "ok",
    estimate: result.estimate,
    standardError: result.standardError,
    interval: result.interval,
  });
}

/** Area with a bootstrap interval; when the classes do not overlap, Clopper and Pearson's on disjoint pairs. */
export function aucBootstrap(scores: Scores, options: Options): Estimate {
  const result = bootstrapped(scores, options, () => {
    const sorted = sortScores(scores);
    return (counts) => areaOf(sorted, counts);
  });
  if (result.status !== "perfect-separation") return result;
  const status = conditionOfArea(result.estimate);
  return makeEstimate({
    ...result,
    status,
    standardError: 0,
    interval: standInInterval(status, {
      area: result.estimate,
      scores,
      level: result.interval.level,
    }),
    method: "Clopper-Pearson on disjoint pairs",
  });
}

function curveEstimate(
  scores: Scores,
  options: Options,
  read: (curve: RocCurve) => number,
): Estimate {
  return bootstrapped(scores, options, () => {
    const sorted = sortScores(scores);
    return (counts) => read(curveOf(sorted, counts));
  });
}

/**
 * Partial area under the empirical curve, with a bootstrap interval.
 *
 * @param options.over range in false-positive fraction (default) or true-positive fraction
 * @param options.normalised divide by the length of the range, so that 1 is perfect; false by default
 * @throws InputError on an empty range
 */
export function partialAuc(
  scores: Scores,
  options: Options & {
    readonly from: number;
    readonly to: number;
    readonly over?: "fpf" | "tpf";
    readonly normalised?: boolean;
  },
): Estimate {
  const { from, to, over = "fpf", normalised = false } = options;
  const scale = normalised ? to - from : 1;
  return curveEstimate(scores, options, (c) => partialAreaOf(c, { over, from, to }) / scale);
}

/** Sensitivity at a given specificity (0 … 1), on the empirical curve's segments, with a bootstrap interval. */
export function sensitivityAt(
  scores: Scores,
  options: Options & { readonly specificity: number },
): Estimate {
  return curveEstimate(scores, options, (c) => tpfAt(c, 1 - options.specificity));
}

/**
 * Largest expected utility over the curve, max TPF − slope·FPF [abbey2013statistical], with a bootstrap
 * interval. Slightly too large in small samples, as every maximum over noise is.
 *
 * @param options.slope (1 − prevalence)/prevalence times the cost of a false positive over the benefit
 *   of a true positive; about 1 in a laboratory study
 */
export function expectedUtility(
  scores: Scores,
  options: Options & { readonly slope: number },
): Estimate {
  return curveEstimate(scores, options, (c) => expectedUtilityOf(c, options.slope));
}

/** Area under the convex hull, with a bootstrap interval; never below the empirical area. */
export function hullAuc(scores: Scores, options: Options): Estimate {
  return curveEstimate(scores, options, (c) =>
    partialAreaOf(rocHull(c), { over: "fpf", from: 0, to: 1 }),
  );
}

/**
 * Difference of two areas on the same cases by bootstrap, the same draw of cases for both arms.
 *
 * @throws InputError when the arms hold different cases
 */
export function compareBootstrap(a: Scores, b: Scores, options: Options): Estimate {
  requirePaired(a, b);
  const broken = conditionOf(b) === "not-finite";
  return bootstrapped(broken ? b : a, options, () => {
    const first = sortScores(a);
    const second = sortScores(b);
    return (counts) => areaOf(first, counts) - areaOf(second, counts);
  });
}
