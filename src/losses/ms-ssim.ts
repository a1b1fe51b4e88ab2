/**
 * One minus the multi-scale structural similarity [wang2003multiscale]: for each image the mean contrast terms of all
 * scales (2×2 block means between them) and the luminance term of the last, to the published powers; fewer scales than
 * five renormalise the powers to sum 1.
 *
 * Deviations: 1. a mean term below 10⁻⁴ counts as 10⁻⁴, because a fractional power of a negative number is
 * undefined and its slope at 0 infinite; 2. three scales by default, so that patches of 44 pixels do.
 */
import { InputError } from "../core/errors.ts";
import { type Node, sizesOf } from "../graph/node.ts";
import { averagePool } from "../graph/ops/average-pool.ts";
import { constant } from "../graph/ops/constant.ts";
import { maximum } from "../graph/ops/maximum.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { power } from "../graph/ops/power.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";
import { similarityTerms, windowSide } from "./similarity-terms.ts";

const powers = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333];
const floor = 1e-4;

const smallest = (scales: number): number => windowSide * 2 ** (scales - 1);

export const msSsim: Loss = {
  name: "ms-ssim",
  title: "1 − MS-SSIM",
  summary: "Structural dissimilarity over several octaves of detail.",
  references: ["wang2003multiscale"],
  options: {
    dataRange: {
      type: "number",
      unit: "of the image's unit",
      min: 1e-6,
      max: 1e6,
      default: 1,
      about: "L in the stabilisers C1 = (0.01 L)² and C2 = (0.03 L)².",
    },
    scales: {
      type: "integer",
      unit: "octaves",
      min: 1,
      max: 5,
      default: 3,
      about: "Number of scales; s of them need images of 11·2^(s−1) pixels.",
    },
  },
  smallest: ({ scales }) => smallest(scales as number),
  minimum: () => 0,
  build(prediction, target, { dataRange, scales }) {
    const sizes = sizesOf(prediction);
    const count = scales as number;
    if (sizes.length !== 4 || Math.min(sizes[2]!, sizes[3]!) < smallest(count)) {
      throw new InputError(
        `Cannot build the loss ms-ssim: found images of shape [${sizes.join(", ")}], wanted planes [N, C, H, W] of at least ${smallest(count)} pixels for ${count} scales`,
      );
    }
    const used = powers.slice(0, count);
    const total = count === 5 ? 1 : used.reduce((a, b) => a + b, 0);
    let [p, t] = [prediction, target];
    let product: Node | undefined;
    for (let s = 0; s < count; s++) {
      const { luminance, contrast } = similarityTerms("ms-ssim", p, t, dataRange as number);
      const last = s === count - 1;
      const term = mean(last ? multiply(luminance, contrast) : contrast, [1, 2, 3]);
      const factor = power(maximum(term, constant(floor)), constant(used[s]! / total));
      product = product === undefined ? factor : multiply(product, factor);
      if (!last) [p, t] = [halved(p), halved(t)];
    }
    return subtract(constant(1), mean(product!));
  },
};

/** Means of 2×2 blocks; an odd last row or column is dropped. */
const halved = (x: Node): Node => averagePool(x, [2, 2]);
