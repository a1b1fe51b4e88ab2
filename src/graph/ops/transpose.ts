/**
 * Axes in another order: y has axis `order[i]` of x as its axis i.
 *
 *   ∂L/∂x = transpose(∂L/∂y, inverse order)
 */
import { InputError } from "../../core/errors.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";

interface TransposeAttributes extends Record<string, unknown> {
  readonly order: readonly number[];
}

export const transposeOperator: Operator<TransposeAttributes> = {
  name: "transpose",
  infer([x], { order }) {
    const sorted = [...order].sort((a, b) => a - b);
    if (order.length !== x!.shape.length || sorted.some((axis, i) => axis !== i)) {
      throw new InputError(
        `Cannot transpose: found order [${order.join(", ")}], wanted a permutation of the ${x!.shape.length} axes`,
      );
    }
    return { kind: x!.kind, shape: order.map((axis) => x!.shape[axis]!) };
  },
  gradient(node, outer) {
    const inverse = new Array<number>(node.attributes.order.length);
    node.attributes.order.forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [transpose(outer, inverse)];
  },
  lower: (lowering, node) =>
    lowering.add("Transpose", [lowering.value(node.inputs[0]!)], { perm: node.attributes.order }),
  evaluate([x], { order }) {
    const own = stridesOf(x!.shape);
    const strides = order.map((axis) => own[axis]!);
    return fillByIndex(
      order.map((axis) => x!.shape[axis]!),
      (index) => {
        let offset = 0;
        for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * strides[axis]!;
        return x!.data[offset]!;
      },
    );
  },
};

/** Reorders axes; reverses them when no order is given. */
export function transpose(x: Node, order?: readonly number[]): Node {
  const rank = shapeOf(x).length;
  const chosen = order ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return chosen.every((axis, i) => axis === i) && chosen.length === rank
    ? x
    : apply(transposeOperator, [x], { order: chosen });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream);
    const order = [...stream.permutation(shape.length)];
    return { inputs: [{ shape }], build: ([x]) => transpose(x!, order) };
  },
  differentiable: "twice",
};
