/** y = x for x > 0, slope · x otherwise, the slope being learned per channel [he2015prelu]. */
import type { Node } from "../node.ts";
import type { Suite } from "../suite.ts";
import { add } from "./add.ts";
import { multiply } from "./multiply.ts";
import { negate } from "./negate.ts";
import { relu } from "./relu.ts";

/**
 * Parametric rectified linear unit.
 *
 * @param x `[N, C, …]`
 * @param slope broadcasts against x; `[C, 1, 1]` for one slope per channel of a planar image
 */
export function prelu(x: Node, slope: Node): Node {
  return add(relu(x), negate(multiply(slope, relu(negate(x)))));
}

export const suite: Suite = {
  sample: () => ({
    inputs: [{ shape: [2, 3, 4, 5] }, { shape: [3, 1, 1], low: 0.05, high: 0.5 }],
    build: ([x, slope]) => prelu(x!, slope!),
  }),
  differentiable: "twice",
};
