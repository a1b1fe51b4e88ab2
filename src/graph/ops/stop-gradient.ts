/** The value itself, through which no gradient passes. */
import { apply, type Node, type Operator } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";

export const stopGradientOperator: Operator = {
  name: "stop-gradient",
  infer: ([x]) => x!,
  lower: (lowering, node) => lowering.value(node.inputs[0]!),
  evaluate: ([x]) => x!,
};

/** `x` as a constant for differentiation. */
export function stopGradient(x: Node): Node {
  return apply(stopGradientOperator, [x], {});
}

export const suite: Suite = {
  sample: (stream) => ({
    inputs: [{ shape: sampleShape(stream) }],
    build: ([x]) => stopGradient(x!),
  }),
  differentiable: "no",
};
