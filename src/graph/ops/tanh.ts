/**
 * y = tanh x.
 *
 *   dy/dx = 1 − y²
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { constant } from "./constant.ts";
import { subtract } from "./subtract.ts";
import { multiply } from "./multiply.ts";

export const tanhOperator: Operator = unary({
  name: "tanh",
  onnx: "Tanh",
  value: Math.tanh,
  derivative: (_, y) => subtract(constant(1), multiply(y, y)),
  multiply,
});

/** Hyperbolic tangent, element by element. */
export function tanh(x: Node): Node {
  return apply(tanhOperator, [x], {});
}

export const suite = unarySuite(tanhOperator);
