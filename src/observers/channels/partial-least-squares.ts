/**
 * Partial-least-squares channels [witten2010partial]: an orthonormal basis of the Krylov space of the
 * pooled covariance S and the mean difference d, span{d, S d, S² d, …}, which is what PLS regression of
 * the class on the image finds. Learned from training images; few suffice because S is never inverted.
 */
import type { TrainingSet } from "../observer.ts";
import { meanDifference } from "../linear-observer.ts";
import { centredRows, covarianceTimes } from "../sample-covariance.ts";
import type { ChannelSet } from "./channel-set.ts";

/** At most `count` channels; fewer when the space is exhausted. */
export function partialLeastSquares(training: TrainingSet, options: { count: number }): ChannelSet {
  const z = centredRows([training.absent, training.present]);
  const basis: Float64Array[] = [];
  let v = meanDifference(training);
  const first = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
  for (let c = 0; c < options.count; c++) {
    const before = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    // Twice, because one pass of Gram–Schmidt leaves rounding of the size of what it removes.
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const along = b.reduce((s, x, i) => s + x * v[i]!, 0);
        v = v.map((x, i) => x - along * b[i]!);
      }
    }
    const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    if (!(norm > 1e-10 * before) || first === 0) break;
    const unit = v.map((x) => x / norm);
    basis.push(unit);
    v = covarianceTimes(z, unit);
  }
  const rows = new Float64Array(basis.length * z.size);
  basis.forEach((b, c) => {
    rows.set(b, c * z.size);
  });
  return { name: "partial-least-squares", count: basis.length, size: z.size, rows };
}
