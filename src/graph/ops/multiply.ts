/**
 * y = a · b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched b · ∂L/∂y, and likewise for b
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { scalarValue } from "./constant.ts";
import { sumTo } from "./sum.ts";

export const multiplyOperator: Operator = elementwise({
  name: "multiply",
  onnx: "Mul",
  byChannel: (_, { value }) => ({ scale: value }),
  value: () => (a, b) => a! * b!,
  gradient: ({ inputs: [a, b] }, outer) => [
    sumTo(multiply(outer, b!), shapeOf(a!)),
    sumTo(multiply(outer, a!), shapeOf(b!)),
  ],
});

/** a · b. */
export function multiply(a: Node, b: Node): Node {
  if (scalarValue(a) === 1) return b;
  if (scalarValue(b) === 1) return a;
  return apply(multiplyOperator, [a, b], {});
}

export const suite = binarySuite(multiplyOperator);
