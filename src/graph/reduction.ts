/** What sums, means and maxima over axes share: which axes are meant, and the walk over their elements. */
import { type Dim, normaliseAxes } from "./dimension.ts";
import { apply, type Node, type Operator, shapeOf, type Type } from "./node.ts";
import { reshape } from "./ops/reshape.ts";
import { sampleShape, type Suite } from "./suite.ts";
import { fillByIndex, stridesOf, type Tensor } from "./tensor.ts";

export interface ReductionAttributes extends Record<string, unknown> {
  readonly axes: readonly number[];
}

/** The type of a reduction that keeps its axes with size 1. */
export function reducedType(
  { shape }: Type,
  { axes }: ReductionAttributes,
): { kind: "float"; shape: Dim[] } {
  return { kind: "float", shape: shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim)) };
}

/** Folds the elements along axes into one each, starting from `start`; the axes stay with size 1. */
export function fold(
  x: Tensor,
  { axes }: ReductionAttributes,
  { start, step }: { start: number; step: (so: number, next: number) => number },
): Tensor {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(shape).map((s, axis) => (axes.includes(axis) ? 0 : s));
  const data = new Float64Array(shape.reduce((n, s) => n * s, 1)).fill(start);
  let at = 0;
  fillByIndex(x.shape, (index) => {
    let offset = 0;
    for (let axis = 0; axis < index.length; axis++) offset += index[axis]! * strides[axis]!;
    data[offset] = step(data[offset]!, x.data[at++]!);
    return 0;
  });
  return { shape, data };
}

/**
 * Applies a reduction that keeps its axes, over the axes asked for (all when absent).
 *
 * @param options.keep whether the axes stay with size 1
 * @param options.verb for the error about axes that do not exist
 */
export function reduceAxes(
  operator: Operator<ReductionAttributes>,
  x: Node,
  options: { axes: readonly number[] | undefined; keep: boolean; verb: string },
): Node {
  const shape = shapeOf(x);
  const axes = normaliseAxes(
    options.axes ?? shape.map((_, axis) => axis),
    shape.length,
    options.verb,
  );
  if (axes.length === 0) return x;
  const kept = apply(operator, [x], { axes });
  if (options.keep) return kept;
  return reshape(
    kept,
    shape.filter((_, axis) => !axes.includes(axis)),
  );
}

/** Random cases of a reduction: any shape, any of its axes, kept or not. */
export function reductionSuite(
  reduce: (x: Node, axes: readonly number[], keep: boolean) => Node,
): Suite {
  return {
    sample(stream) {
      const shape = sampleShape(stream);
      const axes = shape.flatMap((_, axis) => (stream.uniform() < 0.6 ? [axis] : []));
      return { inputs: [{ shape }], build: ([x]) => reduce(x!, axes, stream.uniform() < 0.5) };
    },
    differentiable: "twice",
  };
}
