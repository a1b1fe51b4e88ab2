/**
 * y = sign x, constant almost everywhere: no gradient.
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { multiply } from "./multiply.ts";

export const signOperator: Operator = unary({
  name: "sign",
  onnx: "Sign",
  value: Math.sign,

  multiply,
});

/** −1, 0 or 1 by the sign of x; its derivative is taken as zero. */
export function sign(x: Node): Node {
  return apply(signOperator, [x], {});
}

export const suite = unarySuite(signOperator, { differentiable: "no" });
