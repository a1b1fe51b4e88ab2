/**
 * Largest value in windows over the spatial axes.
 *
 *   ∂L/∂x goes to the first element of each window that attains the maximum
 *
 * On the CPU the gradient is MaxUnpool with the indices of MaxPool, where windows do not overlap; elsewhere slices,
 * comparisons and placements.
 */
import { concrete } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import {
  foldWindows,
  forFirstMaxima,
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
  gradient: (node, outer) => [apply(maxUnpoolOperator, [node.inputs[0]!, outer], node.attributes)],
  lower: (lowering, node) =>
    lowering.add("MaxPool", [lowering.value(node.inputs[0]!)], {
      kernel_shape: node.attributes.window,
      strides: node.attributes.strides,
    }),
  evaluate: ([x], attributes) => foldWindows(x!, attributes, { start: -Infinity, step: Math.max }),
};

/** For every place of a window: the elements there, and 1 where they are the first to attain the maximum. */
function attainedAt(x: Node, attributes: PoolAttributes) {
  const largest = maxPool(x, attributes.window, attributes);
  let free: Node = constant(1);
  return windowRanges(concrete(shapeOf(largest), "differentiate a max-pool"), attributes).map(
    (ranges) => {
      const attained = multiply(toFloat(equal(slice(x, ranges), largest)), free);
      free = subtract(free, attained);
      return { ranges, attained };
    },
  );
}

/** ∂L/∂x of `max-pool` from x and ∂L/∂y; linear in the latter. */
const maxUnpoolOperator: Operator<PoolAttributes> = {
  name: "max-unpool",
  infer: ([x]) => x!,
  gradient: ({ inputs: [x], attributes }, outer) => [
    undefined,
    apply(maxPickOperator, [x!, outer], attributes),
  ],
  lower(lowering, node) {
    const [x, outer] = node.inputs as [Node, Node];
    const { window, strides } = node.attributes;
    const shape = concrete(shapeOf(x), "differentiate a max-pool");
    // Its indices say where one element goes: windows that overlap may need several there.
    const apart = window.every((size, axis) => size <= strides[axis]!);
    if (!apart || lowering.provider === "webgpu") {
      const shares = attainedAt(x, node.attributes).map(({ ranges, attained }) =>
        place(multiply(outer, attained), shape, ranges),
      );
      return lowering.expression(shares.reduce(add));
    }
    const attributes = { kernel_shape: window, strides };
    const [, places] = lowering.addMany("MaxPool", [lowering.value(x)], attributes, { outputs: 2 });
    const inputs = [lowering.value(outer), places!, lowering.ints(shape)];
    return lowering.add("MaxUnpool", inputs, attributes);
  },
  evaluate([x, outer], attributes) {
    const result = new Float64Array(x!.data.length);
    forFirstMaxima(x!, attributes, (from, to) => {
      result[from]! += outer!.data[to]!;
    });
    return { shape: x!.shape, data: result };
  },
};

/** The adjoint of `max-unpool`: the elements of z where x attains the maximum of its window. */
const maxPickOperator: Operator<PoolAttributes> = {
  name: "max-pick",
  infer: ([x], attributes) => ({ kind: "float", shape: pooledShape(x!.shape, attributes) }),
  gradient: ({ inputs: [x], attributes }, outer) => [
    undefined,
    apply(maxUnpoolOperator, [x!, outer], attributes),
  ],
  lower(lowering, node) {
    const [x, z] = node.inputs as [Node, Node];
    const parts = attainedAt(x, node.attributes).map(({ ranges, attained }) =>
      multiply(slice(z, ranges), attained),
    );
    return lowering.expression(parts.reduce(add));
  },
  evaluate([x, z], attributes) {
    const shape = concrete(pooledShape(x!.shape, attributes), "pick maxima");
    const data = new Float64Array(shape.reduce((n, s) => n * s, 1));
    forFirstMaxima(x!, attributes, (from, to) => {
      data[to] = z!.data[from]!;
    });
    return { shape, data };
  },
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
