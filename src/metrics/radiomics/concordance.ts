/**
 * Concordance correlation coefficient [lin1989concordance]:
 *
 *   ρ_c = 2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²), moments with 1/n,
 *
 * with Lin's interval on Fisher's z scale (n − 2 in the variance).
 */
import { InputError } from "../../core/errors.ts";
import { normalQuantile } from "../../math/normal.ts";

export type Concordance =
  | {
      readonly status: "ok";
      readonly value: number;
      readonly low: number;
      readonly high: number;
      readonly level: number;
      /** Pearson correlation and the factor of accuracy, whose product the coefficient is. */
      readonly correlation: number;
      readonly accuracy: number;
      /** Pairs that both values are finite in, of all that were given. */
      readonly n: number;
      readonly of: number;
    }
  | { readonly status: "undefined"; readonly cause: string; readonly remedy: string };

/**
 * Concordance of paired values, such as one radiomic feature before and after denoising over many cases. Pairs of which
 * one is not finite (a feature that has no value on an image) are left out and counted.
 *
 * @throws InputError on lists of different lengths
 */
export function concordance(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  options: { level?: number } = {},
): Concordance {
  const { level = 0.95 } = options;
  const of = first.length;
  if (of !== second.length)
    throw new InputError(
      `Cannot take a concordance: found ${of} and ${second.length} values, wanted pairs`,
    );
  const kept = Array.from({ length: of }, (_, i) => i).filter(
    (i) => Number.isFinite(first[i]!) && Number.isFinite(second[i]!),
  );
  const n = kept.length;
  const x = kept.map((i) => first[i]!);
  const y = kept.map((i) => second[i]!);
  let mx = 0;
  let my = 0;
  for (let i = 0; i < n; i++) {
    mx += x[i]! / n;
    my += y[i]! / n;
  }
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    xx += (x[i]! - mx) ** 2 / n;
    yy += (y[i]! - my) ** 2 / n;
    xy += ((x[i]! - mx) * (y[i]! - my)) / n;
  }
  if (n < 3 || xx === 0 || yy === 0) {
    return {
      status: "undefined",
      cause:
        n < 3
          ? `${n === of ? n : `${n} of ${of}`} pairs give no interval`
          : "one of the lists is constant",
      remedy: n < 3 ? "use at least three cases" : "use cases that differ",
    };
  }
  const value = (2 * xy) / (xx + yy + (mx - my) ** 2);
  const correlation = xy / Math.sqrt(xx * yy);
  const c2 = value * value;
  const r2 = correlation * correlation;
  const u2 = (mx - my) ** 2 / Math.sqrt(xx * yy);
  let low = value;
  let high = value;
  if (Math.abs(value) < 1 && r2 > 0) {
    const variance =
      (((1 - r2) * c2) / ((1 - c2) * r2) +
        (2 * value ** 3 * (1 - value) * u2) / (correlation * (1 - c2) ** 2) -
        (c2 * c2 * u2 * u2) / (2 * r2 * (1 - c2) ** 2)) /
      (n - 2);
    const half = normalQuantile(0.5 + level / 2) * Math.sqrt(Math.max(0, variance));
    low = Math.tanh(Math.atanh(value) - half);
    high = Math.tanh(Math.atanh(value) + half);
  }
  return {
    status: "ok",
    value,
    low,
    high,
    level,
    correlation,
    accuracy: value / correlation,
    n,
    of,
  };
}
