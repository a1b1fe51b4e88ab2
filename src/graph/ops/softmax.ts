/**
 * y = eˣ / Σ eˣ along one axis.
 *
 *   ∂L/∂x = y (∂L/∂y − Σ y ∂L/∂y)
 */
import { normaliseAxes } from "../dimension.ts";
import { anyNode, apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { type AxisAttributes, axisSuite, relativeToSum } from "../exponential-sum.ts";
import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";
import { sum } from "./sum.ts";

export const softmaxOperator: Operator<AxisAttributes> = {
  name: "softmax",
  infer(inputs) {
    expectKind("softmax", inputs, "float");
    return inputs[0]!;
  },
  gradient(node, outer) {
    const y = anyNode(node);
    const weighted = multiply(outer, y);
    return [subtract(weighted, multiply(y, sum(weighted, [node.attributes.axis], true)))];
  },
  lower: (lowering, node) =>
    lowering.add("Softmax", [lowering.value(node.inputs[0]!)], { axis: node.attributes.axis }),
  evaluate: ([x], attributes) =>
    relativeToSum(x!, attributes, (value, total) => Math.exp(value) / total),
};

/** Softmax along one axis (the last by default). */
export function softmax(x: Node, axis = -1): Node {
  const [chosen] = normaliseAxes([axis], shapeOf(x).length, "apply softmax");
  return apply(softmaxOperator, [x], { axis: chosen! });
}

export const suite = axisSuite(softmax);
