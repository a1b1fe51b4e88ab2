/**
 * Visual information fidelity in the pixel domain [sheikh2006image]: information about the reference
 * that reaches an observer through the image over what reaches it from the reference itself, with
 * Gaussian windows of side 17, 9, 5, 3 (σ = side/5) at four scales and observer noise of variance 2 on
 * a grey scale of 0 … 255, to which both images are mapped by the data range.
 *
 *   VIF = Σ log₂(1 + g² v_r/(v_e + 2)) / Σ log₂(1 + v_r/2), image = g · reference + e locally.
 */
import { resolveParameters } from "../core/parameters.ts";
import { centred, filterValid, gaussianWeights, product } from "./filters.ts";
import type { Field } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { prepare } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

const observerNoise = 2;
const tiny = 1e-10;

const subsample = ({ data, ny, nx }: Field): Field => {
  const h = Math.ceil(ny / 2);
  const w = Math.ceil(nx / 2);
  return {
    data: Float64Array.from(
      { length: h * w },
      (_, i) => data[2 * Math.floor(i / w) * nx + 2 * (i % w)]!,
    ),
    ny: h,
    nx: w,
  };
};

function fidelity(image: Field, reference: Field): number {
  let a = image;
  let r = reference;
  let through = 0;
  let available = 0;
  for (let scale = 1; scale <= 4; scale++) {
    const side = 2 ** (5 - scale) + 1;
    const weights = gaussianWeights(side, side / 5);
    if (scale > 1) {
      a = subsample(filterValid(a, weights));
      r = subsample(filterValid(r, weights));
    }
    const smooth = (data: Float64Array) => filterValid({ data, ny: a.ny, nx: a.nx }, weights).data;
    const ma = smooth(a.data);
    const mr = smooth(r.data);
    const aa = smooth(product(a.data, a.data));
    const rr = smooth(product(r.data, r.data));
    const ar = smooth(product(a.data, r.data));
    for (let i = 0; i < ma.length; i++) {
      let vr = Math.max(0, rr[i]! - mr[i]! ** 2);
      const va = Math.max(0, aa[i]! - ma[i]! ** 2);
      const cov = ar[i]! - ma[i]! * mr[i]!;
      let gain = cov / (vr + tiny);
      let rest = va - gain * cov;
      if (vr < tiny) {
        gain = 0;
        rest = va;
        vr = 0;
      }
      if (va < tiny) {
        gain = 0;
        rest = 0;
      }
      if (gain < 0) {
        rest = va;
        gain = 0;
      }
      rest = Math.max(rest, tiny);
      through += Math.log2(1 + (gain * gain * vr) / (rest + observerNoise));
      available += Math.log2(1 + vr / observerNoise);
    }
  }
  return available === 0 ? NaN : through / available;
}

export const vif: Metric = {
  name: "vif",
  title: "VIF",
  summary:
    "Part of the reference's information that the image still carries, by a model of natural images; may exceed 1 when contrast is raised.",
  references: ["sheikh2006image"],
  reads: "pair",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "invariant",
  reach: Infinity,
  smallest: 41,
  regions: [],
  parameters: {},
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("vif", this.parameters, given);
    const prepared = prepare(image, context, {
      metric: "vif",
      variant,
      reads: "pair",
      usesRange: true,
      smallest: 41,
    });
    if (context.mask) {
      return {
        status: "undefined",
        cause:
          "VIF sums information over windows of four scales, for which a mask has no defined meaning",
        remedy: "crop the images to the region instead",
        settings: prepared.settings,
      };
    }
    const k = 255 / prepared.dataRange;
    // Variances and covariances know no offset, but rounding of its square does.
    const scaled = (data: Float64Array) => centred(data).map((v) => v * k);
    return meanOverPlanes(prepared, {
      value: ({ values, reference, ny, nx }) =>
        fidelity({ data: scaled(values), ny, nx }, { data: scaled(reference), ny, nx }),
      unit: "1",
      undefinedness: {
        cause: "the reference is constant and carries no information",
        remedy: "choose a reference with structure",
      },
    });
  },
};
