/**
 * One minus the structural similarity [wang2004ssim], Gaussian window 11×11 of deviation 1.5,
 * population covariances, mean over the positions where the window fits.
 *
 *   SSIM = (2 μp μt + C1)(2 σpt + C2) / ((μp² + μt² + C1)(σp² + σt² + C2))
 */
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";
import { similarityTerms, windowSide } from "./similarity-terms.ts";

export const ssim: Loss = {
  name: "ssim",
  title: "1 − SSIM",
  summary: "Structural dissimilarity with the standard Gaussian window.",
  references: ["wang2004ssim"],
  options: {
    dataRange: {
      type: "number",
      unit: "of the image's unit",
      min: 1e-6,
      max: 1e6,
      default: 1,
      about: "L in the stabilisers C1 = (0.01 L)² and C2 = (0.03 L)².",
    },
  },
  smallest: () => windowSide,
  minimum: () => 0,
  build(prediction, target, { dataRange }) {
    const range = dataRange as number;
    const { luminance, contrast } = similarityTerms("ssim", prediction, target, range);
    return subtract(constant(1), mean(multiply(luminance, contrast)));
  },
};
