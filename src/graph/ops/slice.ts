/**
 * A box of an array, and its adjoint that puts a box into zeros; each is the other's gradient, so
 * they share a file.
 *
 *   y[i] = x[start + step·i]      ∂L/∂x = place(∂L/∂y)
 *   y = 0 except y[start + step·i] = x[i]      ∂L/∂x = slice(∂L/∂y)
 *
 * Steps may be negative, which turns the axis round.
 */
import { InputError } from "../../core/errors.ts";
import { fitsBlocked } from "../blocked-values.ts";
import { concrete, type Dim, isConcrete } from "../dimension.ts";
import type { Lowering } from "../lowering.ts";
import { anyNode, apply, type Node, type Operator, shapeOf } from "../node.ts";
import { sampleShape, type Suite } from "../suite.ts";
import { fillByIndex, stridesOf } from "../tensor.ts";

/** First index, number of elements and step along one axis. */
export interface Range {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

interface SliceAttributes extends Record<string, unknown> {
  /** One for each axis; `null` takes the whole axis. */
  readonly ranges: readonly (Range | null)[];
}

interface PlaceAttributes extends SliceAttributes {
  /** Shape of the result. */
  readonly shape: readonly Dim[];
}

export const sliceOperator: Operator<SliceAttributes> = {
  name: "slice",
  infer([x], { ranges }) {
    return {
      kind: x!.kind,
      shape: x!.shape.map((dim, axis) => {
        const range = ranges[axis] ?? null;
        if (range === null) return dim;
        const last = range.start + range.step * (range.count - 1);
        const inside = (i: number) => i >= 0 && (typeof dim !== "number" || i < dim);
        if (range.count < 1 || !inside(range.start) || !inside(last)) {
          throw new InputError(
            `Cannot slice axis ${axis}: found ${range.count} elements from ${range.start} by ${range.step}, wanted indices below ${dim}`,
          );
        }
        return range.count;
      }),
    };
  },
  gradient: (node, outer) => [place(outer, shapeOf(node.inputs[0]!), node.attributes.ranges)],
  lower(lowering, node) {
    const blocked = blockedBox(lowering, node.inputs[0]!, {
      whole: shapeOf(node.inputs[0]!),
      ranges: node.attributes.ranges,
    });
    if (blocked !== undefined) {
      const { value, axis, start, count } = blocked;
      const range = [[start], [start + count], [axis], [1]].map((entry) => lowering.ints(entry));
      const piece = lowering.add("Slice", [value, ...range]);
      return lowering.keepBlocked(anyNode(node), piece);
    }
    const axes = node.attributes.ranges.flatMap((r, axis) => (r === null ? [] : [axis]));
    const ranges = axes.map((axis) => node.attributes.ranges[axis]!);
    const ends = ranges.map((r) => {
      const end = r.start + r.step * r.count;
      // ONNX counts a negative end from the back; below zero means "past the first element" here.
      return r.step < 0 && end < 0 ? Number.MIN_SAFE_INTEGER : end;
    });
    return lowering.add("Slice", [
      lowering.value(node.inputs[0]!),
      lowering.ints(ranges.map((r) => r.start)),
      lowering.ints(ends),
      lowering.ints(axes),
      lowering.ints(ranges.map((r) => r.step)),
    ]);
  },
  evaluate([x], { ranges }) {
    const own = stridesOf(x!.shape);
    const shape = x!.shape.map((size, axis) => ranges[axis]?.count ?? size);
    return fillByIndex(shape, (index) => {
      let offset = 0;
      for (let axis = 0; axis < index.length; axis++) {
        const range = ranges[axis];
        const i = range ? range.start + range.step * index[axis]! : index[axis]!;
        offset += i * own[axis]!;
      }
      return x!.data[offset]!;
    });
  },
};

export const placeOperator: Operator<PlaceAttributes> = {
  name: "place",
  infer: ([x], { shape }) => ({ kind: x!.kind, shape }),
  gradient: (node, outer) => [slice(outer, node.attributes.ranges)],
  lower(lowering, node) {
    const shape = concrete(node.attributes.shape, "lower a placement");
    const blocked = blockedBox(lowering, node.inputs[0]!, {
      whole: shape,
      ranges: node.attributes.ranges,
    });
    if (blocked !== undefined) return placeBlocked(lowering, node, blocked);
    let value = lowering.value(node.inputs[0]!);
    const current = [...concrete(shapeOf(node.inputs[0]!), "lower a placement")];
    node.attributes.ranges.forEach((range, axis) => {
      if (range === null) return;
      if (range.step < 0) value = reverse(lowering, value, axis);
      value = spread(lowering, value, current, { axis, step: Math.abs(range.step) });
    });
    const before = shape.map((_, axis) => {
      const range = node.attributes.ranges[axis] ?? null;
      if (range === null) return 0;
      return range.step < 0 ? range.start + range.step * (range.count - 1) : range.start;
    });
    const after = shape.map((size, axis) => size - before[axis]! - current[axis]!);
    if ([...before, ...after].every((n) => n === 0)) return lowering.add("Identity", [value]);
    return lowering.add("Pad", [value, lowering.ints([...before, ...after])]);
  },
  evaluate([x], { shape, ranges }) {
    const sizes = concrete(shape, "place");
    const strides = stridesOf(sizes);
    const data = new Float64Array(sizes.reduce((n, s) => n * s, 1));
    let at = 0;
    fillByIndex(x!.shape, (index) => {
      let offset = 0;
      for (let axis = 0; axis < index.length; axis++) {
        const range = ranges[axis];
        offset += (range ? range.start + range.step * index[axis]! : index[axis]!) * strides[axis]!;
      }
      data[offset] = x!.data[at++]!;
      return 0;
    });
    return { shape: sizes, data };
  },
};

/** A box of a blocked value: a run of images or of whole blocks of channels, all of the rest. */
interface BlockedBox {
  readonly value: string;
  readonly axis: number;
  readonly start: number;
  readonly count: number;
  /** Size of the axis that the box is a part of. */
  readonly total: number;
}

/**
 * @param x what is sliced, or what is placed
 * @param options.whole shape of what the box is a part of
 */
function blockedBox(
  lowering: Lowering,
  x: Node,
  { whole, ranges }: { whole: readonly Dim[]; ranges: readonly (Range | null)[] },
): BlockedBox | undefined {
  const value = lowering.blocked(x);
  const cut = ranges.flatMap((range, axis) => (range === null ? [] : [{ range, axis }]));
  const [{ range, axis } = { range: undefined, axis: 0 }] = cut;
  if (value === undefined || range === undefined || cut.length > 1) return undefined;
  const fits =
    fitsBlocked(lowering, whole) &&
    isConcrete(whole) &&
    range.step === 1 &&
    (axis === 0 ||
      (axis === 1 && [range.start, range.count].every((n) => n % lowering.block === 0)));
  if (!fits) return undefined;
  const each = axis === 0 && whole.length === 5 ? whole[2]! : 1;
  const total = whole[axis]! * each;
  return { value, axis, start: range.start * each, count: range.count * each, total };
}

/** The box between zeros, joined along its axis. */
function placeBlocked(
  lowering: Lowering,
  node: Node<PlaceAttributes>,
  { value, axis, start, count, total }: BlockedBox,
): string {
  const [n = 0, c = 0, ...space] = concrete(node.attributes.shape, "lower a placement");
  const depth = space.length === 3 ? space[0]! : 1;
  const zeros = (size: number) => {
    const sizes = [n * depth, c, ...space.slice(-2)].map((s, i) => (i === axis ? size : s));
    return size === 0 ? [] : [lowering.add("ConstantOfShape", [lowering.ints(sizes)])];
  };
  const parts = [...zeros(start), value, ...zeros(total - start - count)];
  const joined = parts.length === 1 ? value : lowering.add("Concat", parts, { axis });
  return lowering.keepBlocked(anyNode(node), joined);
}

function reverse(lowering: Lowering, value: string, axis: number): string {
  return lowering.add("Slice", [
    value,
    lowering.ints([-1]),
    lowering.ints([Number.MIN_SAFE_INTEGER]),
    lowering.ints([axis]),
    lowering.ints([-1]),
  ]);
}

/** Puts `step − 1` zeros between neighbours along an axis; `sizes` is updated. */
function spread(
  lowering: Lowering,
  value: string,
  sizes: number[],
  { axis, step }: { axis: number; step: number },
): string {
  const size = sizes[axis]!;
  if (step === 1 || size === 1) return value;
  const split = [...sizes.slice(0, axis + 1), 1, ...sizes.slice(axis + 1)];
  const apart = lowering.add("Reshape", [value, lowering.ints(split)]);
  const pads = new Array<number>(2 * split.length).fill(0);
  pads[split.length + axis + 1] = step - 1;
  const padded = lowering.add("Pad", [apart, lowering.ints(pads)]);
  sizes[axis] = size * step;
  const joined = lowering.add("Reshape", [padded, lowering.ints(sizes)]);
  sizes[axis] = (size - 1) * step + 1;
  return lowering.add("Slice", [
    joined,
    lowering.ints([0]),
    lowering.ints([sizes[axis]!]),
    lowering.ints([axis]),
    lowering.ints([1]),
  ]);
}

/** A box of `x`; a range for each axis, or `null` for the whole axis. */
export function slice(x: Node, ranges: readonly (Range | null)[]): Node {
  return ranges.every((r) => r === null) ? x : apply(sliceOperator, [x], { ranges });
}

/** `count` elements from `start` along one axis. */
export function sliceAxis(
  x: Node,
  axis: number,
  { start, count, step = 1 }: { start: number; count: number; step?: number },
): Node {
  return slice(
    x,
    shapeOf(x).map((_, i) => (i === axis ? { start, count, step } : null)),
  );
}

/** `x` turned round along one axis of known size. */
export function flip(x: Node, axis: number): Node {
  const size = concrete([shapeOf(x)[axis]!], "flip")[0]!;
  return sliceAxis(x, axis, { start: size - 1, count: size, step: -1 });
}

/** Zeros of the given shape with `x` put at the ranges. */
export function place(x: Node, shape: readonly Dim[], ranges: readonly (Range | null)[]): Node {
  return ranges.every((r) => r === null) ? x : apply(placeOperator, [x], { shape, ranges });
}

export const suite: Suite = {
  sample(stream) {
    const shape = sampleShape(stream).map((size) => size + 2);
    const ranges = shape.map((size): Range | null => {
      if (stream.uniform() < 0.3) return null;
      const step = (1 + stream.integer(2)) * (stream.uniform() < 0.3 ? -1 : 1);
      const start = stream.integer(size);
      const room = step > 0 ? Math.ceil((size - start) / step) : Math.floor(start / -step) + 1;
      return { start, count: 1 + stream.integer(room), step };
    });
    if (stream.uniform() < 0.5) return { inputs: [{ shape }], build: ([x]) => slice(x!, ranges) };
    const small = shape.map((size, axis) => ranges[axis]?.count ?? size);
    return { inputs: [{ shape: small }], build: ([x]) => place(x!, shape, ranges) };
  },
  differentiable: "twice",
};
