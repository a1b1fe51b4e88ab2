/**
 * The same elements under another shape.
 *
 *   ∂L/∂x = reshape(∂L/∂y)
 */
import { InputError } from "../../core/errors.ts";
import { concrete, type Dim, isConcrete, sameShape } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";

interface ReshapeAttributes extends Record<string, unknown> {
  readonly shape: readonly Dim[];
}

export const reshapeOperator: Operator<ReshapeAttributes> = {
  name: "reshape",
  infer([x], { shape }) {
    if (isConcrete(x!.shape) && isConcrete(shape)) {
      const found = x!.shape.reduce((n, s) => n * s, 1);
      const wanted = shape.reduce((n, s) => n * s, 1);
      if (found !== wanted) {
        throw new InputError(
          `Cannot reshape: found [${x!.shape.join(", ")}] with ${found} elements, wanted ${wanted} for [${shape.join(", ")}]`,
        );
      }
    }
    return { kind: x!.kind, shape };
  },
  gradient: (node, outer) => [reshape(outer, shapeOf(node.inputs[0]!))],
  lower(lowering, node) {
    const from = shapeOf(node.inputs[0]!);
    const symbols = node.attributes.shape.filter((dim) => typeof dim !== "number").length;
    // ONNX: 0 copies the input's size on that axis, one −1 is inferred.
    const sizes = node.attributes.shape.map((dim, axis) =>
      typeof dim === "number" ? dim : from[axis] === dim && symbols > 1 ? 0 : -1,
    );
    if (sizes.filter((size) => size === -1).length > 1) {
      throw new InputError(
        `Cannot lower a reshape from [${from.join(", ")}] to [${node.attributes.shape.join(", ")}]: found several symbolic sizes that move, wanted one`,
      );
    }
    return lowering.add("Reshape", [lowering.value(node.inputs[0]!), lowering.ints(sizes)]);
  },
  evaluate: ([x], { shape }) => ({ shape: concrete(shape, "reshape"), data: x!.data }),
};

/** Gives the elements of `x` another shape; the same node when the shape is equal. */
export function reshape(x: Node, shape: readonly Dim[]): Node {
  return sameShape(shapeOf(x), shape) ? x : apply(reshapeOperator, [x], { shape });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const total = shape.reduce((n, s) => n * s, 1);
    const target = stream.uniform() < 0.5 ? [total] : [1, total, 1];
    return { inputs: [{ shape }], build: ([x]) => reshape(x!, target) };
  },
  differentiable: "twice",
};
