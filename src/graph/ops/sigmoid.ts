/**
 * y = 1 / (1 + e⁻ˣ).
 *
 *   dy/dx = y (1 − y)
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { constant } from "./constant.ts";
import { subtract } from "./subtract.ts";
import { multiply } from "./multiply.ts";

export const sigmoidOperator: Operator = unary({
  name: "sigmoid",
  onnx: "Sigmoid",
  value: (x) => 1 / (1 + Math.exp(-x)),
  derivative: (_, y) => multiply(y, subtract(constant(1), y)),
  multiply,
});

/** Logistic function, element by element. */
export function sigmoid(x: Node): Node {
  return apply(sigmoidOperator, [x], {});
}

export const suite = unarySuite(sigmoidOperator);
