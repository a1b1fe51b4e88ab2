/**
 * y = ln x.
 *
 *   dy/dx = 1 / x
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { constant } from "./constant.ts";
import { divide } from "./divide.ts";
import { multiply } from "./multiply.ts";

export const logOperator: Operator = unary({
  name: "log",
  onnx: "Log",
  value: Math.log,
  derivative: (x) => divide(constant(1), x),
  multiply,
});

/** Natural logarithm, element by element. */
export function log(x: Node): Node {
  return apply(logOperator, [x], {});
}

export const suite = unarySuite(logOperator, { low: 0.3, high: 3 });
