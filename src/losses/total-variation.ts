/**
 * Total variation of the prediction [rudin1992nonlinear]: isotropic (1/n) Σ √(|∇p|² + ε²) over voxels that have a
 * neighbour along every axis, or anisotropic Σ_axes (1/n) Σ √((∇p)² + ε²). Looks at no target.
 */
import { type Node, sizesOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { slice } from "../graph/ops/slice.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import type { Loss } from "./loss.ts";
import { neighbourDifferences } from "./neighbour-differences.ts";

export const totalVariation: Loss = {
  name: "total-variation",
  title: "Total variation",
  summary: "Mean length of the prediction's gradient: a regulariser, which no truth enters.",
  references: ["rudin1992nonlinear"],
  options: {
    kind: {
      type: "choice",
      choices: ["isotropic", "anisotropic"],
      default: "isotropic",
      about: "Length of the gradient, or sum of its parts, which prefers edges along the axes.",
    },
    epsilon: {
      type: "number",
      unit: "of the image's unit",
      min: 1e-8,
      max: 1,
      default: 1e-3,
      about: "Slope below which the length turns from absolute to squared.",
    },
  },
  reads: "image",
  smallest: () => 2,
  minimum: ({ epsilon }) => epsilon as number,
  build(prediction, _target, { kind, epsilon }) {
    const floor = constant((epsilon as number) ** 2);
    const squares = neighbourDifferences("total-variation", prediction).map((d) => multiply(d, d));
    const length = (square: Node) => mean(sqrt(add(square, floor)));
    if (kind === "anisotropic") {
      const parts = squares.map(length).reduce((a, b) => add(a, b));
      return multiply(constant(1 / squares.length), parts);
    }
    const inner = sizesOf(prediction).map((n, axis) =>
      axis < 2 ? null : { start: 0, count: n - 1, step: 1 },
    );
    return length(
      squares
        .map((square, k) =>
          slice(
            square,
            // Its own axis is shorter already.
            inner.map((range, axis) => (axis === k + 2 ? null : range)),
          ),
        )
        .reduce((a, b) => add(a, b)),
    );
  },
};
