/**
 * Share of a template's response that processing keeps: (m₁ − m₀) after over (m₁ − m₀) before, m being mean responses of
 * images with and without the signal. 1 means that what the template looks for came through whole; blind to noise.
 *
 * The interval is Fieller's [fieller1954some] over paired cases: the r for which
 *
 *   (Δa − r Δb)² ≤ z² (V_aa − 2 r V_ab + r² V_bb),  V = cov₁/n₁ + cov₀/n₀.
 */
import { InputError } from "../core/errors.ts";
import { sampleCovariance } from "../stats/placements.ts";
import {
  type Interval,
  normalFactor,
  remedyFor,
  requireLevel,
  type Status,
} from "../stats/result.ts";
import { type Cases, checkAlike, linearScores } from "./cases.ts";

export interface ContrastKept {
  readonly status: Status;
  readonly remedy: string;
  readonly estimate: number;
  readonly interval: Interval;
  /** Difference of mean responses before and after. */
  readonly before: number;
  readonly after: number;
}

interface Classes {
  readonly present: Cases;
  readonly absent: Cases;
}

/**
 * @param template one weight per voxel
 * @param images the same cases before and after processing, in the same order
 * @returns status `constant-scores` without an interval when the signal before is not clear of 0, so that any share is
 * possible
 * @throws InputError on cases of another size, or other cases before and after
 */
export function contrastKept(
  template: Float64Array,
  images: { readonly before: Classes; readonly after: Classes },
  options: { readonly level?: number } = {},
): ContrastKept {
  const level = requireLevel(options.level);
  const { before, after } = images;
  for (const what of ["present", "absent"] as const) {
    checkAlike(before[what], after[what], "compare responses");
    if (before[what].size !== template.length || before[what].count !== after[what].count) {
      throw new InputError(
        `Cannot compare responses: found ${before[what].count} and ${after[what].count} cases of ${before[what].size} voxels for a template of ${template.length}, wanted the same cases of its size`,
      );
    }
  }
  const scores = (of: Classes) => ({
    present: linearScores(template, of.present),
    absent: linearScores(template, of.absent),
  });
  const [b, a] = [scores(before), scores(after)];
  const mean = (v: Float64Array) => v.reduce((s, x) => s + x, 0) / v.length;
  const [db, da] = [b, a].map((s) => mean(s.present) - mean(s.absent)) as [number, number];
  const v = (x: typeof a, y: typeof a) =>
    sampleCovariance(x.present, y.present) / x.present.length +
    sampleCovariance(x.absent, y.absent) / x.absent.length;
  const [vaa, vab, vbb] = [v(a, a), v(a, b), v(b, b)];
  const z2 = normalFactor(level) ** 2;
  // r² (Δb² − z² V_bb) − 2 r (Δa Δb − z² V_ab) + Δa² − z² V_aa ≤ 0.
  const [p, q, c] = [db * db - z2 * vbb, da * db - z2 * vab, da * da - z2 * vaa];
  const root = q * q - p * c;
  const enough = Math.min(b.present.length, b.absent.length) >= 2;
  const clear = enough && p > 0;
  const status: Status = enough ? (clear ? "ok" : "constant-scores") : "too-few-cases";
  const half = Math.sqrt(Math.max(0, root)) / p;
  return Object.freeze({
    status,
    remedy: clear
      ? ""
      : enough
        ? "the signal's response before is not clear of its noise, so that any share is possible: add images, or take a stronger signal"
        : remedyFor(status),
    estimate: da / db,
    interval: Object.freeze(
      clear
        ? { lower: q / p - half, upper: q / p + half, level }
        : { lower: NaN, upper: NaN, level },
    ),
    before: db,
    after: da,
  });
}
