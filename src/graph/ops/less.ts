/** Truth of a < b under broadcasting; no gradient. */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";

export const lessOperator: Operator = elementwise({
  name: "less",
  result: "bool",
  onnx: "Less",
  value: () => (a, b) => (a! < b! ? 1 : 0),
});

/** Whether a < b, as a truth value. */
export function less(a: Node, b: Node): Node {
  return apply(lessOperator, [a, b], {});
}

export const suite = binarySuite(lessOperator, { differentiable: "no", whole: true });
