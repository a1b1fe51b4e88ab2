/** Truth of a = b under broadcasting; no gradient. */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const equalOperator: Operator = elementwise({
  name: "equal",
  result: "bool",
  onnx: "Equal",
  value: () => (a, b) => (a! === b! ? 1 : 0),
});

/** Whether a = b, as a truth value. */
export function equal(a: Node, b: Node): Node {
  return apply(equalOperator, [a, b], {});
}

export const suite = binarySuite(equalOperator, { differentiable: "no", whole: true });
