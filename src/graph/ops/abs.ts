/**
 * y = |x|.
 *
 *   dy/dx = sign x (0 at 0)
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { sign } from "./sign.ts";
import { multiply } from "./multiply.ts";

export const absOperator: Operator = unary({
  name: "abs",
  onnx: "Abs",
  value: Math.abs,
  derivative: (x) => sign(x),
  multiply,
});

/** Absolute value, element by element. */
export function abs(x: Node): Node {
  return apply(absOperator, [x], {});
}

export const suite = unarySuite(absOperator);
