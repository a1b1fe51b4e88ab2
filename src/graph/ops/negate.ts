/**
 * y = −x.
 *
 *   ∂L/∂x = −∂L/∂y
 */
import { elementwise, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const negateOperator: Operator = elementwise({
  name: "negate",
  onnx: "Neg",
  value: () => (x) => -x!,
  gradient: (_, outer) => [negate(outer)],
});

/** −x. */
export function negate(x: Node): Node {
  return apply(negateOperator, [x], {});
}

export const suite = unarySuite(negateOperator);
