/**
 * Arrays joined along an axis.
 *
 *   ∂L/∂x_k = the k-th piece of ∂L/∂y
 */
import { InputError } from "../../core/errors.ts";
import { someBlocked } from "../blocked-values.ts";
import { concrete, sumDims } from "../dimension.ts";
import { anyNode, apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { sliceAxis } from "./slice.ts";

interface ConcatAttributes extends Record<string, unknown> {
  readonly axis: number;
}

export const concatOperator: Operator<ConcatAttributes> = {
  name: "concat",
  infer(inputs, { axis }) {
    const [first] = inputs;
    for (const other of inputs) {
      const fits =
        other.shape.length === first!.shape.length &&
        other.shape.every((dim, i) => i === axis || dim === first!.shape[i]);
      if (!fits) {
        throw new InputError(
          `Cannot concat along axis ${axis}: found ${inputs.map((t) => `[${t.shape.join(", ")}]`).join(", ")}, wanted equal sizes on the other axes`,
        );
      }
    }
    return {
      kind: first!.kind,
      shape: first!.shape.map((dim, i) =>
        i === axis ? sumDims(inputs.map((t) => t.shape[axis]!)) : dim,
      ),
    };
  },
  gradient(node, outer) {
    const { axis } = node.attributes;
    let start = 0;
    return node.inputs.map((input) => {
      const count = concrete([shapeOf(input)[axis]!], "differentiate a concat")[0]!;
      const piece = sliceAxis(outer, axis, { start, count });
      start += count;
      return piece;
    });
  },
  lower(lowering, node) {
    const { axis } = node.attributes;
    // Images and blocks of channels follow each other in memory: in blocked layout they are joined as they lie.
    if (axis < 2 && node.type.kind === "float" && someBlocked(lowering, node.inputs)) {
      const parts = node.inputs.map((input) => lowering.toBlocked(input));
      return lowering.keepBlocked(anyNode(node), lowering.add("Concat", parts, { axis }));
    }
    return lowering.add(
      "Concat",
      node.inputs.map((input) => lowering.value(input)),
      { axis },
    );
  },
  evaluate(inputs, { axis }) {
    const starts: number[] = [];
    let total = 0;
    for (const t of inputs) {
      starts.push(total);
      total += t.shape[axis]!;
    }
    const strides = inputs.map((t) => stridesOf(t.shape));
    return fillByIndex(
      inputs[0]!.shape.map((size, i) => (i === axis ? total : size)),
      (index) => {
        let k = inputs.length - 1;
        while (starts[k]! > index[axis]!) k--;
        let offset = 0;
        for (let i = 0; i < index.length; i++) {
          offset += (index[i]! - (i === axis ? starts[k]! : 0)) * strides[k]![i]!;
        }
        return inputs[k]!.data[offset]!;
      },
    );
  },
};

/** Joins arrays along an axis. */
export function concat(inputs: readonly Node[], axis: number): Node {
  return inputs.length === 1 ? inputs[0]! : apply(concatOperator, inputs, { axis });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const axis = stream.integer(shape.length);
    const inputs = Array.from({ length: 1 + stream.integer(3) }, () => ({
      shape: shape.map((size, i) => (i === axis ? 1 + stream.integer(4) : size)),
    }));
    return { inputs, build: (nodes) => concat(nodes, axis) };
  },
  differentiable: "twice",
};
