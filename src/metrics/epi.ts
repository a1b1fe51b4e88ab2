/**
 * Edge preservation index. The field uses three definitions under one name; each is a choice here:
 *
 * - `laplacian-correlation` [sattar1997image]: S(Δa, Δb) / √(S(Δa,Δa) S(Δb,Δb)), Δ being the image
 *   filtered with a 3×3 Laplacian and its mean taken away;
 * - `sobel-correlation`: Pearson correlation of the two Sobel gradient magnitudes;
 * - `gradient-ratio`: sum of the image's gradient magnitudes over the reference's. It rewards noise
 *   (a noisy image exceeds 1) and stands here only to reproduce papers that used it.
 */
import { resolveParameters } from "../core/parameters.ts";
import { correlation, filter3x3, sobelMagnitude } from "./filters.ts";
import type { Field } from "./filters.ts";
import type { Metric } from "./metric.ts";
import { meanOverMask, prepare } from "./planes.ts";
import type { Plane } from "./planes.ts";
import { meanOverPlanes } from "./result.ts";

const secondDerivative = (field: Field): Float64Array =>
  filter3x3(field, [-1, -1, -1, -1, 8, -1, -1, -1, -1]);

/** A filtered plane, with 0 for what is rounding of float32 values: a constant or a ramp has no edges. */
function edgesOf(filtered: Float64Array, of: Float64Array): Float64Array {
  const dust = 2 ** -20 * of.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
  return filtered.map((v) => (Math.abs(v) <= dust ? 0 : v));
}

export const epi: Metric = {
  name: "epi",
  title: "EPI",
  summary:
    "How well edges of the reference survive; three published definitions, of which the value names its own.",
  references: ["sattar1997image"],
  reads: "pair",
  unit: "1",
  better: "higher",
  identity: 1,
  scaling: "invariant",
  reach: 1,
  smallest: 3,
  regions: [],
  parameters: {
    definition: {
      type: "choice",
      choices: ["laplacian-correlation", "sobel-correlation", "gradient-ratio"],
      default: "laplacian-correlation",
      about: "which of the three definitions; gradient-ratio rises with noise",
    },
  },
  measure(image, context = {}, given = {}) {
    const variant = resolveParameters("epi", this.parameters, given);
    const prepared = prepare(image, context, {
      metric: "epi",
      variant,
      reads: "pair",
      usesRange: false,
      smallest: 3,
    });
    const value = ({ values: data, reference, mask, ny, nx }: Plane): number => {
      const a = { data, ny, nx };
      const b = { data: reference, ny, nx };
      const filter =
        variant.definition === "laplacian-correlation" ? secondDerivative : sobelMagnitude;
      const [fa, fb] = [edgesOf(filter(a), data), edgesOf(filter(b), reference)];
      if (variant.definition !== "gradient-ratio") return correlation(fa, fb, mask);
      const below = meanOverMask(fb, mask);
      return below > 0 ? meanOverMask(fa, mask) / below : NaN;
    };
    return meanOverPlanes(prepared, {
      value,
      unit: "1",
      undefinedness: {
        cause: "the image or the reference has no edge inside the mask",
        remedy: "choose a region with structure",
      },
    });
  },
};
