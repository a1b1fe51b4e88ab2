/**
 * The gradient of a convolution's kernel as ONNX nodes: a Conv that takes the output gradient as kernel and images as
 * groups, planes of volumes as images; batch and channel axes exchanged where that does not fit. docs/engine.md has
 * the measurements.
 */
import { sizeOf } from "../core/image.ts";
import { depthOf } from "./blocked-conv.ts";
import type { ConvKernelAttributes } from "./conv-attributes.ts";
import { metPlanes, pickPlanes } from "./depth-planes.ts";
import { concrete } from "./dimension.ts";
import type { Lowering } from "./lowering.ts";
import type { Node } from "./node.ts";

export function lowerConvKernel(lowering: Lowering, node: Node<ConvKernelAttributes>): string {
  const [x, y] = node.inputs as [Node, Node];
  const g = node.attributes;
  const xs = concrete(x.type.shape, "lower a kernel's gradient");
  const ys = concrete(y.type.shape, "lower a kernel's gradient");
  const rank = g.strides.length;
  const planar = rank > 1 && g.groups === 1 && g.strides.slice(rank - 2).every((s) => s === 1);
  // One kernel for every image and plane, summed afterwards: not where that takes more room than the input.
  const summed =
    ys[0]! * (rank === 3 ? ys[2]! : 1) * ys[1]! * xs[1]! * g.kernel.at(-1)! * g.kernel.at(-2)!;
  const roomy = summed <= Math.max(2 ** 24, 4 * sizeOf(xs));
  if (planar && lowering.provider !== "webgpu" && roomy) {
    return rank === 2
      ? emitKernelOfImages(lowering, { x, y, xs, ys, g })
      : emitKernelOfVolumes(lowering, { x, y, xs, ys, g });
  }
  if (rank === 3 && lowering.provider === "webgpu") {
    return emitKernelByPlanes(lowering, { x, y, xs, ys, g });
  }
  return emitKernelBySwap(lowering, {
    image: lowering.value(x),
    kernel: lowering.value(y),
    xs,
    ys,
    g,
  });
}

interface KernelEmission {
  readonly x: Node;
  readonly y: Node;
  readonly xs: readonly number[];
  readonly ys: readonly number[];
  readonly g: ConvKernelAttributes;
}

/** The input as it lies: blocked where it is so and columns follow each other. */
function layoutOf(lowering: Lowering, x: Node, dilation: number) {
  const blocked = dilation === 1 ? lowering.blocked(x) : undefined;
  return blocked === undefined
    ? { image: lowering.planes(x), block: 1 }
    : { image: blocked, block: lowering.block };
}

function emitKernelOfImages(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const { image, block } = layoutOf(lowering, x, g.dilations[1]!);
  return emitKernelByGroups(lowering, { image, block, outer: lowering.value(y), xs, ys, g });
}

/** Planes as images: for every plane of the kernel, the pairs of input and output planes that it couples. */
function emitKernelOfVolumes(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const [images, c, planes, h, w] = xs as [number, number, number, number, number];
  const [, o, count, oh, ow] = ys as [number, number, number, number, number];
  const [kd, kh, kw] = g.kernel as [number, number, number];
  const { image, block } = layoutOf(lowering, x, g.dilations[2]!);
  const outer = lowering.planes(y);
  const planar = {
    ...g,
    strides: g.strides.slice(1),
    dilations: g.dilations.slice(1),
    margins: g.margins.slice(1),
    kernel: [kh, kw],
  };
  const met = metPlanes(depthOf({ images, planes, kernel: kd }, g), count);
  const slabs = met.map((rows) => {
    const pairs = rows.flatMap((input, output) => (input < 0 ? [] : [{ input, output }]));
    if (pairs.length === 0)
      return lowering.add("ConstantOfShape", [lowering.ints([o, c, 1, kh, kw])]);
    const slab = emitKernelByGroups(lowering, {
      image: pickPlanes(lowering, image, {
        chosen: pairs.map(({ input }) => input),
        shape: [images * planes, c, h, w],
      }),
      block,
      outer: pickPlanes(lowering, outer, {
        chosen: pairs.map(({ output }) => output),
        shape: [images * count, o, oh, ow],
      }),
      xs: [pairs.length, c, h, w],
      ys: [pairs.length, o, oh, ow],
      g: planar,
    });
    return lowering.add("Reshape", [slab, lowering.ints([o, c, 1, kh, kw])]);
  });
  return slabs.length === 1 ? slabs[0]! : lowering.add("Concat", slabs, { axis: 2 });
}

interface GroupEmission extends Omit<KernelEmission, "x" | "y"> {
  readonly image: string;
  /** Channels that lie beside each other in the image: the block size, or 1. */
  readonly block: number;
  /** Gradient of the output, in ordinary layout. */
  readonly outer: string;
}

/**
 * Images as groups, the output gradient as kernel, and the input's channels as the depth of a
 * three-dimensional Conv with a kernel of depth one: `[1, N, C, H, W] * [N·O, 1, 1, h, w]` gives
 * `[1, N·O, C, kh, kw]`; the sum over N remains. Nothing is copied but a few reshapes.
 *
 * An input in blocked layout is read as it lies, `[N, C/b, H, W·b]`: a dilation of b along the last
 * axis steps from pixel to pixel, and the kw·b outputs are (kernel column, channel in block).
 */
function emitKernelByGroups(
  lowering: Lowering,
  { image, block: b, outer, xs, ys, g }: GroupEmission,
): string {
  const [n, c, h, w] = xs as [number, number, number, number];
  const [, o, oh, ow] = ys as [number, number, number, number];
  const [kh, kw] = g.kernel as [number, number];
  const [dh, dw] = g.dilations as [number, number];
  const [[top], [left]] = g.margins as [readonly [number, number], readonly [number, number]];
  // Margins that make the output exactly the kernel's size.
  const bottom = oh - 1 + dh * (kh - 1) + 1 - h - top;
  const right = ow - 1 + dw * (kw - 1) + 1 - w - left;
  const input = lowering.add("Reshape", [image, lowering.ints([1, n, c / b, h, w * b])]);
  const kernel = lowering.add("Reshape", [outer, lowering.ints([n * o, 1, 1, oh, ow])]);
  const strides = b > 1 ? [1, dh, 1] : [1, dh, dw];
  const products = lowering.add("Conv", [input, kernel], {
    group: n,
    kernel_shape: [1, oh, ow],
    strides,
    dilations: [1, 1, b],
    pads: [0, top, left * b, 0, bottom, right * b],
  });
  const apart = lowering.add("Reshape", [products, lowering.ints([n, o, c / b, kh, kw, b])]);
  const summed =
    n === 1 ? apart : lowering.add("ReduceSum", [apart, lowering.ints([0])], { keepdims: 0 });
  if (b === 1) return lowering.add("Reshape", [summed, lowering.ints([o, c, kh, kw])]);
  const five = lowering.add("Reshape", [summed, lowering.ints([o, c / b, kh, kw, b])]);
  const moved = lowering.add("Transpose", [five], { perm: [0, 1, 4, 2, 3] });
  return lowering.add("Reshape", [moved, lowering.ints([o, c, kh, kw])]);
}

/**
 * The kernel's gradient in three dimensions without a three-dimensional operator: for every kernel
 * plane, the pairs of input and output planes that it couples, folded into the batch.
 */
function emitKernelByPlanes(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const [n, c, d, h, w] = xs as [number, number, number, number, number];
  const [, o, planes, oh, ow] = ys as [number, number, number, number, number];
  const [kd, ...kernel] = g.kernel as [number, ...number[]];
  const [[front], ...margins] = g.margins as [
    readonly [number, number],
    ...(readonly [number, number])[],
  ];
  const [strideD, ...strides] = g.strides as [number, ...number[]];
  const [dilationD, ...dilations] = g.dilations as [number, ...number[]];
  const back = Math.max(0, (planes - 1) * strideD + dilationD * (kd - 1) + 1 - d - front);
  const padded = lowering.add("Pad", [
    lowering.value(x),
    lowering.ints([0, 0, front, 0, 0, 0, 0, back, 0, 0]),
  ]);
  const moved = lowering.add("Transpose", [padded], { perm: [0, 2, 1, 3, 4] });
  const outer = lowering.add("Transpose", [lowering.value(y)], { perm: [0, 2, 1, 3, 4] });
  const flat = lowering.add("Reshape", [outer, lowering.ints([n * planes, o, oh, ow])]);
  const slabs = Array.from({ length: kd }, (_, k) => {
    const part = lowering.add("Slice", [
      moved,
      lowering.ints([k * dilationD]),
      lowering.ints([k * dilationD + (planes - 1) * strideD + 1]),
      lowering.ints([1]),
      lowering.ints([strideD]),
    ]);
    const slab = emitKernelBySwap(lowering, {
      image: lowering.add("Reshape", [part, lowering.ints([n * planes, c, h, w])]),
      kernel: flat,
      xs: [n * planes, c, h, w],
      ys: [n * planes, o, oh, ow],
      g: { ...g, kernel, margins, strides, dilations },
    });
    return lowering.add("Reshape", [slab, lowering.ints([o, c / g.groups, 1, ...kernel])]);
  });
  return slabs.length === 1 ? slabs[0]! : lowering.add("Concat", slabs, { axis: 2 });
}

/** Batch and channel axes exchanged: `[C, N, …] * [O, N, …]` with strides and dilations swapped gives `[C, O, …]`. */
function emitKernelBySwap(
  lowering: Lowering,
  { xs, ys, g, ...values }: Omit<KernelEmission, "x" | "y"> & { image: string; kernel: string },
): string {
  const rank = g.strides.length;
  const spatial = Array.from({ length: rank }, (_, i) => i + 2);
  const perGroup = xs[1]! / g.groups;
  let image: string;
  let kernel: string;
  if (g.groups === 1) {
    image = lowering.add("Transpose", [values.image], { perm: [1, 0, ...spatial] });
    kernel = lowering.add("Transpose", [values.kernel], { perm: [1, 0, ...spatial] });
  } else {
    // [N, G·c, …] → [c, G·N, …] and [G·o, N, …]: the groups remain groups of channels.
    const moved = (value: string, shape: readonly number[], lead: readonly number[]) => {
      const split = lowering.add("Reshape", [
        value,
        lowering.ints([shape[0]!, g.groups, shape[1]! / g.groups, ...shape.slice(2)]),
      ]);
      return lowering.add("Transpose", [split], {
        perm: [...lead, ...spatial.map((axis) => axis + 1)],
      });
    };
    image = lowering.add("Reshape", [
      moved(values.image, xs, [2, 1, 0]),
      lowering.ints([perGroup, g.groups * xs[0]!, ...xs.slice(2)]),
    ]);
    kernel = lowering.add("Reshape", [
      moved(values.kernel, ys, [1, 2, 0]),
      lowering.ints([ys[1]!, ys[0]!, ...ys.slice(2)]),
    ]);
  }
  const after = g.kernel.map((k, axis) => {
    const reach = g.strides[axis]! * (ys[axis + 2]! - 1) + 1 + g.dilations[axis]! * (k - 1);
    return reach - xs[axis + 2]! - g.margins[axis]![0];
  });
  // Input elements that no output met make the far margin negative: they are cut off.
  const crop = after.some((a) => a < 0);
  if (crop) {
    image = lowering.add("Slice", [
      image,
      lowering.ints(spatial.map(() => 0)),
      lowering.ints(spatial.map((axis, i) => xs[axis]! + Math.min(0, after[i]!))),
      lowering.ints(spatial),
      lowering.ints(spatial.map(() => 1)),
    ]);
  }
  const product = lowering.add("Conv", [image, kernel], {
    group: g.groups,
    kernel_shape: ys.slice(2),
    strides: g.dilations,
    dilations: g.strides,
    pads: [...g.margins.map((m) => m[0]), ...after.map((a) => Math.max(0, a))],
  });
  // [c, O, …] → [O, c, …]
  return lowering.add("Transpose", [product], { perm: [1, 0, ...spatial] });
}
