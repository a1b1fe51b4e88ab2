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
  if (lowering.provider !== "webgpu" && isTiling(g)) {
    return emitKernelOfTiles(lowering, { x, y, xs, ys, g });
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

/** Whether every input element meets the kernel once: tiles beside each other, as in doubling a grid. */
const isTiling = (g: ConvKernelAttributes) =>
  g.groups === 1 &&
  g.kernel.every((k, axis) => k === g.strides[axis] && k > 1) &&
  g.dilations.every((d) => d === 1) &&
  g.margins.every(([before, after]) => before === 0 && after === 0);

/** Tiles of the input as channels of the output's grid, and one product of matrices: `[O, N·…] · [N·…, C·k…]`. */
function emitKernelOfTiles(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const [n = 0, c = 0, ...sizes] = xs;
  const [, o = 0, ...grid] = ys;
  const rank = grid.length;
  const used = grid.map((size, axis) => size * g.kernel[axis]!);
  let image = lowering.value(x);
  if (used.some((size, axis) => size < sizes[axis]!)) {
    const axes = grid.map((_, axis) => axis + 2);
    const range = [axes.map(() => 0), used, axes, axes.map(() => 1)];
    image = lowering.add("Slice", [image, ...range.map((entry) => lowering.ints(entry))]);
  }
  const tiles = grid.flatMap((size, axis) => [size, g.kernel[axis]!]);
  const split = lowering.add("Reshape", [image, lowering.ints([n, c, ...tiles])]);
  const gridAxes = grid.map((_, axis) => 2 + 2 * axis);
  const kernelAxes = grid.map((_, axis) => 3 + 2 * axis);
  const count = grid.reduce((total, size) => total * size, n);
  const rows = lowering.add("Transpose", [split], { perm: [0, ...gridAxes, 1, ...kernelAxes] });
  const matrix = lowering.add("Reshape", [rows, lowering.ints([count, c * sizeOf(g.kernel)])]);
  const spatial = Array.from({ length: rank }, (_, axis) => axis + 2);
  const outer = lowering.add("Transpose", [lowering.value(y)], { perm: [1, 0, ...spatial] });
  const left = lowering.add("Reshape", [outer, lowering.ints([o, count])]);
  const product = lowering.add("MatMul", [left, matrix]);
  return lowering.add("Reshape", [product, lowering.ints([o, c, ...g.kernel])]);
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

/**
 * Planes as images: each input plane meets, for every plane of the kernel, one plane of the output gradient or none; those are
 * gathered as so many more outputs, and the input is read as it lies.
 */
function emitKernelOfVolumes(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const [images, c, planes, h, w] = xs as [number, number, number, number, number];
  const [, o, count, oh, ow] = ys as [number, number, number, number, number];
  const [kd, kh, kw] = g.kernel as [number, number, number];
  const { image, block } = layoutOf(lowering, x, g.dilations[2]!);
  const met = metPlanes(depthOf({ images, planes, kernel: kd }, g), count);
  const chosen = new Array<number>(images * planes * kd).fill(-1);
  met.forEach((rows, k) => {
    rows.forEach((input, output) => {
      if (input >= 0) chosen[input * kd + k] = output;
    });
  });
  const kernel = emitKernelByGroups(lowering, {
    image,
    block,
    outer: pickPlanes(lowering, lowering.planes(y), { chosen, shape: [images * count, o, oh, ow] }),
    xs: [images * planes, c, h, w],
    ys: [images * planes, kd * o, oh, ow],
    g: {
      ...g,
      strides: g.strides.slice(1),
      dilations: g.dilations.slice(1),
      margins: g.margins.slice(1),
      kernel: [kh, kw],
    },
  });
  const apart = lowering.add("Reshape", [kernel, lowering.ints([kd, o, c, kh, kw])]);
  return lowering.add("Transpose", [apart], { perm: [1, 2, 0, 3, 4] });
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
 *
 * The runtime unfolds the input kh·kw times and multiplies matrices of O rows: slow where O is small and
 * planes are large. There the gradient is copied kh times, each shifted by a row, as kh·O outputs, and the
 * input is unfolded kw times only.
 */
function emitKernelByGroups(lowering: Lowering, emission: GroupEmission): string {
  const { image, block: b, outer, xs, ys, g } = stackedWherePaying(lowering, emission);
  const [n, c, h, w] = xs as [number, number, number, number];
  const [, o, oh, ow] = ys as [number, number, number, number];
  const [kh, kw] = g.kernel as [number, number];
  const [dh, dw] = g.dilations as [number, number];
  const [[top], [left]] = g.margins as [readonly [number, number], readonly [number, number]];
  // Margins that make the output exactly the kernel's size.
  const bottom = oh - 1 + dh * (kh - 1) + 1 - h - top;
  const right = ow - 1 + dw * (kw - 1) + 1 - w - left;
  const byRows = kh > 1 && o <= 64 && oh * ow >= 2048;
  const shifts = byRows ? kh : 1;
  const height = byRows ? oh + dh * (kh - 1) : oh;
  const shifted = byRows ? shiftedRows(lowering, outer, { sizes: [n, o, oh, ow], kh, dh }) : outer;
  const input = lowering.add("Reshape", [image, lowering.ints([1, n, c / b, h, w * b])]);
  const kernel = lowering.add("Reshape", [
    shifted,
    lowering.ints([n * o * shifts, 1, 1, height, ow]),
  ]);
  const strides = b > 1 ? [1, dh, 1] : [1, dh, dw];
  const products = lowering.add("Conv", [input, kernel], {
    group: n,
    kernel_shape: [1, height, ow],
    strides,
    dilations: [1, 1, b],
    pads: [0, top, left * b, 0, bottom, right * b],
  });
  const rows = kh / shifts;
  const apart = lowering.add("Reshape", [
    products,
    lowering.ints([n, o, shifts, c / b, rows, kw, b]),
  ]);
  const summed =
    n === 1 ? apart : lowering.add("ReduceSum", [apart, lowering.ints([0])], { keepdims: 0 });
  const exchange = (from: string, sizes: readonly number[], perm: readonly number[]) =>
    lowering.add("Transpose", [lowering.add("Reshape", [from, lowering.ints(sizes)])], { perm });
  let kernels = summed;
  if (shifts > 1) kernels = exchange(kernels, [o, shifts, c / b, kw * b], [0, 2, 1, 3]);
  if (b > 1) kernels = exchange(kernels, [(o * c) / b, kh * kw, b], [0, 2, 1]);
  return lowering.add("Reshape", [kernels, lowering.ints([o, c, kh, kw])]);
}

/**
 * Images below each other as one tall image, zeros between them, where a kernel for each image would take more
 * than the images: small planes of many channels. Nothing is then summed over images.
 */
function stackedWherePaying(lowering: Lowering, emission: GroupEmission): GroupEmission {
  const { image, block: b, outer, xs, ys, g } = emission;
  const [n, c, h, w] = xs as [number, number, number, number];
  const [, o, oh, ow] = ys as [number, number, number, number];
  const [kh, kw] = g.kernel as [number, number];
  const reach = g.dilations[0]! * (kh - 1);
  const [top] = g.margins[0]!;
  const paying = n > 1 && n * o * c * kh * kw > 2 * (sizeOf(xs) + sizeOf(ys));
  if (!paying || top > reach) return emission;
  // No row of one image meets a row of the next.
  const pitch = Math.max(h + Math.max(top, oh + reach - h - top), oh);
  const stack = (value: string, sizes: readonly number[]) => {
    const [, channels, height, width] = sizes as [number, number, number, number];
    const split = lowering.add("Reshape", [value, lowering.ints(sizes)]);
    const pads = lowering.ints([0, 0, 0, 0, 0, 0, pitch - height, 0]);
    const padded = pitch === height ? split : lowering.add("Pad", [split, pads]);
    const moved = lowering.add("Transpose", [padded], { perm: [1, 0, 2, 3] });
    return lowering.add("Reshape", [moved, lowering.ints([1, channels, n * pitch, width])]);
  };
  return {
    image: stack(image, [n, c / b, h, w * b]),
    block: b,
    outer: stack(outer, [n, o, oh, ow]),
    xs: [1, c, n * pitch, w],
    ys: [1, o, n * pitch, ow],
    g,
  };
}

/** `[n, O, h, w]` shifted down by 0, d, 2d … rows between zeros: `[n, O, kh, h + d·(kh − 1), w]`. */
function shiftedRows(
  lowering: Lowering,
  value: string,
  { sizes, kh, dh }: { sizes: readonly number[]; kh: number; dh: number },
): string {
  const height = sizes[2]!;
  const padded = lowering.add("Pad", [value, lowering.ints([0, 0, 0, 0, 0, 0, 1, 0])]);
  const total = height + dh * (kh - 1);
  const rows = Array.from({ length: kh * total }, (_, i) => {
    const row = (i % total) - dh * Math.floor(i / total);
    return row < 0 || row >= height ? height : row;
  });
  return lowering.add("Gather", [padded, lowering.ints(rows, [kh, total])], { axis: 2 });
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
