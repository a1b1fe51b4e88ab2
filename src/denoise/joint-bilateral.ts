/**
 * Joint bilateral filter [petschnig2004digital]: the range weight is taken from a guide image, such as
 * another contrast or a less noisy scan of the same place. Without a guide the image's own Gaussian
 * smoothing (width by SURE) guides it.
 */
import { InputError } from "../core/errors.ts";
import { withData } from "../core/image.ts";
import { blockDenoiser } from "./block-denoiser.ts";
import type { Denoiser } from "./denoiser.ts";
import { gaussian } from "./gaussian.ts";
import { noiseLevelFor } from "./input.ts";
import {
  bilateralFilter,
  bilateralReach,
  type BilateralSettings,
} from "./neighbourhood/bilateral-means.ts";
import { spatialAlongZ } from "./neighbourhood/windows.ts";
import { estimateNoise } from "./noise-level/estimate-noise.ts";

/** Joint bilateral filter; see the file's header. */
export const jointBilateral: Denoiser = blockDenoiser<BilateralSettings>({
  name: "joint-bilateral",
  title: "Joint bilateral filter",
  summary:
    "Bilateral filter whose edges come from a guide image: a second contrast or a smoothed copy.",
  references: ["petschnig2004digital"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters: {
    spatial: {
      type: "number",
      unit: "px",
      min: 0.3,
      max: 10,
      default: 1.8,
      about: "standard deviation of the spatial weight; larger averages over more pixels",
    },
    range: {
      type: "number",
      unit: "image unit",
      min: 1e-9,
      max: 1e9,
      about:
        "standard deviation of the weight on differences of the guide, in the guide's unit; by default 1.2 times the image's σ for its own smoothing, 3 times the guide's σ for a given guide",
    },
  },
  uses: ["guide"],
  reach: () => "the guide is smoothed by a width that is chosen on the whole volume",
  filter: bilateralFilter,
  async plan({ image, values, sigma, context, dimensions }) {
    if (sigma === 0 && values.range === undefined) return "identity";
    const { guide } = context;
    if (guide && guide.shape.join() !== image.shape.join()) {
      throw new InputError(
        `Cannot denoise by joint-bilateral: found a guide of shape [${guide.shape.join(", ")}], wanted [${image.shape.join(", ")}]`,
      );
    }
    if (guide) noiseLevelFor("joint-bilateral", guide, { sigma: 0 });
    const leading = guide ?? (await gaussian.denoise(image, {}, { ...context, sigma }));
    const spatial = values.spatial as number;
    const spatialZ = spatialAlongZ(image, spatial);
    const byGuide = guide ? 3 * estimateNoise(guide).sigma : 1.2 * sigma;
    const range = (values.range as number | undefined) ?? byGuide;
    // A guide without noise still has values: a thousandth of its spread lets equal ones average. A flat guide
    // has no edges to keep.
    const spread = spreadOf(leading.data);
    return {
      parameters: {
        spatial,
        spatialZ,
        range: spread > 0 ? Math.max(range, 1e-3 * spread) : Infinity,
      },
      halo: bilateralReach(dimensions === 3 ? spatialZ : spatial),
      companions: [withData(image, leading.data)],
    };
  },
});

function spreadOf(values: Float32Array): number {
  let sum = 0;
  for (const v of values) sum += v / values.length;
  let squares = 0;
  for (const v of values) squares += (v - sum) ** 2 / values.length;
  return Math.sqrt(squares);
}
