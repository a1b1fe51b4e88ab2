/** Luminance and contrast terms of structural similarity as expressions [wang2004ssim]. */
import { InputError } from "../core/errors.ts";
import { type Node, sizesOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { divide } from "../graph/ops/divide.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";

/** Side of the Gaussian window in pixels. */
export const windowSide = 11;
const deviation = 1.5;

function gaussianWindow(channels: number): Node {
  const line = Array.from({ length: windowSide }, (_, i) =>
    Math.exp(-((i - (windowSide - 1) / 2) ** 2) / (2 * deviation ** 2)),
  );
  const total = line.reduce((s, v) => s + v, 0) ** 2;
  const plane = line.flatMap((a) => line.map((b) => (a * b) / total));
  return constant(Array.from({ length: channels }, () => plane).flat(), [
    channels,
    1,
    windowSide,
    windowSide,
  ]);
}

/**
 * The two factors of SSIM at every position where the window fits:
 *
 *   luminance (2 μp μt + C1)/(μp² + μt² + C1),  contrast (2 σpt + C2)/(σp² + σt² + C2).
 *
 * @param dataRange L in C1 = (0.01 L)² and C2 = (0.03 L)²
 * @throws InputError on images that are no planes, or smaller than the window
 */
export function similarityTerms(
  loss: string,
  prediction: Node,
  target: Node,
  dataRange: number,
): { readonly luminance: Node; readonly contrast: Node } {
  const sizes = sizesOf(prediction);
  if (sizes.length !== 4 || Math.min(sizes[2]!, sizes[3]!) < windowSide) {
    throw new InputError(
      `Cannot build the loss ${loss}: found images of shape [${sizes.join(", ")}], wanted planes [N, C, H, W] of at least ${windowSide}×${windowSide} pixels`,
    );
  }
  const channels = sizes[1]!;
  const window = gaussianWindow(channels);
  const blur = (x: Node) => conv(x, window, { groups: channels });
  const c1 = constant((0.01 * dataRange) ** 2);
  const c2 = constant((0.03 * dataRange) ** 2);
  const twice = (x: Node) => multiply(constant(2), x);
  const meanP = blur(prediction);
  const meanT = blur(target);
  const productOfMeans = multiply(meanP, meanT);
  const squares = add(multiply(meanP, meanP), multiply(meanT, meanT));
  const covariance = subtract(blur(multiply(prediction, target)), productOfMeans);
  const variances = subtract(
    blur(add(multiply(prediction, prediction), multiply(target, target))),
    squares,
  );
  return {
    luminance: divide(add(twice(productOfMeans), c1), add(squares, c1)),
    contrast: divide(add(twice(covariance), c2), add(variances, c2)),
  };
}
