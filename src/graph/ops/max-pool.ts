/**
 * Largest value in windows over the spatial axes.
 *
 *   ∂L/∂x goes to the first element of each window that attains the maximum
 *
 * The gradient is an expression of slices, comparisons and placements, linear in ∂L/∂y.
 */
import { addDim, concrete, type Dim, floorDivideDim } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { equal } from "./equal.ts";
import { multiply } from "./multiply.ts";
import { place, type Range, slice } from "./slice.ts";
import { subtract } from "./subtract.ts";
import { toFloat } from "./to-float.ts";

export interface PoolAttributes extends Record<string, unknown> {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

/** Shape after pooling without margins. */
export function pooledShape(shape: readonly Dim[], { window, strides }: PoolAttributes): Dim[] {
  return shape.map((dim, axis) =>
    axis < 2 ? dim : addDim(floorDivideDim(addDim(dim, -window[axis - 2]!), strides[axis - 2]!), 1),
  );
}

/** Offsets inside a window, row-major. */
export function windowOffsets(window: readonly number[]): number[][] {
  return window.reduce<number[][]>(
    (offsets, size) => offsets.flatMap((o) => Array.from({ length: size }, (_, i) => [...o, i])),
    [[]],
  );
}

export const maxPoolOperator: Operator<PoolAttributes> = {
  name: "max-pool",
  infer: ([x], attributes) => ({ kind: "float", shape: pooledShape(x!.shape, attributes) }),
  gradient(node, outer) {
    const x = node.inputs[0]!;
    const shape = concrete(shapeOf(x), "differentiate a max-pool");
    const pooled = concrete(node.type.shape, "differentiate a max-pool");
    let free: Node = constant(1);
    let total: Node | undefined;
    for (const offset of windowOffsets(node.attributes.window)) {
      const ranges = shape.map((_, axis): Range | null =>
        axis < 2
          ? null
          : {
              start: offset[axis - 2]!,
              count: pooled[axis]!,
              step: node.attributes.strides[axis - 2]!,
            },
      );
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
  evaluate([x], attributes) {
    const strides = stridesOf(x!.shape);
    const offsets = windowOffsets(attributes.window);
    return fillByIndex(concrete(pooledShape(x!.shape, attributes), "pool"), (index) => {
      let peak = -Infinity;
      for (const offset of offsets) {
        let at = 0;
        for (let axis = 0; axis < index.length; axis++) {
          const i =
            axis < 2
              ? index[axis]!
              : index[axis]! * attributes.strides[axis - 2]! + offset[axis - 2]!;
          at += i * strides[axis]!;
        }
        peak = Math.max(peak, x!.data[at]!);
      }
      return peak;
    });
  },
};

/** Largest value in windows of `[N, C, …]`; the stride is the window's size by default. */
export function maxPool(
  x: Node,
  window: readonly number[],
  { strides = window }: { strides?: readonly number[] } = {},
): Node {
  return apply(maxPoolOperator, [x], { window, strides });
}

export const suite: Suite = {
  sample(stream) {
    const rank = 1 + stream.integer(3);
    const window = Array.from({ length: rank }, () => 1 + stream.integer(2));
    const strides = Array.from({ length: rank }, () => 1 + stream.integer(2));
    const size = window.map((k) => k + stream.integer(4));
    return {
      inputs: [{ shape: [1 + stream.integer(2), 1 + stream.integer(2), ...size] }],
      build: ([x]) => maxPool(x!, window, { strides }),
    };
  },
  differentiable: "twice",
};
