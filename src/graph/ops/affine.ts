/**
 * y = Σ_k scale_k · x_k + shift under broadcasting: one pass for each x in the CPU's blocked layout, where scales and
 * shift are numbers for each channel.
 *
 *   ∂L/∂x_k = scale_k · ∂L/∂y,  ∂L/∂scale_k = Σ_stretched x_k · ∂L/∂y,  ∂L/∂shift = Σ_stretched ∂L/∂y
 */
import { blockedAffine, channelVector, someBlocked } from "../blocked-values.ts";
import { broadcastShapes } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleBroadcastable, sampleShape, type Suite } from "../suite.ts";
import { mapBroadcast } from "../tensor.ts";
import { add } from "./add.ts";
import { multiply } from "./multiply.ts";
import { sumTo } from "./sum.ts";

/** One part of the sum. */
export interface AffinePart {
  readonly x: Node;
  readonly scale: Node;
}

/** Inputs are shift, then x and scale of every part. */
const partsOf = ([, ...rest]: readonly Node[]): AffinePart[] =>
  Array.from({ length: rest.length / 2 }, (_, k) => ({ x: rest[2 * k]!, scale: rest[2 * k + 1]! }));

export const affineOperator: Operator = {
  name: "affine",
  infer(inputs) {
    expectKind("affine", inputs, "float");
    const shapes = inputs.map(({ shape }) => shape);
    return { kind: "float", shape: broadcastShapes(shapes, "apply affine") };
  },
  gradient: ({ inputs }, outer) => [
    sumTo(outer, shapeOf(inputs[0]!)),
    ...partsOf(inputs).flatMap(({ x, scale }) => [
      sumTo(multiply(outer, scale), shapeOf(x)),
      sumTo(multiply(outer, x), shapeOf(scale)),
    ]),
  ],
  lower(lowering, node) {
    const parts = partsOf(node.inputs);
    const shift = node.inputs[0]!;
    const { shape } = node.type;
    const whole = parts.every(({ x }) => shapeOf(x).join() === shape.join());
    const xs = parts.map(({ x }) => x);
    const vectors = [shift, ...parts.map(({ scale }) => scale)].map((v) => channelVector(v, shape));
    const some = vectors.filter((v) => v !== undefined);
    if (whole && someBlocked(lowering, xs) && some.length === vectors.length) {
      const images = Math.max(...some.map((v) => v.images));
      const each = [images, shape[1] as number, ...shape.slice(2).map(() => 1)];
      const [first, ...scales] = some.map((v) => {
        const value = lowering.value(v.node);
        return v.images === images ? value : lowering.add("Expand", [value, lowering.ints(each)]);
      });
      const terms = xs.map((x, k) => ({ x, scale: scales[k] }));
      const sum = blockedAffine(lowering, terms, { shape, images, shift: first });
      return lowering.keepBlocked(node, sum);
    }
    return lowering.expression(
      parts.reduce((sum, { x, scale }) => add(sum, multiply(x, scale)), shift),
    );
  },
  evaluate: (inputs) =>
    mapBroadcast(inputs, (...values) => {
      let total = values[0]!;
      for (let k = 1; k < values.length; k += 2) total += values[k]! * values[k + 1]!;
      return total;
    }),
};

/** Σ scale · x + shift. */
export function affine(parts: readonly AffinePart[], shift: Node): Node {
  const inputs = [shift, ...parts.flatMap(({ x, scale }) => [x, scale])];
  return apply(affineOperator, inputs, {});
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream, 4);
    const other = () => ({ shape: sampleBroadcastable(stream, shape) });
    const two = stream.uniform() < 0.5;
    return {
      inputs: [{ shape }, other(), other(), ...(two ? [{ shape }, other()] : [])],
      build: ([x, scale, shift, z, more]) =>
        affine([{ x: x!, scale: scale! }, ...(two ? [{ x: z!, scale: more! }] : [])], shift!),
    };
  },
  differentiable: "twice",
};
