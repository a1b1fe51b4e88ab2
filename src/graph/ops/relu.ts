/**
 * y = max(x, 0).
 *
 *   ∂L/∂x = ∂L/∂y where y > 0, else 0
 */
import { unary, unarySuite } from "../elementwise.ts";
import { apply, type Node, type Operator } from "../node.ts";
import { lowerActivatedConv } from "../conv-lowering.ts";
import { isConv } from "./conv.ts";
import { multiply } from "./multiply.ts";
import { step } from "./step.ts";

const plainRelu: Operator = unary({
  name: "relu",
  onnx: "Relu",
  value: (x) => Math.max(x, 0),
  derivative: (_, y) => step(y),
  multiply,
});

/** ReLU, fused into the convolution before it where the layout allows. */
export const reluOperator: Operator = {
  ...plainRelu,
  lower(lowering, node) {
    const source = node.inputs[0]!;
    const fused = isConv(source)
      ? lowerActivatedConv(lowering, node, { conv: source, activation: { name: "Relu" } })
      : undefined;
    return fused ?? plainRelu.lower(lowering, node);
  },
};

/** Rectified linear unit, element by element. */
export function relu(x: Node): Node {
  return apply(reluOperator, [x], {});
}

export const suite = unarySuite(reluOperator);
