/**
 * Mean over windows of the spatial axes.
 *
 *   ∂L/∂x = Σ over window offsets of ∂L/∂y / n, placed at the offset
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
import { multiply } from "./multiply.ts";
import { place } from "./slice.ts";

const elements = ({ window }: PoolAttributes): number => window.reduce((n, size) => n * size, 1);

export const averagePoolOperator: Operator<PoolAttributes> = {
  name: "average-pool",
  infer: ([x], attributes) => ({ kind: "float", shape: pooledShape(x!.shape, attributes) }),
  gradient(node, outer) {
    const shape = concrete(shapeOf(node.inputs[0]!), "differentiate an average-pool");
    const pooled = concrete(node.type.shape, "differentiate an average-pool");
    const share = multiply(outer, constant(1 / elements(node.attributes)));
    const placed = windowRanges(pooled, node.attributes).map((ranges) =>
      place(share, shape, ranges),
    );
    return [placed.reduce(add)];
  },
  lower: (lowering, node) =>
    lowering.add("AveragePool", [lowering.value(node.inputs[0]!)], {
      kernel_shape: node.attributes.window,
      strides: node.attributes.strides,
    }),
  evaluate([x], attributes) {
    const total = foldWindows(x!, attributes, { start: 0, step: (so, next) => so + next });
    return { shape: total.shape, data: total.data.map((v) => v / elements(attributes)) };
  },
};

/** Mean over windows of `[N, C, …]`; the stride is the window's size by default. */
export function averagePool(
  x: Node,
  window: readonly number[],
  { strides = window }: PoolOptions = {},
): Node {
  return apply(averagePoolOperator, [x], { window, strides });
}

export const suite = poolSuite(averagePool, 3);
