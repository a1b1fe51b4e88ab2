/**
 * Mean over windows of the spatial axes.
 *
 *   ∂L/∂x = Σ over window offsets of ∂L/∂y / n, placed at the offset
 */
import { concrete } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { type PoolAttributes, pooledShape, windowOffsets } from "./max-pool.ts";
import { multiply } from "./multiply.ts";
import { place, type Range } from "./slice.ts";

export const averagePoolOperator: Operator<PoolAttributes> = {
  name: "average-pool",
  infer: ([x], attributes) => ({ kind: "float", shape: pooledShape(x!.shape, attributes) }),
  gradient(node, outer) {
    const shape = concrete(shapeOf(node.inputs[0]!), "differentiate an average-pool");
    const pooled = concrete(node.type.shape, "differentiate an average-pool");
    const offsets = windowOffsets(node.attributes.window);
    const share = multiply(outer, constant(1 / offsets.length));
    const placed = offsets.map((offset) =>
      place(
        share,
        shape,
        shape.map((_, axis): Range | null =>
          axis < 2
            ? null
            : {
                start: offset[axis - 2]!,
                count: pooled[axis]!,
                step: node.attributes.strides[axis - 2]!,
              },
        ),
      ),
    );
    return [placed.reduce(add)];
  },
  lower: (lowering, node) =>
    lowering.add("AveragePool", [lowering.value(node.inputs[0]!)], {
      kernel_shape: node.attributes.window,
      strides: node.attributes.strides,
    }),
  evaluate([x], attributes) {
    const strides = stridesOf(x!.shape);
    const offsets = windowOffsets(attributes.window);
    return fillByIndex(concrete(pooledShape(x!.shape, attributes), "pool"), (index) => {
      let total = 0;
      for (const offset of offsets) {
        let at = 0;
        for (let axis = 0; axis < index.length; axis++) {
          const i =
            axis < 2
              ? index[axis]!
              : index[axis]! * attributes.strides[axis - 2]! + offset[axis - 2]!;
          at += i * strides[axis]!;
        }
        total += x!.data[at]!;
      }
      return total / offsets.length;
    });
  },
};

/** Mean over windows of `[N, C, …]`; the stride is the window's size by default. */
export function averagePool(
  x: Node,
  window: readonly number[],
  { strides = window }: { strides?: readonly number[] } = {},
): Node {
  return apply(averagePoolOperator, [x], { window, strides });
}

export const suite: Suite = {
  sample(stream) {
    const rank = 1 + stream.integer(3);
    const window = Array.from({ length: rank }, () => 1 + stream.integer(3));
    const strides = Array.from({ length: rank }, () => 1 + stream.integer(2));
    const size = window.map((k) => k + stream.integer(3));
    return {
      inputs: [{ shape: [1 + stream.integer(2), 1 + stream.integer(2), ...size] }],
      build: ([x]) => averagePool(x!, window, { strides }),
    };
  },
  differentiable: "twice",
};
