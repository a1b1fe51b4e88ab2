/**
 * y = a^b for a ≥ 0, or any a with a whole constant b.
 *
 *   ∂L/∂a = Σ_stretched b a^(b−1) ∂L/∂y,  ∂L/∂b = Σ_stretched y ln(a) ∂L/∂y
 *
 * A constant scalar exponent has no second term, so negative bases are safe there.
 */
import { binarySuite, elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { constant, scalarValue } from "./constant.ts";
import { log } from "./log.ts";
import { multiply } from "./multiply.ts";
import { subtract } from "./subtract.ts";
import { sumTo } from "./sum.ts";

export const powerOperator: Operator = elementwise({
  name: "power",
  onnx: "Pow",
  value: () => Math.pow,
  gradient(node, outer) {
    const [a, b] = node.inputs as [Node, Node];
    const exponent = scalarValue(b);
    const lower = exponent === undefined ? subtract(b, constant(1)) : constant(exponent - 1);
    const forBase = sumTo(multiply(outer, multiply(b, power(a, lower))), shapeOf(a));
    if (exponent !== undefined) return [forBase, undefined];
    return [forBase, sumTo(multiply(outer, multiply(node as Node, log(a))), shapeOf(b))];
  },
});

/** a to the power b. */
export function power(a: Node, b: Node): Node {
  const exponent = scalarValue(b);
  if (exponent === 1) return a;
  if (exponent === 2) return multiply(a, a);
  return apply(powerOperator, [a, b], {});
}

/** x². */
export function square(x: Node): Node {
  return multiply(x, x);
}

export const suite = binarySuite(powerOperator, { low: 0.4, high: 2 });
