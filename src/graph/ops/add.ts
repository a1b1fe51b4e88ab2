/**
 * y = a + b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched ∂L/∂y, and likewise for b
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { scalarValue } from "./constant.ts";
import { sumTo } from "./sum.ts";

export const addOperator: Operator = elementwise({
  name: "add",
  onnx: "Add",
  byChannel: (_, { value }) => ({ shift: value }),
  value: () => (a, b) => a! + b!,
  gradient: ({ inputs: [a, b] }, outer) => [sumTo(outer, shapeOf(a!)), sumTo(outer, shapeOf(b!))],
});

/** a + b. */
export function add(a: Node, b: Node): Node {
  if (scalarValue(a) === 0) return b;
  if (scalarValue(b) === 0) return a;
  return apply(addOperator, [a, b], {});
}

export const suite = binarySuite(addOperator);
