/**
 * Placement values [delong1988comparing], in O(n log n) by sorting each class once [sun2014fast]:
 * of a present case, the share of absent cases that it outranks (ties count half); of an absent
 * case, the share of present cases that outrank it.
 */
import type { Scores } from "./scores.ts";

export interface Placements {
  /** Mann–Whitney estimate: mean of either set of placements. */
  readonly auc: number;
  readonly present: Float64Array;
  readonly absent: Float64Array;
}

/** For each value, how many of `sorted` lie below it, plus half of those equal to it. */
function ranksWithin(values: ArrayLike<number>, sorted: Float64Array): Float64Array {
  const n = sorted.length;
  const out = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    let low = 0;
    let high = n;
    while (low < high) {
      const mid = (low + high) >>> 1;
      if (sorted[mid]! < v) low = mid + 1;
      else high = mid;
    }
    let upper = low;
    if (low < n && sorted[low]! === v) {
      high = n;
      while (upper < high) {
        const mid = (upper + high) >>> 1;
        if (sorted[mid]! <= v) upper = mid + 1;
        else high = mid;
      }
    }
    out[i] = (low + upper) / 2;
  }
  return out;
}

/** Placements of both classes; `auc` is NaN when a class is empty. Scores must be finite. */
export function placements(scores: Scores): Placements {
  const n1 = scores.present.length;
  const n0 = scores.absent.length;
  const present = ranksWithin(scores.present, Float64Array.from(scores.absent).sort());
  const absent = ranksWithin(scores.absent, Float64Array.from(scores.present).sort());
  let sum = 0;
  for (let i = 0; i < n1; i++) sum += present[i]!;
  for (let i = 0; i < n1; i++) present[i] = present[i]! / n0;
  for (let j = 0; j < n0; j++) absent[j] = 1 - absent[j]! / n1;
  return { auc: sum / (n1 * n0), present, absent };
}

/** Unbiased covariance of two equally long samples (their variance when they are the same). */
export function sampleCovariance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const n = a.length;
  if (n < 2) return NaN;
  let ma = 0;
  let mb = 0;
  for (let i = 0; i < n; i++) {
    ma += a[i]!;
    mb += b[i]!;
  }
  ma /= n;
  mb /= n;
  let s = 0;
  for (let i = 0; i < n; i++) s += (a[i]! - ma) * (b[i]! - mb);
  return s / (n - 1);
}

/** DeLong's covariance of two areas from placements on the same cases. */
export function deLongCovariance(a: Placements, b: Placements): number {
  return (
    sampleCovariance(a.present, b.present) / a.present.length +
    sampleCovariance(a.absent, b.absent) / a.absent.length
  );
}
