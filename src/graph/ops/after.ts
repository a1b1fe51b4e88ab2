/**
 * The value itself, computed no sooner than another: what reads it waits. For work that is done again late, so that what
 * it makes need not be kept in memory from the first time on.
 *
 *   ∂L/∂x = ∂L/∂y; nothing passes to what is waited for
 */
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";

export const afterOperator: Operator = {
  name: "after",
  infer: ([x]) => x!,
  gradient: (_, outer) => [outer, undefined],
  lower(lowering, node) {
    const [x, waited] = node.inputs as [Node, Node];
    const value = lowering.value(x);
    const name = lowering.value(waited);
    const axes = shapeOf(waited).map((_, axis) => axis);
    const box = [axes.map(() => 0), axes.map(() => 1), axes].map((entry) => lowering.ints(entry));
    const first =
      axes.length === 0 ? name : lowering.add("Squeeze", [lowering.add("Slice", [name, ...box])]);
    // 0 · [first ≠ 0] is zero for every number, undefined ones included.
    const truth = lowering.add("Cast", [first], { to: 9 });
    const zero = lowering.add("Mul", [
      lowering.add("Cast", [truth], { to: 7 }),
      lowering.ints([0], []),
    ]);
    const sizes = lowering.add("Add", [lowering.add("Shape", [value]), zero]);
    return lowering.add("Expand", [value, sizes]);
  },
  evaluate: ([x]) => x!,
};

/** `x`, once `waited` is there. */
export function after(x: Node, waited: Node): Node {
  return apply(afterOperator, [x, waited], {});
}

export const suite: Suite = {
  sample: (stream) => ({
    inputs: [{ shape: sampleShape(stream) }, { shape: sampleShape(stream) }],
    build: ([x, y]) => after(x!, y!),
  }),
  differentiable: "twice",
};
