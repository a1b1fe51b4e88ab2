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
import type { Metric } from "./metric.ts";
import { meanOverMask, prepare } from "./planes.ts";
import { meanOf, resultOf } from "./result.ts";

const laplacian = [-1, -1, -1, -1, 8, -1, -1, -1, -1];

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
    const { planes, settings } = prepare(image, context, {
      metric: "epi",
      variant,
      reads: "pair",
      usesRange: false,
      smallest: 3,
    });
    const values = planes.map(({ values: data, reference, mask, ny, nx }) => {
      const a = { data, ny, nx };
      const b = { data: reference, ny, nx };
      if (variant.definition === "laplacian-correlation") {
        return correlation(filter3x3(a, laplacian), filter3x3(b, laplacian), mask);
      }
      const ga = sobelMagnitude(a);
      const gb = sobelMagnitude(b);
      if (variant.definition === "sobel-correlation") return correlation(ga, gb, mask);
      return meanOverMask(ga, mask) / meanOverMask(gb, mask);
    });
    return resultOf(meanOf(values), {
      unit: "1",
      settings,
      undefinedness: {
        cause: "the image or the reference has no edge inside the mask",
        remedy: "choose a region with structure",
      },
    });
  },
};
