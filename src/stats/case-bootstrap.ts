/** A mean of per-case values, such as Dice coefficients, with an interval by bootstrap over the cases. */
import { type BootstrapOptions, bootstrapCases } from "./bootstrap.ts";
import { type Interval, noInterval, remedyFor, requireLevel, type Status } from "./result.ts";
import { summaryOf } from "./summary.ts";

export interface CaseMean {
  readonly status: Status;
  readonly remedy: string;
  readonly method: string;
  /** Number of cases, and of those that have a value. */
  readonly of: number;
  readonly counted: number;
  readonly estimate: number;
  readonly standardError: number;
  readonly interval: Interval;
}

/**
 * Mean of bounded and skewed values, with a BCa interval (or percentiles), which stays where values can lie.
 *
 * @param values null or NaN where a case has none: it is left out and counted
 * @returns status `constant-scores` when all values are equal
 * @throws InputError on fewer than 100 replicates
 */
export function meanBootstrap(
  values: readonly (number | null)[],
  options: BootstrapOptions,
): CaseMean {
  const level = requireLevel(options.level);
  const { replicates = 2000, kind = "bca" } = options;
  const own = values.filter((v): v is number => v !== null && !Number.isNaN(v));
  const { of, counted, mean } = summaryOf(values);
  const status: Status = !own.every(Number.isFinite)
    ? "not-finite"
    : counted < 2
      ? "too-few-cases"
      : own.every((v) => v === own[0])
        ? "constant-scores"
        : "ok";
  const shared = {
    method: `bootstrap over cases, ${kind === "bca" ? "BCa" : "percentile"}, ${replicates} draws`,
    of,
    counted,
    status,
    remedy: status === "ok" ? "" : remedyFor(status),
  };
  if (status !== "ok") {
    return Object.freeze({
      ...shared,
      estimate: status === "not-finite" ? NaN : mean,
      standardError: NaN,
      interval: noInterval(level),
    });
  }
  const result = bootstrapCases(
    { present: counted, absent: 0 },
    {
      ...options,
      statistic: ({ present }) => {
        let sum = 0;
        for (let i = 0; i < counted; i++) sum += present[i]! * own[i]!;
        return sum / counted;
      },
    },
  );
  return Object.freeze({
    ...shared,
    estimate: mean,
    standardError: result.standardError,
    interval: result.interval,
  });
}
