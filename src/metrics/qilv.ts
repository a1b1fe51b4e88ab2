/**
 * Quality index based on local variance [ajafernandez2006image]. With V the map of variances in a
 * Gaussian window (11×11, σ 1.5 px), and mean μ, standard deviation σ and covariance taken over the map:
 *
 *   QILV = 2 μ_a μ_b / (μ_a² + μ_b²) · 2 σ_a σ_b / (σ_a² + σ_b²) · σ_ab / (σ_a σ_b).
 */
import { resolveParameters } from "../core/parameters.ts";
import { centred, filterValid, gaussianWeights, product } from "./filters.ts";
import type { Field } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { cropMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

function localVariance(field: Field): Float64Array {
  const weights = gaussianWeights(11, 1.5);
  const mean = filterValid(field, weights).data;
  const square = filterValid({ ...field, data: product(field.data, field.data) }, weights).data;
  return square.map((v, i) => Math.max(0, v - mean[i]! ** 2));
}

export const qilv: Metric = {
  name: "qilv",
  title: "QILV",
  summary:
    "Likeness of the map of local variances to the reference's: falls when texture is smoothed away or noise is left.",
  references: ["ajafernandez2006image"],
  reads: "pair",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "invariant",
  reach: 5,
  smallest: 12,
  regions: [],
  parameters: {},
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("qilv", this.parameters, given);
    const prepared = prepare(image, context, {
      metric: "qilv",
      variant,
      reads: "pair",
      usesRange: false,
      smallest: 12,
    });
    const value = (p: Plane): number => {
      const a = localVariance({ data: centred(p.values, p.mask), ny: p.ny, nx: p.nx });
      const b = localVariance({ data: centred(p.reference, p.mask), ny: p.ny, nx: p.nx });
      const mask = cropMask(p.mask, { ny: p.ny, nx: p.nx, before: 5, after: 5 });
      let n = 0;
      let sa = 0;
      let sb = 0;
      for (let i = 0; i < a.length; i++) {
        if (mask && mask[i] === 0) continue;
        n++;
        sa += a[i]!;
        sb += b[i]!;
      }
      const ma = sa / n;
      const mb = sb / n;
      let aa = 0;
      let bb = 0;
      let ab = 0;
      for (let i = 0; i < a.length; i++) {
        if (mask && mask[i] === 0) continue;
        aa += (a[i]! - ma) ** 2;
        bb += (b[i]! - mb) ** 2;
        ab += (a[i]! - ma) * (b[i]! - mb);
      }
      const spread = Math.sqrt(aa * bb);
      // Rounding of float32 values scatters the variances of a ramp by some 1e-6 of them.
      const varies = (square: number, mean: number) => Math.sqrt(square / n) > 1e-5 * mean;
      if (!varies(aa, ma) || !varies(bb, mb)) return NaN;
      return ((2 * ma * mb) / (ma * ma + mb * mb)) * ((2 * spread) / (aa + bb)) * (ab / spread);
    };
    return meanOverPlanes(prepared, {
      value,
      unit: "1",
      undefinedness: {
        cause: "the local variance of one image is the same everywhere inside the mask",
        remedy: "choose a region with structure",
      },
    });
  },
};
