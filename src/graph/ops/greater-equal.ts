/** Truth of a ≥ b under broadcasting; no gradient. */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const greaterEqualOperator: Operator = elementwise({
  name: "greater-equal",
  result: "bool",
  onnx: "GreaterOrEqual",
  value: () => (a, b) => (a! >= b! ? 1 : 0),
});

/** Whether a ≥ b, as a truth value. */
export function greaterEqual(a: Node, b: Node): Node {
  return apply(greaterEqualOperator, [a, b], {});
}

export const suite = binarySuite(greaterEqualOperator, { differentiable: "no", whole: true });
