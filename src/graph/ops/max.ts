/**
 * Largest value over axes, kept with size 1.
 *
 *   ∂L/∂x = ∂L/∂y shared equally among the elements that attain the maximum
 */
import { anyNode, type Node, type Operator } from "../node.ts";
import {
  fold,
  reduceAxes,
  reducedType,
  type ReductionAttributes,
  reductionSuite,
} from "../reduction.ts";
import { divide } from "./divide.ts";
import { equal } from "./equal.ts";
import { multiply } from "./multiply.ts";
import { sum } from "./sum.ts";
import { toFloat } from "./to-float.ts";

export const maxOperator: Operator<ReductionAttributes> = {
  name: "max",
  infer: ([x], attributes) => reducedType(x!, attributes),
  gradient(node, outer) {
    const attained = toFloat(equal(node.inputs[0]!, anyNode(node)));
    return [multiply(attained, divide(outer, sum(attained, node.attributes.axes, true)))];
  },
  lower: (lowering, node) =>
    lowering.add("ReduceMax", [lowering.value(node.inputs[0]!)], {
      axes: node.attributes.axes,
      keepdims: 1,
    }),
  evaluate: ([x], attributes) => fold(x!, attributes, { start: -Infinity, step: Math.max }),
};

/** Largest value over axes (all when absent). */
export function max(x: Node, axes?: readonly number[], keep = false): Node {
  return reduceAxes(maxOperator, x, { axes, keep, verb: "take a maximum" });
}

export const suite = reductionSuite(max);
