/**
 * y = (2/√π) ∫₀ˣ e^(−t²) dt.
 *
 *   dy/dx = (2/√π) e^(−x²)
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { constant } from "./constant.ts";
import { exp } from "./exp.ts";
import { negate } from "./negate.ts";
import { erf as errorFunction } from "../../math/normal.ts";
import { multiply } from "./multiply.ts";

export const erfOperator: Operator = unary({
  name: "erf",
  onnx: "Erf",
  value: errorFunction,
  derivative: (x) => multiply(constant(2 / Math.sqrt(Math.PI)), exp(negate(multiply(x, x)))),
  multiply,
});

/** Error function, element by element. */
export function erf(x: Node): Node {
  return apply(erfOperator, [x], {});
}

export const suite = unarySuite(erfOperator);
