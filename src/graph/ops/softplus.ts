/**
 * y = ln(1 + eˣ).
 *
 *   dy/dx = 1 / (1 + e⁻ˣ)
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { sigmoid } from "./sigmoid.ts";
import { multiply } from "./multiply.ts";

export const softplusOperator: Operator = unary({
  name: "softplus",
  onnx: "Softplus",
  value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  derivative: (x) => sigmoid(x),
  multiply,
});

/** ln(1 + eˣ), a smooth ReLU, element by element. */
export function softplus(x: Node): Node {
  return apply(softplusOperator, [x], {});
}

export const suite = unarySuite(softplusOperator);
