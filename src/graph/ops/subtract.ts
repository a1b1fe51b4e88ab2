/**
 * y = a − b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched ∂L/∂y,  ∂L/∂b = −Σ_stretched ∂L/∂y
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { scalarValue } from "./constant.ts";
import { negate } from "./negate.ts";
import { sumTo } from "./sum.ts";

export const subtractOperator: Operator = elementwise({
  name: "subtract",
  onnx: "Sub",
  byChannel: (lowering, { value, first }) =>
    first ? undefined : { shift: lowering.add("Neg", [value]) },
  value: () => (a, b) => a! - b!,
  gradient: ({ inputs: [a, b] }, outer) => [
    sumTo(outer, shapeOf(a!)),
    negate(sumTo(outer, shapeOf(b!))),
  ],
});

/** a − b. */
export function subtract(a: Node, b: Node): Node {
  return scalarValue(b) === 0 ? a : apply(subtractOperator, [a, b], {});
}

export const suite = binarySuite(subtractOperator);
