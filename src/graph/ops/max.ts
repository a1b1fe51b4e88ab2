/**
 * Largest value over axes, kept with size 1.
 *
 *   ∂L/∂x = ∂L/∂y shared equally among the elements that attain the maximum
 */
import { normaliseAxes } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { divide } from "./divide.ts";
import { equal } from "./equal.ts";
import { multiply } from "./multiply.ts";
import { reshape } from "./reshape.ts";
import { sum, sumOperator } from "./sum.ts";
import { toFloat } from "./to-float.ts";

interface MaxAttributes extends Record<string, unknown> {
  readonly axes: readonly number[];
}

export const maxOperator: Operator<MaxAttributes> = {
  name: "max",
  infer: (inputs, attributes) => sumOperator.infer(inputs, attributes),
  gradient(node, outer) {
    const attained = toFloat(equal(node.inputs[0]!, node as unknown as Node));
    return [multiply(attained, divide(outer, sum(attained, node.attributes.axes, true)))];
  },
  lower: (lowering, node) =>
    lowering.add("ReduceMax", [lowering.value(node.inputs[0]!)], {
      axes: node.attributes.axes,
      keepdims: 1,
    }),
  evaluate([x], { axes }) {
    const shape = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const strides = stridesOf(shape).map((s, axis) => (axes.includes(axis) ? 0 : s));
    const data = new Float64Array(shape.reduce((n, s) => n * s, 1)).fill(-Infinity);
    let at = 0;
    fillByIndex(x!.shape, (index) => {
      let offset = 0;
      for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * strides[axis]!;
      data[offset] = Math.max(data[offset]!, x!.data[at++]!);
      return 0;
    });
    return { shape, data };
  },
};

/** Largest value over axes (all when absent). */
export function max(x: Node, axes?: readonly number[], keep = false): Node {
  const shape = shapeOf(x);
  const chosen = normaliseAxes(
    axes ?? shape.map((_, axis) => axis),
    shape.length,
    "take a maximum",
  );
  if (chosen.length === 0) return x;
  const kept = apply(maxOperator, [x], { axes: chosen });
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
    return { inputs: [{ shape }], build: ([x]) => max(x!, axes, stream.uniform() < 0.5) };
  },
  differentiable: "twice",
};
