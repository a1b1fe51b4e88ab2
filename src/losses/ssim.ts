/**
 * One minus the structural similarity [wang2004ssim], Gaussian window 11×11 of deviation 1.5,
 * population covariances, mean over the positions where the window fits.
 *
 *   SSIM = (2 μp μt + C1)(2 σpt + C2) / ((μp² + μt² + C1)(σp² + σt² + C2))
 */
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { divide } from "../graph/ops/divide.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";

const side = 11;
const deviation = 1.5;

function gaussianWindow(): Node {
  const line = Array.from({ length: side }, (_, i) =>
    Math.exp(-((i - (side - 1) / 2) ** 2) / (2 * deviation ** 2)),
  );
  const total = line.reduce((s, v) => s + v, 0) ** 2;
  return constant(
    line.flatMap((a) => line.map((b) => (a * b) / total)),
    [1, 1, side, side],
  );
}

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
  minimum: () => 0,
  build(prediction, target, { dataRange }) {
    const window = gaussianWindow();
    const blur = (x: Node) => conv(x, window);
    const two = constant(2);
    const c1 = constant((0.01 * (dataRange as number)) ** 2);
    const c2 = constant((0.03 * (dataRange as number)) ** 2);
    const meanP = blur(prediction);
    const meanT = blur(target);
    const productOfMeans = multiply(meanP, meanT);
    const squares = add(multiply(meanP, meanP), multiply(meanT, meanT));
    const covariance = subtract(blur(multiply(prediction, target)), productOfMeans);
    const variances = subtract(
      blur(add(multiply(prediction, prediction), multiply(target, target))),
      squares,
    );
    const similarity = divide(
      multiply(add(multiply(two, productOfMeans), c1), add(multiply(two, covariance), c2)),
      multiply(add(squares, c1), add(variances, c2)),
    );
    return subtract(constant(1), mean(similarity));
  },
};
