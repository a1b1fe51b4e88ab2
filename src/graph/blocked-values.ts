/**
 * Values in the CPU provider's blocked layout (`operator.ts` says what that is): which have one, and what is done to
 * them without leaving it, beside convolution.
 */
import { concrete, type Dim, isConcrete, sameShape } from "./dimension.ts";
import type { Lowering } from "./lowering.ts";
import { type Node, shapeOf } from "./node.ts";

const nchwc = { domain: "com.microsoft.nchwc" };

/** Whether the program may hold such a value in blocked layout: planes or volumes, channels in whole blocks. */
export function fitsBlocked(lowering: Lowering, shape: readonly Dim[]): boolean {
  const channels = shape[1];
  return (
    lowering.block > 0 &&
    (shape.length === 4 || (shape.length === 5 && isConcrete(shape))) &&
    typeof channels === "number" &&
    channels % lowering.block === 0
  );
}

/** Whether all of these have a blocked form and some exist in it: what joins them may then stay blocked. */
export function someBlocked(lowering: Lowering, nodes: readonly Node[]): boolean {
  return (
    nodes.some((node) => lowering.blocked(node) !== undefined) &&
    nodes.every((node) => fitsBlocked(lowering, shapeOf(node)))
  );
}

/** The same numbers before they were stretched. */
const unstretched = (node: Node): Node =>
  node.operator.name === "broadcast" ? node.inputs[0]! : node;

/** Numbers that hold for a whole channel, of all images or of each. */
export interface ChannelVector {
  readonly node: Node;
  /** N where each image has its own, 1 otherwise. */
  readonly images: number;
}

/** `node` as one number for every channel of values of a shape `[N, C, …]`; undefined where it is none. */
export function channelVector(node: Node, shape: readonly Dim[]): ChannelVector | undefined {
  const source = unstretched(node);
  const own = shapeOf(source);
  if (!isConcrete(own) || own.length > shape.length) return undefined;
  const full = [...new Array<number>(shape.length - own.length).fill(1), ...own];
  const fits =
    full[1] === shape[1] &&
    (full[0] === 1 || full[0] === shape[0]) &&
    full.slice(2).every((size) => size === 1);
  return fits ? { node: source, images: full[0]! } : undefined;
}

/** One part of a sum: a blocked value times numbers for each channel (1 where absent). */
export interface AffineTerm {
  readonly x: Node;
  readonly scale?: string | undefined;
}

/**
 * Σ scale·x + shift with numbers for each channel, as convolutions of one pixel that work on each channel by itself.
 *
 * @param shape of the values
 * @param images how many images the vectors hold numbers for, 1 or all
 */
export function blockedAffine(
  lowering: Lowering,
  terms: readonly AffineTerm[],
  { shape, images, shift }: { shape: readonly Dim[]; images: number; shift?: string | undefined },
): string {
  const channels = shape[1] as number;
  const depth = shape.length === 5 ? (shape[2] as number) : 1;
  // Channels of each image by themselves: in memory, images are only more blocks of channels.
  const groups = images === 1 ? channels : images * depth * channels;
  const attributes = {
    kernel_shape: [1, 1],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [0, 0, 0, 0],
    group: groups,
  };
  const [h, w] = shape.slice(-2);
  const view = (value: string, sizes: readonly number[]) =>
    lowering.add("Reshape", [value, lowering.ints(sizes)]);
  const vector = (value: string, sizes: readonly number[]) => {
    if (images === 1 || depth === 1) return view(value, sizes);
    const each = view(value, [images, 1, channels]);
    const all = lowering.add("Expand", [each, lowering.ints([images, depth, channels])]);
    return view(all, sizes);
  };
  const ones = () => lowering.floats(new Array(groups).fill(1), [groups, 1, 1, 1]);
  const total = terms.reduce((sum, { x, scale }, i) => {
    const blocked = lowering.toBlocked(x);
    const image = images === 1 ? blocked : view(blocked, [1, groups, h as number, w as number]);
    const kernel = scale === undefined ? ones() : vector(scale, [groups, 1, 1, 1]);
    const bias = i === 0 && shift !== undefined ? vector(shift, [groups]) : "";
    const inputs = [image, kernel, bias, sum];
    while (inputs.at(-1) === "") inputs.pop();
    return lowering.add("Conv", inputs, attributes, nchwc);
  }, "");
  if (images === 1) return total;
  const [n, c, ...rest] = concrete(shape, "leave the blocked layout");
  return view(total, [n! * depth, c!, ...rest.slice(-2)]);
}

/**
 * Mean or sum of a blocked value over axes that hold all of space, kept with size 1, in the ordinary layout; undefined
 * where it does not apply. Rows first, then the rows' sums: float32 loses less than in one long sum.
 */
export function blockedReduction(
  lowering: Lowering,
  x: Node,
  { axes, mean }: { axes: readonly number[]; mean: boolean },
): string | undefined {
  const shape = shapeOf(x);
  const value = lowering.blocked(x);
  const space = shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  if (value === undefined || !isConcrete(shape) || !space.every((axis) => axes.includes(axis))) {
    return undefined;
  }
  const b = lowering.block;
  const [n = 0, c = 0] = shape;
  const [h = 0, w = 0] = shape.slice(-2);
  const depth = shape.length === 5 ? shape[2]! : 1;
  const rows = (n * depth * c * h) / b;
  const lines = lowering.add("Reshape", [value, lowering.ints([rows, b, 1, w])]);
  const means = lowering.add("GlobalAveragePool", [lines], {}, nchwc);
  const apart = lowering.add("Reshape", [means, lowering.ints([n, depth, c / b, h, b])]);
  const over = lowering.add("ReduceMean", [apart], {
    axes: [1, 3, ...(axes.includes(0) ? [0] : []), ...(axes.includes(1) ? [2, 4] : [])],
    keepdims: 0,
  });
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const result = lowering.add("Reshape", [over, lowering.ints(kept)]);
  if (mean) return result;
  const count = axes.reduce((total, axis) => total * shape[axis]!, 1);
  return lowering.add("Mul", [result, lowering.floats([count], [])]);
}

/** Whether inputs of an elementwise operator are of its result's shape or scalars, and some are blocked. */
export function staysBlocked(lowering: Lowering, node: Node): boolean {
  if (node.type.kind !== "float" || !fitsBlocked(lowering, node.type.shape)) return false;
  return (
    node.inputs.some((input) => lowering.blocked(input) !== undefined) &&
    node.inputs.every(
      (input) => input.type.shape.length === 0 || sameShape(input.type.shape, node.type.shape),
    )
  );
}
