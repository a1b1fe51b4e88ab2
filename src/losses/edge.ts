/**
 * Difference of edges: mean over the spatial axes of (1/n) Σ |∇p − ∇t|, or of its square, with forward differences
 * [mathieu2016deep]. Blind to a constant offset: use it beside a loss of values.
 *
 * Deviation: the paper compares magnitudes of differences; here their signs count too, so that an edge that is turned
 * round is an error.
 */
import type { Node } from "../graph/node.ts";
import { abs } from "../graph/ops/abs.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Loss } from "./loss.ts";
import { neighbourDifferences } from "./neighbour-differences.ts";

export const edge: Loss = {
  name: "edge",
  title: "Edge difference",
  summary: "Difference of the images' gradients, so that blurred edges count.",
  references: ["mathieu2016deep"],
  options: {
    norm: {
      type: "choice",
      choices: ["l1", "l2"],
      default: "l1",
      about: "Absolute differences, or squared ones, which punish large errors more.",
    },
  },
  smallest: () => 2,
  minimum: () => 0,
  build(prediction, target, { norm }) {
    const parts = neighbourDifferences("edge", subtract(prediction, target)).map(
      (d): Node => mean(norm === "l2" ? multiply(d, d) : abs(d)),
    );
    return multiply(
      constant(1 / parts.length),
      parts.reduce((a, b) => add(a, b)),
    );
  },
};
