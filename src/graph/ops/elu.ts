/**
 * y = x for x > 0, α (eˣ − 1) otherwise.
 *
 *   dy/dx = 1 for x > 0, α eˣ otherwise
 */
import { elementwise } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { constant } from "./constant.ts";
import { exp } from "./exp.ts";
import { greater } from "./greater.ts";
import { minimum } from "./minimum.ts";
import { multiply } from "./multiply.ts";
import { where } from "./where.ts";

interface EluAttributes extends Record<string, unknown> {
  readonly alpha: number;
}

export const eluOperator: Operator<EluAttributes> = elementwise<EluAttributes>({
  name: "elu",
  onnx: "Elu",
  onnxAttributes: ({ alpha }) => ({ alpha: { type: "float", value: alpha } }),
  value:
    ({ alpha }) =>
    (x) =>
      x! > 0 ? x! : alpha * Math.expm1(x!),
  gradient(node, outer) {
    const x = node.inputs[0]!;
    const zero = constant(0);
    // The exponent is limited to x ≤ 0: an overflow on the branch not taken would poison the product.
    const below = multiply(constant(node.attributes.alpha), exp(minimum(x, zero)));
    return [multiply(outer, where(greater(x, zero), constant(1), below))];
  },
});

/** Exponential linear unit, element by element. */
export function elu(x: Node, alpha = 1): Node {
  return apply(eluOperator, [x], { alpha });
}

export const suite: Suite = {
  sample: (stream) => ({ inputs: [{ shape: sampleShape(stream) }], build: ([x]) => elu(x!, 1.3) }),
  differentiable: "twice",
};
