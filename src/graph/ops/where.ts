/**
 * y = a where the condition holds, b elsewhere, under broadcasting.
 *
 *   ∂L/∂a = Σ_stretched (condition ? ∂L/∂y : 0), and the complement for b
 */
import { broadcastShapes } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleBroadcastable, sampleShape, type Suite } from "../suite.ts";
import { mapBroadcast } from "../tensor.ts";
import { constant } from "./constant.ts";
import { sumTo } from "./sum.ts";

export const whereOperator: Operator = {
  name: "where",
  infer(inputs) {
    expectKind("where", inputs.slice(0, 1), "bool");
    expectKind("where", inputs.slice(1), "float");
    return {
      kind: "float",
      shape: broadcastShapes(
        inputs.map((t) => t.shape),
        "apply where",
      ),
    };
  },
  gradient({ inputs }, outer) {
    const [condition, a, b] = inputs as [Node, Node, Node];
    const zero = constant(0);
    return [
      undefined,
      sumTo(where(condition, outer, zero), shapeOf(a)),
      sumTo(where(condition, zero, outer), shapeOf(b)),
    ];
  },
  lower: (lowering, node) =>
    lowering.add(
      "Where",
      node.inputs.map((input) => lowering.value(input)),
    ),
  evaluate: (inputs) => mapBroadcast(inputs, (c, a, b) => (c !== 0 ? a! : b!)),
};

/** Picks from `a` where the condition holds and from `b` elsewhere. */
export function where(condition: Node, a: Node, b: Node): Node {
  return apply(whereOperator, [condition, a, b], {});
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    return {
      inputs: [
        { shape: sampleBroadcastable(stream, shape), kind: "bool" },
        { shape },
        { shape: sampleBroadcastable(stream, shape) },
      ],
      build: ([c, a, b]) => where(c!, a!, b!),
    };
  },
  differentiable: "twice",
};
