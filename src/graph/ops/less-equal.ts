/** Truth of a ≤ b under broadcasting; no gradient. */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const lessEqualOperator: Operator = elementwise({
  name: "less-equal",
  result: "bool",
  onnx: "LessOrEqual",
  value: () => (a, b) => (a! <= b! ? 1 : 0),
});

/** Whether a ≤ b, as a truth value. */
export function lessEqual(a: Node, b: Node): Node {
  return apply(lessEqualOperator, [a, b], {});
}

export const suite = binarySuite(lessEqualOperator, { differentiable: "no", whole: true });
