/**
 * Largest value in windows over the spatial axes.
 *
 *   ∂L/∂x goes to the first element of each window that attains the maximum
 *
 * The gradient is an expression of slices, comparisons and placements, linear in ∂L/∂y.
 */
import { concrete } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import {
  foldWindows,
  type PoolAttributes,
  type PoolOptions,
  pooledShape,
  poolSuite,
  windowRanges,
} from "../pooling.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { equal } from "./equal.ts";
import { multiply } from "./multiply.ts";
import { place, slice } from "./slice.ts";
import { subtract } from "./subtract.ts";
import { toFloat } from "./to-float.ts";

export const maxPoolOperator: Operator<PoolAttributes> = {
  name: "max-pool",
  infer: ([x], attributes) => ({ kind: "float", shape: pooledShape(x!.shape, attributes) }),
  gradient(node, outer) {
    const x = node.inputs[0]!;
    const shape = concrete(shapeOf(x), "differentiate a max-pool");
    const pooled = concrete(node.type.shape, "differentiate a max-pool");
    let free: Node = constant(1);
    let total: Node | undefined;
    for (const ranges of windowRanges(pooled, node.attributes)) {
      const attained = multiply(toFloat(equal(slice(x, ranges), node as unknown as Node)), free);
      free = subtract(free, attained);
      const share = place(multiply(outer, attained), shape, ranges);
      total = total === undefined ? share : add(total, share);
    }
    return [total];
  },
  lower: (lowering, node) =>
    lowering.add("MaxPool", [lowering.value(node.inputs[0]!)], {
      kernel_shape: node.attributes.window,
      strides: node.attributes.strides,
    }),
  evaluate: ([x], attributes) => foldWindows(x!, attributes, { start: -Infinity, step: Math.max }),
};

/** Largest value in windows of `[N, C, …]`; the stride is the window's size by default. */
export function maxPool(
  x: Node,
  window: readonly number[],
  { strides = window }: PoolOptions = {},
): Node {
  return apply(maxPoolOperator, [x], { window, strides });
}

export const suite = poolSuite(maxPool, 2);
