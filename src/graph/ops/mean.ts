/**
 * Mean over axes, kept with size 1.
 *
 *   ∂L/∂x = broadcast(∂L/∂y) / n
 */
import { concrete, normaliseAxes } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { constant } from "./constant.ts";
import { multiply } from "./multiply.ts";
import { reshape } from "./reshape.ts";
import { broadcastTo, sumOperator } from "./sum.ts";

interface MeanAttributes extends Record<string, unknown> {
  readonly axes: readonly number[];
}

export const meanOperator: Operator<MeanAttributes> = {
  name: "mean",
  infer: (inputs, attributes) => sumOperator.infer(inputs, attributes),
  gradient(node, outer) {
    const sizes = concrete(shapeOf(node.inputs[0]!), "differentiate a mean");
    const count = node.attributes.axes.reduce((n, axis) => n * sizes[axis]!, 1);
    return [broadcastTo(multiply(outer, constant(1 / count)), sizes)];
  },
  lower: (lowering, node) =>
    lowering.add("ReduceMean", [lowering.value(node.inputs[0]!)], {
      axes: node.attributes.axes,
      keepdims: 1,
    }),
  evaluate(inputs, attributes) {
    const total = sumOperator.evaluate(inputs, attributes);
    const count = inputs[0]!.data.length / total.data.length;
    return { shape: total.shape, data: total.data.map((v) => v / count) };
  },
};

/** Mean over axes (all when absent). */
export function mean(x: Node, axes?: readonly number[], keep = false): Node {
  const shape = shapeOf(x);
  const chosen = normaliseAxes(axes ?? shape.map((_, axis) => axis), shape.length, "take a mean");
  if (chosen.length === 0) return x;
  const kept = apply(meanOperator, [x], { axes: chosen });
  return keep
    ? kept
    : reshape(
        kept,
        shape.filter((_, axis) => !chosen.includes(axis)),
      );
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const axes = shape.flatMap((_, axis) => (stream.uniform() < 0.6 ? [axis] : []));
    return { inputs: [{ shape }], build: ([x]) => mean(x!, axes, stream.uniform() < 0.5) };
  },
  differentiable: "twice",
};
