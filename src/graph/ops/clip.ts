/**
 * x limited to [low, high].
 *
 *   ∂L/∂x = ∂L/∂y inside, 0 outside
 */
import { elementwise } from "../elementwise.ts";
import { anyNode, apply, type Node, type Operator } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { constant } from "./constant.ts";
import { equal } from "./equal.ts";
import { where } from "./where.ts";

interface ClipAttributes extends Record<string, unknown> {
  readonly low: number;
  readonly high: number;
}

export const clipOperator: Operator<ClipAttributes> = elementwise<ClipAttributes>({
  name: "clip",
  onnx: (lowering, [x], { low, high }) =>
    lowering.add("Clip", [x!, lowering.floats([low], []), lowering.floats([high], [])]),
  value:
    ({ low, high }) =>
    (x) =>
      Math.min(high, Math.max(low, x!)),
  gradient: (node, outer) => [where(equal(node.inputs[0]!, anyNode(node)), outer, constant(0))],
});

/** Limits `x` to an interval. */
export function clip(x: Node, low: number, high: number): Node {
  return apply(clipOperator, [x], { low, high });
}

export const suite: Suite = {
  sample: (stream) => ({
    inputs: [{ shape: sampleShape(stream) }],
    build: ([x]) => clip(x!, -0.7, 1.1),
  }),
  differentiable: "twice",
};
