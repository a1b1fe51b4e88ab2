/**
 * The larger of a and b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched (a ≥ b ? ∂L/∂y : 0), the rest goes to b
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { constant } from "./constant.ts";
import { greaterEqual } from "./greater-equal.ts";
import { sumTo } from "./sum.ts";
import { where } from "./where.ts";

export const maximumOperator: Operator = elementwise({
  name: "maximum",
  onnx: "Max",
  value: () => Math.max,
  gradient({ inputs }, outer) {
    const [a, b] = inputs as [Node, Node];
    const first = greaterEqual(a, b);
    const zero = constant(0);
    return [
      sumTo(where(first, outer, zero), shapeOf(a)),
      sumTo(where(first, zero, outer), shapeOf(b)),
    ];
  },
});

/** Element-wise maximum. */
export function maximum(a: Node, b: Node): Node {
  return apply(maximumOperator, [a, b], {});
}

export const suite = binarySuite(maximumOperator);
