/** Mean and spread of values over cases, of which some may have none. */

export interface Summary {
  /** Number of cases. */
  readonly of: number;
  /** Number of cases that have a value: those that the mean runs over. */
  readonly counted: number;
  /** NaN when no case has a value; infinite when one of them is. */
  readonly mean: number;
  /** With n − 1; NaN with fewer than two values or an infinite one. */
  readonly sd: number;
  readonly standardError: number;
}

/**
 * Summary of values over cases.
 *
 * @param values null or NaN where a case has no value
 */
export function summaryOf(values: readonly (number | null)[]): Summary {
  const own = values.filter((v): v is number => v !== null && !Number.isNaN(v));
  const n = own.length;
  const mean = own.reduce((sum, v) => sum + v, 0) / n;
  const sd = n > 1 ? Math.sqrt(own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1)) : NaN;
  return Object.freeze({
    of: values.length,
    counted: n,
    mean,
    sd,
    standardError: sd / Math.sqrt(n),
  });
}

/** `18 of 20` where some cases have no value, `20` where all have. */
export const countText = ({ of, counted }: Pick<Summary, "of" | "counted">): string =>
  counted === of ? String(of) : `${counted} of ${of}`;
