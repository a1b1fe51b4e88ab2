/** What every estimate of this room looks like, and the named reasons for which one is missing. */
import { normalQuantile } from "../math/normal.ts";
import { InputError } from "../core/errors.ts";

/** `ok`, or why the number or its interval cannot be had as asked. */
export type Status =
  | "ok"
  | "not-finite"
  | "too-few-cases"
  | "constant-scores"
  | "perfect-separation"
  | "degenerate-fit"
  | "did-not-converge"
  | "negative-variance"
  | "too-few-readers"
  | "design-has-gaps"
  | "singular-covariance";

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  /** Nominal coverage, such as 0.95. */
  readonly level: number;
}

export interface Estimate {
  readonly status: Status;
  /** Consequence and remedy in words; empty when the status is `ok`. */
  readonly remedy: string;
  readonly estimate: number;
  readonly standardError: number;
  /** Two-sided; NaN ends where the status says that there is none. */
  readonly interval: Interval;
  /** Name of the method, such as `DeLong, Wald`. */
  readonly method: string;
  /** Number of signal-present cases. */
  readonly present: number;
  /** Number of signal-absent cases. */
  readonly absent: number;
}

const defaultLevel = 0.95;

const remedies: Readonly<Record<Status, string>> = {
  ok: "",
  "not-finite":
    "a score is NaN or infinite, so no rank is defined: find the case whose image or template is broken",
  "too-few-cases":
    "fewer than two cases in a class, so no variance can be estimated: add cases to the smaller class",
  "constant-scores":
    "the scores do not vary, so the observer did not respond to the images and no interval is defined: check template and window",
  "perfect-separation":
    "the classes do not overlap, so the usual variance is zero; the interval is Clopper and Pearson's on disjoint pairs: make the task harder or add cases",
  "degenerate-fit":
    "the fitted curve degenerates (the classes meet in too few places): use the empirical curve, or add cases",
  "did-not-converge": "the iteration did not settle: use the empirical estimate",
  "negative-variance":
    "the unbiased variance estimate came out negative, as it can with few readers or cases: use the Obuchowski-Rockette-Hillis analysis or add readers",
  "too-few-readers":
    "fewer than two readers, so the result holds for these readers alone: add readers, or training sets of the observer",
  "design-has-gaps":
    "no two readers or cases overlap as this variance needs: read more cases in common, or use the analysis for incomplete designs",
  "singular-covariance":
    "the covariance of the channel outputs cannot be inverted: use fewer channels or more images",
};

/** The text that goes with a status. */
export function remedyFor(status: Status): string {
  return remedies[status];
}

/** Checks a confidence level; returns it, 0.95 by default. */
export function requireLevel(level: number | undefined): number {
  const l = level ?? defaultLevel;
  if (!(l > 0 && l < 1)) {
    throw new InputError(
      `Cannot form an interval: found level ${l}, wanted a number between 0 and 1`,
    );
  }
  return l;
}

/** The two-sided normal factor of a level: 1.96 for 0.95. */
export function normalFactor(level: number): number {
  return -normalQuantile((1 - level) / 2);
}

/** Freezes an estimate, with the remedy of its status. */
export function makeEstimate<T extends object>(
  fields: Omit<Estimate, "remedy"> & T,
): Estimate & Readonly<T> {
  return Object.freeze({
    ...fields,
    interval: Object.freeze(fields.interval),
    remedy: remedyFor(fields.status),
  });
}

/** An interval without ends. */
export function noInterval(level: number): Interval {
  return { lower: NaN, upper: NaN, level };
}
