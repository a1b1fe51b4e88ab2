/**
 * y = eˣ / Σ eˣ along one axis.
 *
 *   ∂L/∂x = y (∂L/∂y − Σ y ∂L/∂y)
 */
import { normaliseAxes } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { stridesOf } from "../tensor.ts";

import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";
import { sum } from "./sum.ts";

interface AxisAttributes extends Record<string, unknown> {
  readonly axis: number;
}

export const softmaxOperator: Operator<AxisAttributes> = {
  name: "softmax",
  infer(inputs) {
    expectKind("softmax", inputs, "float");
    return inputs[0]!;
  },
  gradient(node, outer) {
    const y = node as unknown as Node;
    const weighted = multiply(outer, y);
    return [subtract(weighted, multiply(y, sum(weighted, [node.attributes.axis], true)))];
  },
  lower: (lowering, node) =>
    lowering.add("Softmax", [lowering.value(node.inputs[0]!)], { axis: node.attributes.axis }),
  evaluate([x], { axis }) {
    const size = x!.shape[axis]!;
    const stride = stridesOf(x!.shape)[axis]!;
    const data = new Float64Array(x!.data.length);
    for (let start = 0; start < data.length; start++) {
      if (Math.floor(start / stride) % size !== 0) continue;
      let peak = -Infinity;
      for (let k = 0; k < size; k++) peak = Math.max(peak, x!.data[start + k * stride]!);
      let total = 0;
      for (let k = 0; k < size; k++) total += Math.exp(x!.data[start + k * stride]! - peak);
      for (let k = 0; k < size; k++) {
        const at = start + k * stride;
        data[at] = Math.exp(x!.data[at]! - peak) / total;
      }
    }
    return { shape: x!.shape, data };
  },
};

/** Softmax along one axis (the last by default). */
export function softmax(x: Node, axis = -1): Node {
  const [chosen] = normaliseAxes([axis], shapeOf(x).length, "apply softmax");
  return apply(softmaxOperator, [x], { axis: chosen! });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const axis = stream.integer(shape.length);
    return { inputs: [{ shape }], build: ([x]) => softmax(x!, axis) };
  },
  differentiable: "twice",
};
