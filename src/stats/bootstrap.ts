/**
 * Bootstrap over cases: present and absent cases are drawn with replacement, each class by itself,
 * the same draw for every arm of a comparison. Percentile and BCa intervals [efron1987better].
 */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import { normalCdf, normalQuantile } from "../math/normal.ts";
import { type Interval, requireLevel } from "./result.ts";
import type { CaseCounts } from "./roc.ts";

export interface BootstrapOptions {
  /** Source of the draws; a child stream per draw is taken from it. */
  readonly stream: Stream;
  /** Number of draws; 2,000 by default. */
  readonly replicates?: number;
  /** `bca` corrects bias and skewness by a jackknife; `percentile` takes the quantiles as they are. */
  readonly kind?: "bca" | "percentile";
  readonly level?: number;
}

export interface BootstrapResult {
  readonly estimate: number;
  /** Standard deviation of the replicates. */
  readonly standardError: number;
  readonly interval: Interval;
  /** Replicates sorted ascending, those that are NaN left out. */
  readonly replicates: Float64Array;
}

/**
 * Bootstraps a statistic of case counts.
 *
 * @param sizes numbers of present and absent cases
 * @param options.statistic value for given case counts; NaN where it is not defined
 * @throws InputError when fewer than 100 replicates are asked for
 */
export function bootstrapCases(
  sizes: { readonly present: number; readonly absent: number },
  options: BootstrapOptions & { readonly statistic: (counts: CaseCounts) => number },
): BootstrapResult {
  const { stream, statistic, replicates = 2000, kind = "bca" } = options;
  const level = requireLevel(options.level);
  if (!Number.isInteger(replicates) || replicates < 100) {
    throw new InputError(
      `Cannot bootstrap: found ${replicates} replicates, wanted a whole number of 100 or more`,
    );
  }
  const ones = {
    present: new Float64Array(sizes.present).fill(1),
    absent: new Float64Array(sizes.absent).fill(1),
  };
  const estimate = statistic(ones);
  const draws: number[] = [];
  const counts = {
    present: new Float64Array(sizes.present),
    absent: new Float64Array(sizes.absent),
  };
  for (let r = 0; r < replicates; r++) {
    fillCounts(counts.present, stream);
    fillCounts(counts.absent, stream);
    const value = statistic(counts);
    if (!Number.isNaN(value)) draws.push(value);
  }
  const sorted = Float64Array.from(draws).sort();
  const alpha = (1 - level) / 2;
  const [low, high] =
    kind === "percentile"
      ? [alpha, 1 - alpha]
      : bcaLevels(sorted, { estimate, alpha, statistic, ones });
  return Object.freeze({
    estimate,
    standardError: deviation(sorted),
    interval: Object.freeze({
      lower: quantile(sorted, low),
      upper: quantile(sorted, high),
      level,
    }),
    replicates: sorted,
  });
}

function fillCounts(counts: Float64Array, stream: Stream): void {
  counts.fill(0);
  const n = counts.length;
  for (let i = 0; i < n; i++) {
    // 32 bits are plenty for n far below 2³²; the bias is below n/2³².
    const at = Math.floor((stream.uint32() / 0x100000000) * n);
    counts[at] = counts[at]! + 1;
  }
}

function deviation(values: Float64Array): number {
  const n = values.length;
  let mean = 0;
  for (const v of values) mean += v / n;
  let s = 0;
  for (const v of values) s += (v - mean) ** 2;
  return Math.sqrt(s / (n - 1));
}

/** Quantile of sorted values at rank p(n + 1), between neighbours by straight lines. */
function quantile(sorted: Float64Array, p: number): number {
  const n = sorted.length;
  if (n === 0 || Number.isNaN(p)) return NaN;
  const at = Math.min(Math.max(p * (n + 1) - 1, 0), n - 1);
  const i = Math.floor(at);
  const next = Math.min(i + 1, n - 1);
  return sorted[i]! + (at - i) * (sorted[next]! - sorted[i]!);
}

/** Levels that BCa puts in the place of α/2 and 1 − α/2; the jackknife leaves one case out at a time, per class. */
function bcaLevels(
  sorted: Float64Array,
  at: {
    estimate: number;
    alpha: number;
    statistic: (counts: CaseCounts) => number;
    ones: { present: Float64Array; absent: Float64Array };
  },
): [number, number] {
  let below = 0;
  for (const v of sorted) below += v < at.estimate ? 1 : v === at.estimate ? 0.5 : 0;
  const n = sorted.length;
  // Half a replicate at either end keeps the correction finite.
  const z0 = normalQuantile(Math.min(Math.max(below, 0.5), n - 0.5) / n);
  let cubes = 0;
  let squares = 0;
  for (const own of [at.ones.present, at.ones.absent]) {
    const m = own.length;
    const left = new Float64Array(m);
    let mean = 0;
    for (let i = 0; i < m; i++) {
      own[i] = 0;
      left[i] = at.statistic(at.ones);
      own[i] = 1;
      mean += left[i]! / m;
    }
    for (let i = 0; i < m; i++) {
      const u = ((m - 1) / m) * (mean - left[i]!);
      if (Number.isNaN(u)) continue;
      squares += u * u;
      cubes += u ** 3;
    }
  }
  const a = squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
  const level = (p: number) => {
    const z = z0 + normalQuantile(p);
    return normalCdf(z0 + z / (1 - a * z));
  };
  return [level(at.alpha), level(1 - at.alpha)];
}
