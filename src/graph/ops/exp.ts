/**
 * y = eˣ.
 *
 *   dy/dx = y
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { multiply } from "./multiply.ts";

export const expOperator: Operator = unary({
  name: "exp",
  onnx: "Exp",
  value: Math.exp,
  derivative: (_, y) => y,
  multiply,
});

/** e to the power x, element by element. */
export function exp(x: Node): Node {
  return apply(expOperator, [x], {});
}

export const suite = unarySuite(expOperator);
