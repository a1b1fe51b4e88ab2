/**
 * ln of the softmax along one axis.
 *
 *   ∂L/∂x = ∂L/∂y − e^y Σ ∂L/∂y
 */
import { normaliseAxes } from "../dimension.ts";
import { anyNode, apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { type AxisAttributes, axisSuite, relativeToSum } from "../exponential-sum.ts";
import { exp } from "./exp.ts";
import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";
import { sum } from "./sum.ts";

export const logSoftmaxOperator: Operator<AxisAttributes> = {
  name: "log-softmax",
  infer(inputs) {
    expectKind("log-softmax", inputs, "float");
    return inputs[0]!;
  },
  gradient(node, outer) {
    const y = anyNode(node);
    const total = sum(outer, [node.attributes.axis], true);
    return [subtract(outer, multiply(exp(y), total))];
  },
  lower: (lowering, node) =>
    lowering.add("LogSoftmax", [lowering.value(node.inputs[0]!)], { axis: node.attributes.axis }),
  evaluate: ([x], attributes) =>
    relativeToSum(x!, attributes, (value, total) => value - Math.log(total)),
};

/** Logarithm of the softmax along one axis (the last by default). */
export function logSoftmax(x: Node, axis = -1): Node {
  const [chosen] = normaliseAxes([axis], shapeOf(x).length, "apply log-softmax");
  return apply(logSoftmaxOperator, [x], { axis: chosen! });
}

export const suite = axisSuite(logSoftmax);
