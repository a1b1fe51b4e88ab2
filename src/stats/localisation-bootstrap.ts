/** Areas with utilities (EROC; LROC where utilities are 0 and 1) and their paired differences, by bootstrap over cases. */
import type { LevelOptions } from "./auc.ts";
import { type BootstrapOptions, bootstrapCases } from "./bootstrap.ts";
import { utilityPlacements, type UtilityScores } from "./localisation.ts";
import { type Estimate, makeEstimate, noInterval, requireLevel, type Status } from "./result.ts";
import { type CaseCounts, sortScores } from "./roc.ts";
import { conditionOf, requirePaired } from "./scores.ts";

type Options = BootstrapOptions & LevelOptions;

/** Area for given case counts; NaN when a class counts nothing. */
function areaOf(scores: UtilityScores): (counts: CaseCounts) => number {
  const sorted = sortScores(scores);
  return ({ present, absent }) => {
    let [worth, hits, alarms, sum] = [0, 0, 0, 0];
    let [groupWorth, groupAlarms] = [0, 0];
    for (let i = 0; i < sorted.order.length; i++) {
      const at = sorted.order[i]!;
      if (at >= 0) {
        hits += present[at]!;
        groupWorth += present[at]! * scores.utilities[at]!;
      } else groupAlarms += absent[-1 - at]!;
      if (sorted.ends[i]) {
        sum += groupAlarms * (worth + groupWorth / 2);
        worth += groupWorth;
        alarms += groupAlarms;
        [groupWorth, groupAlarms] = [0, 0];
      }
    }
    return sum / (hits * alarms);
  };
}

function bootstrapped(
  arms: readonly UtilityScores[],
  options: Options,
  statistic: (counts: CaseCounts) => number,
): Estimate {
  const level = requireLevel(options.level);
  const { replicates = 2000, kind = "bca" } = options;
  const sizes = { present: arms[0]!.present.length, absent: arms[0]!.absent.length };
  const shared = {
    ...sizes,
    method: `bootstrap over cases, ${kind === "bca" ? "BCa" : "percentile"}, ${replicates} draws`,
  };
  const areas = arms.map((arm) => utilityPlacements(arm).auc);
  const without = (status: Status, estimate: number): Estimate =>
    makeEstimate({
      ...shared,
      status,
      estimate,
      standardError: NaN,
      interval: noInterval(level),
    });
  const condition = arms.map(conditionOf).find((c) => c !== "ok");
  const estimate = areas.length === 1 ? areas[0]! : areas[0]! - areas[1]!;
  if (condition) return without(condition, condition === "not-finite" ? NaN : estimate);
  const result = bootstrapCases(sizes, { ...options, statistic });
  if (!(result.standardError > 1e-12)) {
    return without(areas.includes(1) ? "perfect-separation" : "constant-scores", estimate);
  }
  const { standardError, interval } = result;
  return makeEstimate({ ...shared, status: "ok", estimate, standardError, interval });
}

/**
 * Area with utilities, with a bootstrap interval.
 *
 * @throws InputError on a missing or infinite utility, or fewer than 100 replicates
 */
export function erocBootstrap(scores: UtilityScores, options: Options): Estimate {
  return bootstrapped([scores], options, areaOf(scores));
}

/**
 * Difference of two areas with utilities on the same cases, the same draw of cases for both arms.
 *
 * @throws InputError when the arms hold different cases, on a missing or infinite utility, or fewer than
 * 100 replicates
 */
export function compareErocBootstrap(
  a: UtilityScores,
  b: UtilityScores,
  options: Options,
): Estimate {
  requirePaired(a, b);
  const [first, second] = [areaOf(a), areaOf(b)];
  return bootstrapped([a, b], options, (counts) => first(counts) - second(counts));
}
