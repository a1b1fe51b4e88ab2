/**
 * Two neighbouring axes as one, and one as two, of sizes that may be known only when a program runs.
 *
 *   y = merge(x): ∂L/∂x = split(∂L/∂y) and the other way round; nothing passes to the value whose sizes are taken
 */
import { InputError } from "../../core/errors.ts";
import { type Dim, isConcrete } from "../dimension.ts";
import { apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { add } from "./add.ts";
import { square } from "./power.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";

interface MergeAttributes extends Record<string, unknown> {
  /** The first of the two. */
  readonly axis: number;
}

function merged(shape: readonly Dim[], axis: number): Dim[] {
  const [a, b] = [shape[axis], shape[axis + 1]];
  if (a === undefined || b === undefined) {
    throw new InputError(
      `Cannot merge axes: found axis ${axis} of an array of rank ${shape.length}, wanted one with another behind it`,
    );
  }
  const both = typeof a === "number" && typeof b === "number" ? a * b : `[${a}*${b}]`;
  return [...shape.slice(0, axis), both, ...shape.slice(axis + 2)];
}

export const mergeAxesOperator: Operator<MergeAttributes> = {
  name: "merge axes",
  infer: ([x], { axis }) => ({ kind: x!.kind, shape: merged(x!.shape, axis) }),
  gradient: ({ inputs: [x], attributes: { axis } }, outer) => [
    splitAxis(outer, { axis, like: x!, from: axis }),
  ],
  lower(lowering, { inputs: [x], attributes: { axis } }) {
    const value = lowering.value(x!);
    const sizes = lowering.add("Shape", [value]);
    const part = (start: number, end: number) =>
      lowering.add("Slice", [sizes, lowering.ints([start]), lowering.ints([end])]);
    const rank = shapeOf(x!).length;
    const wanted = [part(0, axis), lowering.ints([-1]), part(axis + 2, rank)];
    return lowering.add("Reshape", [value, lowering.add("Concat", wanted, { axis: 0 })]);
  },
  evaluate: ([x], { axis }) => ({
    shape: merged(x!.shape, axis) as number[],
    data: x!.data,
  }),
};

/** Axes `axis` and `axis + 1` of `x` as one. */
export function mergeAxes(x: Node, axis: number): Node {
  const shape = shapeOf(x);
  return isConcrete(shape)
    ? reshape(x, merged(shape, axis))
    : apply(mergeAxesOperator, [x], { axis });
}

interface SplitAttributes extends Record<string, unknown> {
  readonly axis: number;
  /** First of the other value's two axes. */
  readonly from: number;
}

function split(
  shape: readonly Dim[],
  like: readonly Dim[],
  { axis, from }: SplitAttributes,
): Dim[] {
  const [whole, a, b] = [shape[axis], like[from], like[from + 1]];
  const numbers = [whole, a, b].every((size) => typeof size === "number");
  if (
    whole === undefined ||
    a === undefined ||
    b === undefined ||
    (numbers && whole !== (a as number) * (b as number))
  ) {
    throw new InputError(`Cannot split an axis: found ${whole} elements, wanted ${a} × ${b}`);
  }
  return [...shape.slice(0, axis), a, b, ...shape.slice(axis + 1)];
}

export const splitAxisOperator: Operator<SplitAttributes> = {
  name: "split axis",
  infer: ([x, like], attributes) => ({
    kind: x!.kind,
    shape: split(x!.shape, like!.shape, attributes),
  }),
  gradient: ({ attributes: { axis } }, outer) => [mergeAxes(outer, axis), undefined],
  lower(lowering, { inputs: [x, like], attributes: { axis, from } }) {
    const value = lowering.value(x!);
    const part = (sizes: string, start: number, end: number) =>
      lowering.add("Slice", [sizes, lowering.ints([start]), lowering.ints([end])]);
    const own = lowering.add("Shape", [value]);
    const other = lowering.add("Shape", [lowering.value(like!)]);
    const rank = shapeOf(x!).length;
    const wanted = [part(own, 0, axis), part(other, from, from + 2), part(own, axis + 1, rank)];
    return lowering.add("Reshape", [value, lowering.add("Concat", wanted, { axis: 0 })]);
  },
  evaluate: ([x, like], attributes) => ({
    shape: split(x!.shape, like!.shape, attributes) as number[],
    data: x!.data,
  }),
};

/** Axis `axis` of `x` as two, of the sizes that axes `from` and `from + 1` of `like` have. */
export function splitAxis(
  x: Node,
  { axis, like, from }: { axis: number; like: Node; from: number },
): Node {
  const [shape, sizes] = [shapeOf(x), shapeOf(like)];
  return isConcrete(shape) && isConcrete(sizes)
    ? reshape(x, split(shape, sizes, { axis, from }))
    : apply(splitAxisOperator, [x, like], { axis, from });
}

export const suite: Suite = {
  sample(stream) {
    const shape = [...sampleShape(stream), 2, 3];
    const axis = stream.integer(shape.length - 1);
    const [a, b] = [1 + stream.integer(4), 1 + stream.integer(4)];
    return {
      inputs: [{ shape }, { shape: [2, a * b, 3] }, { shape: [a, b] }],
      build: ([x, y, like]) =>
        add(
          sum(square(apply(mergeAxesOperator, [x!], { axis }))),
          sum(square(apply(splitAxisOperator, [y!, like!], { axis: 1, from: 0 }))),
        ),
    };
  },
  differentiable: "twice",
};
