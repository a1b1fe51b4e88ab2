/**
 * Matrix product over the last two axes; leading axes are batches and broadcast.
 *
 *   ∂L/∂A = ∂L/∂Y Bᵀ,  ∂L/∂B = Aᵀ ∂L/∂Y, summed over stretched batches
 */
import { InputError } from "../../core/errors.ts";
import { broadcastShapes } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import type { Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";
import { sumTo } from "./sum.ts";
import { transpose } from "./transpose.ts";

export const matmulOperator: Operator = {
  name: "matmul",
  infer(inputs) {
    expectKind("matmul", inputs, "float");
    const [a, b] = inputs;
    if (a!.shape.length < 2 || b!.shape.length < 2 || a!.shape.at(-1) !== b!.shape.at(-2)) {
      throw new InputError(
        `Cannot multiply matrices: found [${a!.shape.join(", ")}] and [${b!.shape.join(", ")}], wanted inner sizes that agree`,
      );
    }
    const batch = broadcastShapes([a!.shape.slice(0, -2), b!.shape.slice(0, -2)], "batch matmul");
    return { kind: "float", shape: [...batch, a!.shape.at(-2)!, b!.shape.at(-1)!] };
  },
  gradient({ inputs: [a, b] }, outer) {
    return [
      sumTo(matmul(outer, transposeLast(b!)), shapeOf(a!)),
      sumTo(matmul(transposeLast(a!), outer), shapeOf(b!)),
    ];
  },
  lower: (lowering, node) =>
    lowering.add(
      "MatMul",
      node.inputs.map((input) => lowering.value(input)),
    ),
  evaluate([a, b]) {
    const shape = matmulOperator.infer(
      [
        { kind: "float", shape: a!.shape },
        { kind: "float", shape: b!.shape },
      ],
      {},
    ).shape as number[];
    const inner = a!.shape.at(-1)!;
    const offset = (t: { shape: readonly number[] }, index: readonly number[]) => {
      const strides = stridesOf(t.shape);
      const shift = shape.length - t.shape.length;
      let at = 0;
      for (let axis = 0; axis < t.shape.length - 2; axis++) {
        if (t.shape[axis] !== 1) at += index[axis + shift]! * strides[axis]!;
      }
      return at;
    };
    return fillByIndex(shape, (index) => {
      const row = offset(a!, index) + index.at(-2)! * inner;
      const column = offset(b!, index) + index.at(-1)!;
      const step = b!.shape.at(-1)!;
      let total = 0;
      for (let k = 0; k < inner; k++) total += a!.data[row + k]! * b!.data[column + k * step]!;
      return total;
    });
  },
};

function transposeLast(x: Node): Node {
  const rank = shapeOf(x).length;
  const order = Array.from({ length: rank }, (_, i) => i);
  order[rank - 1] = rank - 2;
  order[rank - 2] = rank - 1;
  return transpose(x, order);
}

/** Product of matrices `[…, m, k]` and `[…, k, n]`. */
export function matmul(a: Node, b: Node): Node {
  return apply(matmulOperator, [a, b], {});
}

export const suite: Suite = {
  sample(stream) {
    const size = () => 1 + stream.integer(5);
    const [m, k, n] = [size(), size(), size()];
    const batch = stream.uniform() < 0.5 ? [] : [1 + stream.integer(3)];
    const other = batch.length > 0 && stream.uniform() < 0.5 ? [1] : batch;
    return {
      inputs: [{ shape: [...batch, m, k] }, { shape: [...other, k, n] }],
      build: ([a, b]) => matmul(a!, b!),
    };
  },
  differentiable: "twice",
};
