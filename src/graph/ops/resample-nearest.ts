/** Enlargement by whole factors, every element repeated: reshape, broadcast, reshape. */
import { multiplyDim } from "../dimension.ts";
import { type Node, shapeOf, sizesOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { reshape } from "./reshape.ts";
import { broadcastTo } from "./sum.ts";

/**
 * Repeats every element along the spatial axes of `[N, C, …]`.
 *
 * @param factors one whole factor for each spatial axis
 */
export function resampleNearest(x: Node, factors: readonly number[]): Node {
  const sizes = sizesOf(x);
  const split = sizes.flatMap((size, axis) => (axis < 2 ? [size] : [size, 1]));
  const stretched = sizes.flatMap((size, axis) => (axis < 2 ? [size] : [size, factors[axis - 2]!]));
  const out = shapeOf(x).map((dim, axis) =>
    axis < 2 ? dim : multiplyDim(dim, factors[axis - 2]!),
  );
  return reshape(broadcastTo(reshape(x, split), stretched), out);
}

export const suite: Suite = {
  sample(stream) {
    const rank = 1 + stream.integer(3);
    const factors = Array.from({ length: rank }, () => 1 + stream.integer(3));
    const size = factors.map(() => 1 + stream.integer(3));
    return {
      inputs: [{ shape: [1 + stream.integer(2), 2, ...size] }],
      build: ([x]) => resampleNearest(x!, factors),
    };
  },
  differentiable: "twice",
};
