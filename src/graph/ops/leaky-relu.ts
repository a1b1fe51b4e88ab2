/**
 * y = x for x > 0, slope · x otherwise.
 *
 *   ∂L/∂x = ∂L/∂y · (slope + (1 − slope) · [x > 0])
 */
import { lowerActivatedConv } from "../conv-lowering.ts";
import { elementwise } from "../elementwise.ts";
import { anyNode, apply, type Node, type Operator } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { add } from "./add.ts";
import { constant } from "./constant.ts";
import { isConv } from "./conv.ts";
import { multiply } from "./multiply.ts";
import { step } from "./step.ts";

interface LeakyReluAttributes extends Record<string, unknown> {
  readonly slope: number;
}

const plainLeakyRelu: Operator<LeakyReluAttributes> = elementwise<LeakyReluAttributes>({
  name: "leaky-relu",
  onnx: "LeakyRelu",
  onnxAttributes: ({ slope }) => ({ alpha: { type: "float", value: slope } }),
  value:
    ({ slope }) =>
    (x) =>
      x! > 0 ? x! : slope * x!,
  gradient(node, outer) {
    const { slope } = node.attributes;
    // With a slope above zero the result has the argument's sign, and the argument need not be kept.
    const sign = slope > 0 ? anyNode(node) : node.inputs[0]!;
    const factor = add(constant(slope), multiply(constant(1 - slope), step(sign)));
    return [multiply(factor, outer)];
  },
});

/** Leaky ReLU, joined to the convolution before it where the layout allows. */
export const leakyReluOperator: Operator<LeakyReluAttributes> = {
  ...plainLeakyRelu,
  lower(lowering, node) {
    const conv = node.inputs[0]!;
    const { slope } = node.attributes;
    const joined = isConv(conv)
      ? lowerActivatedConv(lowering, anyNode(node), {
          conv,
          activation: { name: "LeakyRelu", slope },
        })
      : undefined;
    return joined ?? plainLeakyRelu.lower(lowering, node);
  },
};

/** Leaky rectified linear unit, element by element. */
export function leakyRelu(x: Node, slope = 0.01): Node {
  return apply(leakyReluOperator, [x], { slope });
}

export const suite: Suite = {
  sample: (stream) => ({
    inputs: [{ shape: sampleShape(stream) }],
    build: ([x]) => leakyRelu(x!, 0.2),
  }),
  differentiable: "twice",
};
