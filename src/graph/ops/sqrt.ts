/**
 * y = √x.
 *
 *   dy/dx = 1 / (2 y)
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { constant } from "./constant.ts";
import { divide } from "./divide.ts";
import { multiply } from "./multiply.ts";

export const sqrtOperator: Operator = unary({
  name: "sqrt",
  onnx: "Sqrt",
  value: Math.sqrt,
  derivative: (_, y) => divide(constant(0.5), y),
  multiply,
});

/** Square root, element by element. */
export function sqrt(x: Node): Node {
  return apply(sqrtOperator, [x], {});
}

export const suite = unarySuite(sqrtOperator, { low: 0.3, high: 3 });
