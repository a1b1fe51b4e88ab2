/**
 * Mean over axes, kept with size 1.
 *
 *   ∂L/∂x = broadcast(∂L/∂y) / n
 */
import { blockedReduction } from "../blocked-values.ts";
import { concrete } from "../dimension.ts";
import { type Node, type Operator, shapeOf } from "../node.ts";
import { reduceAxes, reducedType, type ReductionAttributes, reductionSuite } from "../reduction.ts";
import { constant } from "./constant.ts";
import { multiply } from "./multiply.ts";
import { broadcastTo, sumOperator } from "./sum.ts";

export const meanOperator: Operator<ReductionAttributes> = {
  name: "mean",
  infer: ([x], attributes) => reducedType(x!, attributes),
  gradient(node, outer) {
    const sizes = concrete(shapeOf(node.inputs[0]!), "differentiate a mean");
    const count = node.attributes.axes.reduce((n, axis) => n * sizes[axis]!, 1);
    return [broadcastTo(multiply(outer, constant(1 / count)), sizes)];
  },
  lower: (lowering, node) =>
    blockedReduction(lowering, node.inputs[0]!, { axes: node.attributes.axes, mean: true }) ??
    lowering.add("ReduceMean", [lowering.value(node.inputs[0]!)], {
      axes: node.attributes.axes,
      keepdims: 1,
    }),
  evaluate(inputs, attributes) {
    const total = sumOperator.evaluate(inputs, attributes);
    const count = inputs[0]!.data.length / total.data.length;
    return { shape: total.shape, data: total.data.map((v) => v / count) };
  },
};

/** Mean over axes (all when absent). */
export function mean(x: Node, axes?: readonly number[], keep = false): Node {
  return reduceAxes(meanOperator, x, { axes, keep, verb: "take a mean" });
}

export const suite = reductionSuite(mean);
