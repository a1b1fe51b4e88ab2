/**
 * y = 1 where x > 0, else 0; constant almost everywhere: no gradient.
 *
 * Lowered to HardSigmoid with a huge slope, min(1, max(0, αx)): exact for every normal float32, one
 * multi-threaded operator where Greater and Cast are two single-threaded ones.
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { multiply } from "./multiply.ts";

export const stepOperator: Operator = unary({
  name: "step",
  onnx: (lowering, [x]) =>
    lowering.add("HardSigmoid", [x!], {
      alpha: { type: "float", value: 3e38 },
      beta: { type: "float", value: 0 },
    }),
  value: (x) => (x > 0 ? 1 : 0),
  multiply,
});

/** Unit step, element by element. */
export function step(x: Node): Node {
  return apply(stepOperator, [x], {});
}

export const suite = unarySuite(stepOperator, { differentiable: "no" });
