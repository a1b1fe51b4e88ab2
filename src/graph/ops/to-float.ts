/** Truth values as 0 and 1, whole numbers as real ones; no gradient. */
import { apply, type Node, type Operator } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";

export const toFloatOperator: Operator = {
  name: "to-float",
  infer: ([x]) => ({ kind: "float", shape: x!.shape }),
  lower: (lowering, node) => lowering.add("Cast", [lowering.value(node.inputs[0]!)], { to: 1 }),
  evaluate: ([x]) => x!,
};

/** The input as real numbers. */
export function toFloat(x: Node): Node {
  return x.type.kind === "float" ? x : apply(toFloatOperator, [x], {});
}

export const suite: Suite = {
  sample: (stream) => ({
    inputs: [{ shape: sampleShape(stream), kind: stream.uniform() < 0.5 ? "bool" : "int" }],
    build: ([x]) => toFloat(x!),
  }),
  differentiable: "no",
};
