/**
 * The smaller of a and b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched (a ≤ b ? ∂L/∂y : 0), the rest goes to b
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { constant } from "./constant.ts";
import { lessEqual } from "./less-equal.ts";
import { sumTo } from "./sum.ts";
import { where } from "./where.ts";

export const minimumOperator: Operator = elementwise({
  name: "minimum",
  onnx: "Min",
  value: () => Math.min,
  gradient({ inputs }, outer) {
    const [a, b] = inputs as [Node, Node];
    const first = lessEqual(a, b);
    const zero = constant(0);
    return [
      sumTo(where(first, outer, zero), shapeOf(a)),
      sumTo(where(first, zero, outer), shapeOf(b)),
    ];
  },
});

/** Element-wise minimum. */
export function minimum(a: Node, b: Node): Node {
  return apply(minimumOperator, [a, b], {});
}

export const suite = binarySuite(minimumOperator);
