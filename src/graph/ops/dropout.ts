/** Inverted dropout: y = x · [u ≥ rate] / (1 − rate), u uniform numbers given as an input, so that runs repeat [srivastava2014dropout]. */
import { InputError } from "../../core/errors.ts";
import type { Node } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { constant } from "./constant.ts";
import { greaterEqual } from "./greater-equal.ts";
import { multiply } from "./multiply.ts";
import { toFloat } from "./to-float.ts";

/**
 * Sets elements to zero at random and scales the rest so that the mean is kept.
 *
 * @param uniform uniform numbers on [0, 1) of x's shape, or of one that broadcasts to it
 * @param rate share of elements set to zero, in [0, 1)
 */
export function dropout(x: Node, uniform: Node, rate: number): Node {
  if (!(rate >= 0 && rate < 1)) {
    throw new InputError(`Cannot apply dropout: found rate ${rate}, wanted a number in [0, 1)`);
  }
  const kept = toFloat(greaterEqual(uniform, constant(rate)));
  return multiply(x, multiply(kept, constant(1 / (1 - rate))));
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    return {
      inputs: [{ shape }, { shape, low: 0, high: 1 }],
      build: ([x, u]) => dropout(x!, u!, 0.3),
    };
  },
  differentiable: "twice",
};
