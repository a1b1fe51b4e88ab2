/**
 * Convolution and its adjoints as ONNX nodes. The choices follow measurements in docs/engine.md:
 *
 * - input adjoint at stride 1: a plain Conv with the turned, transposed kernel;
 * - kernel adjoint: a Conv that takes the output gradient as kernel, images as groups;
 * - on the CPU in training programs, the provider's blocked layout (channels in blocks of 16 or 8),
 *   whose values stay blocked from layer to layer;
 * - three dimensions on WebGPU, which has no such Conv: planar ones over depth-shifted slices.
 */
import { InputError } from "../core/errors.ts";
import { concrete } from "./dimension.ts";
import type { Lowering } from "./lowering.ts";
import type { Node } from "./node.ts";
import type { ConvGeometry, ConvInputAttributes, ConvKernelAttributes } from "./conv-attributes.ts";

const nchwc = { domain: "com.microsoft.nchwc" };

const onnxGeometry = (g: ConvGeometry) => ({
  strides: g.strides,
  dilations: g.dilations,
  pads: [...g.margins.map((m) => m[0]), ...g.margins.map((m) => m[1])],
});

/** Whether the blocked layout applies: planar, one group, channels in whole blocks. */
function fitsBlocks(lowering: Lowering, g: ConvGeometry, channels: readonly number[]): boolean {
  return (
    lowering.block > 0 &&
    g.strides.length === 2 &&
    g.groups === 1 &&
    channels.every((c) => c % lowering.block === 0)
  );
}

/** Kernel `[O, C, kh, kw]` reordered to `[O/b, C/b, kh, kw, b_C, b_O]` under its old shape. */
function blockKernel(lowering: Lowering, kernel: string, shape: readonly number[]): string {
  const [o, c, kh, kw] = shape as [number, number, number, number];
  const b = lowering.block;
  const split = lowering.add("Reshape", [kernel, lowering.ints([o / b, b, c / b, b, kh, kw])]);
  const moved = lowering.add("Transpose", [split], { perm: [0, 2, 4, 5, 3, 1] });
  return lowering.add("Reshape", [moved, lowering.ints([o, c, kh, kw])]);
}

/** Kernel of the adjoint: turned round in space, input and output channels exchanged, `[C, O, …]`. */
function adjointKernel(lowering: Lowering, kernel: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, i) => i + 2);
  const turned = lowering.add("Slice", [
    kernel,
    lowering.ints(axes.map(() => -1)),
    lowering.ints(axes.map(() => Number.MIN_SAFE_INTEGER)),
    lowering.ints(axes),
    lowering.ints(axes.map(() => -1)),
  ]);
  return lowering.add("Transpose", [turned], { perm: [1, 0, ...axes] });
}

export function lowerConv(lowering: Lowering, node: Node<ConvGeometry>): string {
  return emitConv(lowering, node as unknown as Node, emissionOf(lowering, node));
}

function emissionOf(lowering: Lowering, node: Node<ConvGeometry>): Emission {
  const [x, w, bias] = node.inputs as [Node, Node, Node?];
  return {
    x,
    kernel: lowering.value(w),
    kernelShape: concrete(w.type.shape, "lower a convolution"),
    geometry: node.attributes,
    bias: bias === undefined ? undefined : lowering.value(bias),
  };
}

/**
 * A ReLU of a convolution that nothing else reads, as one blocked node; undefined where that form
 * does not apply. The convolution alone, lowered before, is then dead.
 */
export function lowerRectifiedConv(lowering: Lowering, relu: Node, conv: Node): string | undefined {
  if (lowering.users(conv) !== 1 || lowering.blocked(conv) === undefined) return undefined;
  const emission = emissionOf(lowering, conv as unknown as Node<ConvGeometry>);
  return emitConv(lowering, relu, { ...emission, activation: "Relu" });
}

interface Emission {
  readonly x: Node;
  readonly kernel: string;
  readonly kernelShape: readonly number[];
  readonly geometry: ConvGeometry;
  readonly bias?: string | undefined;
  readonly activation?: "Relu";
}

function emitConv(lowering: Lowering, node: Node, emission: Emission): string {
  const { x, kernel, kernelShape, geometry, bias, activation } = emission;
  const attributes = {
    ...onnxGeometry(geometry),
    group: geometry.groups,
    kernel_shape: kernelShape.slice(2),
  };
  const [o, c] = kernelShape as [number, number];
  if (fitsBlocks(lowering, geometry, [o, c])) {
    const blocked = blockKernel(lowering, kernel, kernelShape);
    const inputs = [lowering.toBlocked(x), blocked, ...(bias === undefined ? [] : [bias])];
    const fused = activation === undefined ? attributes : { ...attributes, activation };
    return lowering.keepBlocked(node, lowering.add("Conv", inputs, fused, nchwc));
  }
  if (geometry.strides.length === 3 && lowering.provider === "webgpu") {
    const product = emitConvByPlanes(lowering, emission);
    if (bias === undefined) return product;
    const column = lowering.add("Reshape", [bias, lowering.ints([1, kernelShape[0]!, 1, 1, 1])]);
    return lowering.add("Add", [product, column]);
  }
  const inputs = [lowering.value(x), kernel, ...(bias === undefined ? [] : [bias])];
  return lowering.add("Conv", inputs, attributes);
}

/**
 * Three-dimensional convolution without a three-dimensional operator: for every kernel plane, the
 * input planes that it meets are folded into the batch and convolved in two dimensions.
 */
function emitConvByPlanes(
  lowering: Lowering,
  { x, kernel, kernelShape, geometry }: Emission,
): string {
  const [n, c, d, h, w] = concrete(x.type.shape, "lower a 3-D convolution for WebGPU") as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [o, perGroup, kd, kh, kw] = kernelShape as [number, number, number, number, number];
  const [[front, back], ...planar] = geometry.margins as [
    readonly [number, number],
    ...(readonly [number, number])[],
  ];
  const [strideD, ...strides] = geometry.strides as [number, ...number[]];
  const [dilationD, ...dilations] = geometry.dilations as [number, ...number[]];
  const planes = Math.floor((d + front + back - dilationD * (kd - 1) - 1) / strideD) + 1;
  const padded = lowering.add("Pad", [
    lowering.value(x),
    lowering.ints([0, 0, front, 0, 0, 0, 0, back, 0, 0]),
  ]);
  // [N, C, D, H, W] → [N, D, C, H, W], so that a run of planes is a run of planar images.
  const moved = lowering.add("Transpose", [padded], { perm: [0, 2, 1, 3, 4] });
  let total: string | undefined;
  for (let k = 0; k < kd; k++) {
    const start = k * dilationD;
    const part = lowering.add("Slice", [
      moved,
      lowering.ints([start]),
      lowering.ints([start + (planes - 1) * strideD + 1]),
      lowering.ints([1]),
      lowering.ints([strideD]),
    ]);
    const images = lowering.add("Reshape", [part, lowering.ints([n * planes, c, h, w])]);
    const plane = lowering.add("Slice", [
      kernel,
      lowering.ints([k]),
      lowering.ints([k + 1]),
      lowering.ints([2]),
      lowering.ints([1]),
    ]);
    const weights = lowering.add("Reshape", [plane, lowering.ints([o, perGroup, kh, kw])]);
    const convolved = lowering.add("Conv", [images, weights], {
      strides,
      dilations,
      pads: [...planar.map((m) => m[0]), ...planar.map((m) => m[1])],
      group: geometry.groups,
      kernel_shape: [kh, kw],
    });
    total = total === undefined ? convolved : lowering.add("Add", [total, convolved]);
  }
  const size = (axis: number) => {
    const [before, after] = geometry.margins[axis]!;
    const reach = geometry.dilations[axis]! * (kernelShape[axis + 2]! - 1) + 1;
    return Math.floor(([d, h, w][axis]! + before + after - reach) / geometry.strides[axis]!) + 1;
  };
  const apart = lowering.add("Reshape", [total!, lowering.ints([n, planes, o, size(1), size(2)])]);
  return lowering.add("Transpose", [apart], { perm: [0, 2, 1, 3, 4] });
}

export function lowerConvInput(lowering: Lowering, node: Node<ConvInputAttributes>): string {
  const [y, w] = node.inputs as [Node, Node];
  const g = node.attributes;
  const shape = concrete(w.type.shape, "lower a convolution's adjoint");
  const rank = g.strides.length;
  const kernel = shape.slice(2);
  const reach = kernel.map((k, axis) => g.dilations[axis]! * (k - 1));
  const plain =
    g.groups === 1 &&
    g.strides.every((s) => s === 1) &&
    g.margins.every(([before, after], axis) => before <= reach[axis]! && after <= reach[axis]!);
  if (plain) {
    return emitConv(lowering, node as unknown as Node, {
      x: y,
      kernel: adjointKernel(lowering, lowering.value(w), rank),
      kernelShape: [shape[1]!, shape[0]!, ...kernel],
      geometry: {
        ...g,
        margins: g.margins.map(([before, after], axis) => [
          reach[axis]! - before,
          reach[axis]! - after,
        ]),
      },
    });
  }
  if (rank === 3 && lowering.provider === "webgpu") {
    throw new InputError(
      `Cannot lower "${node.operator.name}" for provider webgpu: found 3 dimensions with stride ${g.strides.join("x")}, wanted stride 1 or another provider`,
    );
  }
  // output_padding stands for the input elements behind the last stride, which got no contribution.
  const extra = g.size.map((size, axis) => {
    if (typeof size !== "number") return undefined;
    const [before, after] = g.margins[axis]!;
    const n = concrete([y.type.shape[axis + 2]!], "lower a convolution's adjoint")[0]!;
    return size - ((n - 1) * g.strides[axis]! + reach[axis]! + 1 - before - after);
  });
  const outputPadding = extra.map((e) => e ?? 0);
  return lowering.add("ConvTranspose", [lowering.value(y), lowering.value(w)], {
    ...onnxGeometry(g),
    group: g.groups,
    kernel_shape: kernel,
    output_padding: outputPadding,
  });
}

export function lowerConvKernel(lowering: Lowering, node: Node<ConvKernelAttributes>): string {
  const [x, y] = node.inputs as [Node, Node];
  const g = node.attributes;
  const xs = concrete(x.type.shape, "lower a kernel's gradient");
  const ys = concrete(y.type.shape, "lower a kernel's gradient");
  const planar = g.strides.length === 2 && g.groups === 1 && g.strides.every((s) => s === 1);
  if (planar && lowering.provider !== "webgpu") {
    return emitKernelByGroups(lowering, { x, y, xs, ys, g });
  }
  if (g.strides.length === 3 && lowering.provider === "webgpu") {
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

/**
 * Images as groups, the output gradient as kernel, and the input's channels as the depth of a
 * three-dimensional Conv with a kernel of depth one: `[1, N, C, H, W] * [N·O, 1, 1, h, w]` gives
 * `[1, N·O, C, kh, kw]`; the sum over N remains. Nothing is copied but a few reshapes.
 *
 * An input in blocked layout is read as it lies, `[N, C/b, H, W·b]`: a dilation of b along the last
 * axis steps from pixel to pixel, and the kw·b outputs are (kernel column, channel in block).
 */
function emitKernelByGroups(lowering: Lowering, { x, y, xs, ys, g }: KernelEmission): string {
  const [n, c, h, w] = xs as [number, number, number, number];
  const [, o, oh, ow] = ys as [number, number, number, number];
  const [kh, kw] = g.kernel as [number, number];
  const [dh, dw] = g.dilations as [number, number];
  const [[top], [left]] = g.margins as [readonly [number, number], readonly [number, number]];
  // Margins that make the output exactly the kernel's size.
  const bottom = oh - 1 + dh * (kh - 1) + 1 - h - top;
  const right = ow - 1 + dw * (kw - 1) + 1 - w - left;
  const b = lowering.blocked(x) !== undefined && dw === 1 ? lowering.block : 1;
  const image = b > 1 ? lowering.blocked(x)! : lowering.value(x);
  const input = lowering.add("Reshape", [image, lowering.ints([1, n, c / b, h, w * b])]);
  const kernel = lowering.add("Reshape", [lowering.value(y), lowering.ints([n * o, 1, 1, oh, ow])]);
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
