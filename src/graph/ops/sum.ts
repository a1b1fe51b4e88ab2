/**
 * Sum over axes and its adjoint, broadcasting to a shape; each is the other's gradient, so they
 * share a file.
 *
 *   y = Σ_axes x        ∂L/∂x = broadcast(∂L/∂y)
 *   y = broadcast(x)    ∂L/∂x = Σ over the axes that were stretched
 */
import { blockedReduction } from "../blocked-values.ts";
import { concrete, type Dim, sameShape } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { fold, reduceAxes, reducedType, type ReductionAttributes } from "../reduction.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { reshape } from "./reshape.ts";

/** Sums over axes and keeps them with size 1. */
export const sumOperator: Operator<ReductionAttributes> = {
  name: "sum",
  infer: ([x], attributes) => reducedType(x!, attributes),
  gradient: (node, outer) => [broadcastTo(outer, shapeOf(node.inputs[0]!))],
  lower: (lowering, node) =>
    blockedReduction(lowering, node.inputs[0]!, { axes: node.attributes.axes, mean: false }) ??
    lowering.add(
      "ReduceSum",
      [lowering.value(node.inputs[0]!), lowering.ints(node.attributes.axes)],
      { keepdims: 1 },
    ),
  evaluate: ([x], attributes) => fold(x!, attributes, { start: 0, step: (so, next) => so + next }),
};

interface BroadcastAttributes extends Record<string, unknown> {
  readonly shape: readonly Dim[];
}

/** Stretches axes of size 1 (and adds leading axes) up to a shape. */
export const broadcastOperator: Operator<BroadcastAttributes> = {
  name: "broadcast",
  infer: ([x], { shape }) => ({ kind: x!.kind, shape }),
  gradient: (node, outer) => [sumTo(outer, shapeOf(node.inputs[0]!))],
  lower: (lowering, node) =>
    lowering.add("Expand", [
      lowering.value(node.inputs[0]!),
      lowering.ints(concrete(node.attributes.shape, "broadcast")),
    ]),
  evaluate([x], { shape }) {
    const sizes = concrete(shape, "broadcast");
    const shift = sizes.length - x!.shape.length;
    const own = stridesOf(x!.shape);
    const strides = sizes.map((_, axis) =>
      axis < shift || x!.shape[axis - shift] === 1 ? 0 : own[axis - shift]!,
    );
    return fillByIndex(sizes, (index) => {
      let offset = 0;
      for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * strides[axis]!;
      return x!.data[offset]!;
    });
  },
};

/**
 * Sum over axes (all when absent).
 *
 * @param keep whether summed axes stay with size 1
 */
export function sum(x: Node, axes?: readonly number[], keep = false): Node {
  return reduceAxes(sumOperator, x, { axes, keep, verb: "sum" });
}

/** Stretches `x` to a shape under NumPy's broadcasting rules; the same node when it fits already. */
export function broadcastTo(x: Node, shape: readonly Dim[]): Node {
  return sameShape(shapeOf(x), shape) ? x : apply(broadcastOperator, [x], { shape });
}

/** Adjoint of `broadcastTo`: sums over stretched axes so that the result has the given shape. */
export function sumTo(x: Node, shape: readonly Dim[]): Node {
  const from = shapeOf(x);
  if (sameShape(from, shape)) return x;
  const shift = from.length - shape.length;
  const axes = from.flatMap((dim, axis) =>
    axis < shift || (shape[axis - shift] === 1 && dim !== 1) ? [axis] : [],
  );
  const summed = axes.length === 0 ? x : apply(sumOperator, [x], { axes });
  return reshape(summed, shape);
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const axes = shape.flatMap((_, axis) => (stream.uniform() < 0.5 ? [axis] : []));
    const keep = stream.uniform() < 0.5;
    if (stream.uniform() < 0.5) {
      return { inputs: [{ shape }], build: ([x]) => sum(x!, axes, keep) };
    }
    const small = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return { inputs: [{ shape: small }], build: ([x]) => broadcastTo(x!, [2, ...shape]) };
  },
  differentiable: "twice",
};
