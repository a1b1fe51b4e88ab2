/** Areas and their differences from placement values, however these came about. */
import { conditionOfArea, logitLimits, standInInterval } from "../stats/auc.ts";
import { separatedDifference } from "../stats/compare.ts";
import { deLongCovariance } from "../stats/placements.ts";
import type { Placements } from "../stats/placements.ts";
import type { Estimate } from "../stats/result.ts";
import { makeEstimate, noInterval, normalFactor } from "../stats/result.ts";
import { normalCdf } from "../math/normal.ts";

/** Area with DeLong's variance and logit interval, as `aucLogit` gives it for scores. */
export function areaOfPlacements(
  p: Placements,
  options: { level: number; method: string },
): Estimate {
  const { level, method } = options;
  const present = p.present.length;
  const absent = p.absent.length;
  const shared = { estimate: p.auc, present, absent };
  if (Number.isNaN(p.auc)) {
    return makeEstimate({
      ...shared,
      status: "not-finite",
      standardError: NaN,
      interval: noInterval(level),
      method,
    });
  }
  if (present < 2 || absent < 2) {
    return makeEstimate({
      ...shared,
      status: "too-few-cases",
      standardError: NaN,
      interval: noInterval(level),
      method,
    });
  }
  const se = Math.sqrt(deLongCovariance(p, p));
  if (se < 1e-12) {
    const status = conditionOfArea(p.auc);
    const scores = { present: p.present, absent: p.absent };
    return makeEstimate({
      ...shared,
      status,
      standardError: status === "perfect-separation" ? 0 : NaN,
      interval: standInInterval(status, { area: p.auc, scores, level }),
      method: status === "perfect-separation" ? "Clopper-Pearson on disjoint pairs" : method,
    });
  }
  // An area at 0 or 1 with spread cannot occur: placements that average to an end all lie there.
  return makeEstimate({
    ...shared,
    status: "ok",
    standardError: se,
    interval: { ...logitLimits(p.auc, normalFactor(level) * se), level },
    method,
  });
}

export interface AreaDifference {
  readonly estimate: number;
  readonly standardError: number;
  readonly lower: number;
  readonly upper: number;
  /** Two-sided; NaN when the scores of an arm do not vary. */
  readonly pValue: number;
  readonly paired: boolean;
}

/** Difference of two areas, a − b: with DeLong's covariance on the same cases, or without on different ones. */
export function areaDifference(
  a: Placements,
  b: Placements,
  options: { paired: boolean; level: number },
): AreaDifference {
  const { paired, level } = options;
  const covariance = paired ? deLongCovariance(a, b) : 0;
  const [va, vb] = [deLongCovariance(a, a), deLongCovariance(b, b)];
  const perfect = (p: Placements, variance: number) =>
    (p.auc === 0 || p.auc === 1) && !(variance > 1e-24);
  // Areas with utilities beyond 1 (EROC) are no shares.
  const shares = [a.auc, b.auc].every((v) => v >= 0 && v <= 1);
  const enough = [a.present, a.absent, b.present, b.absent].every((part) => part.length >= 2);
  if (
    enough &&
    shares &&
    (perfect(a, va) || perfect(b, vb)) &&
    (va > 1e-24 || perfect(a, va)) &&
    (vb > 1e-24 || perfect(b, vb))
  ) {
    return {
      estimate: a.auc - b.auc,
      standardError: NaN,
      ...separatedDifference(a, b, level),
      paired,
    };
  }
  const variance = va > 1e-24 && vb > 1e-24 ? va + vb - 2 * covariance : 0;
  const standardError = Math.sqrt(Math.max(0, variance));
  const estimate = a.auc - b.auc;
  const usable = standardError > 1e-12;
  const half = usable ? normalFactor(level) * standardError : NaN;
  return {
    estimate,
    standardError: usable ? standardError : NaN,
    lower: estimate - half,
    upper: estimate + half,
    pValue: usable ? 2 * normalCdf(-Math.abs(estimate / standardError)) : NaN,
    paired,
  };
}
