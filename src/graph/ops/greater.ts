/** Truth of a > b under broadcasting; no gradient. */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const greaterOperator: Operator = elementwise({
  name: "greater",
  result: "bool",
  onnx: "Greater",
  value: () => (a, b) => (a! > b! ? 1 : 0),
});

/** Whether a > b, as a truth value. */
export function greater(a: Node, b: Node): Node {
  return apply(greaterOperator, [a, b], {});
}

export const suite = binarySuite(greaterOperator, { differentiable: "no", whole: true });
