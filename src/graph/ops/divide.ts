/**
 * y = a / b under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched ∂L/∂y / b,  ∂L/∂b = −Σ_stretched y · ∂L/∂y / b
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { multiply } from "./multiply.ts";
import { negate } from "./negate.ts";
import { sumTo } from "./sum.ts";

export const divideOperator: Operator = elementwise({
  name: "divide",
  onnx: "Div",
  byChannel: (lowering, { value, first }) =>
    first ? undefined : { scale: lowering.add("Reciprocal", [value]) },
  value: () => (a, b) => a! / b!,
  gradient(node, outer) {
    const [a, b] = node.inputs as [Node, Node];
    const quotient = divide(outer, b);
    return [
      sumTo(quotient, shapeOf(a)),
      negate(sumTo(multiply(quotient, divide(a, b)), shapeOf(b))),
    ];
  },
});

/** a / b. */
export function divide(a: Node, b: Node): Node {
  return apply(divideOperator, [a, b], {});
}

export const suite = binarySuite(divideOperator, { low: 0.5, high: 2 });
