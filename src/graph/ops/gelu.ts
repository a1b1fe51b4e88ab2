/**
 * y = x Φ(x), Φ the standard normal distribution function [hendrycks2016gelu].
 *
 *   dy/dx = Φ(x) + x φ(x)
 */
import { erf as errorFunction } from "../../math/normal.ts";
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { erf } from "./erf.ts";
import { exp } from "./exp.ts";
import { multiply } from "./multiply.ts";

export const geluOperator: Operator = unary({
  name: "gelu",
  onnx: (lowering, [x]) => {
    // Written out: the Gelu operator is missing from some providers.
    const scaled = lowering.add("Mul", [x!, lowering.floats([Math.SQRT1_2], [])]);
    const shifted = lowering.add("Add", [lowering.add("Erf", [scaled]), lowering.floats([1], [])]);
    const half = lowering.add("Mul", [x!, lowering.floats([0.5], [])]);
    return lowering.add("Mul", [half, shifted]);
  },
  value: (x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)),
  derivative(x) {
    const cdf = multiply(constant(0.5), add(constant(1), erf(multiply(x, constant(Math.SQRT1_2)))));
    const density = multiply(
      constant(1 / Math.sqrt(2 * Math.PI)),
      exp(multiply(constant(-0.5), multiply(x, x))),
    );
    return add(cdf, multiply(x, density));
  },
  multiply,
});

/** Gaussian error linear unit, element by element. */
export function gelu(x: Node): Node {
  return apply(geluOperator, [x], {});
}

export const suite = unarySuite(geluOperator);
