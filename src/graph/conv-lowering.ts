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
import {
  type Activation,
  appliedKernel,
  type ConvEmission,
  emitBlockedConv,
  kernelValue,
} from "./blocked-conv.ts";
import { concrete } from "./dimension.ts";
import type { Lowering } from "./lowering.ts";
import { anyNode, type Node } from "./node.ts";
import type { ConvGeometry, ConvInputAttributes } from "./conv-attributes.ts";

const onnxGeometry = (g: ConvGeometry) => ({
  strides: g.strides,
  dilations: g.dilations,
  pads: [...g.margins.map((m) => m[0]), ...g.margins.map((m) => m[1])],
});

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
  return emitConv(lowering, anyNode(node), emissionOf(node));
}

function emissionOf(node: Node<ConvGeometry>): ConvEmission {
  const [x, w, bias] = node.inputs as [Node, Node, Node?];
  return { x, w, adjoint: false, geometry: node.attributes, bias };
}

/**
 * An activation of a convolution that nothing else reads, as one blocked node; undefined where that form
 * does not apply. The convolution alone, lowered before, is then dead.
 */
export function lowerActivatedConv(
  lowering: Lowering,
  node: Node,
  { conv, activation }: { conv: Node; activation: Activation },
): string | undefined {
  if (lowering.users(conv) !== 1 || lowering.blocked(conv) === undefined) return undefined;
  const emission = emissionOf(conv as unknown as Node<ConvGeometry>);
  return emitBlockedConv(lowering, node, { ...emission, activation });
}

function emitConv(lowering: Lowering, node: Node, emission: ConvEmission): string {
  const blocked = emitBlockedConv(lowering, node, emission);
  if (blocked !== undefined) return blocked;
  const { x, adjoint, geometry } = emission;
  const rank = geometry.strides.length;
  const kernelShape = appliedKernel(emission);
  const plain = kernelValue(lowering, emission);
  const kernel = adjoint ? adjointKernel(lowering, plain, rank) : plain;
  const bias = emission.bias === undefined ? undefined : lowering.value(emission.bias);
  if (rank === 3 && lowering.provider === "webgpu") {
    const product = emitConvByPlanes(lowering, { x, kernel, kernelShape, geometry });
    if (bias === undefined) return product;
    const column = lowering.add("Reshape", [bias, lowering.ints([1, kernelShape[0]!, 1, 1, 1])]);
    return lowering.add("Add", [product, column]);
  }
  const inputs = [lowering.value(x), kernel, ...(bias === undefined ? [] : [bias])];
  return lowering.add("Conv", inputs, {
    ...onnxGeometry(geometry),
    group: geometry.groups,
    kernel_shape: kernelShape.slice(2),
  });
}

interface PlanarEmission extends Pick<ConvEmission, "x" | "geometry"> {
  readonly kernel: string;
  readonly kernelShape: readonly number[];
}

/**
 * Three-dimensional convolution without a three-dimensional operator: for every kernel plane, the
 * input planes that it meets are folded into the batch and convolved in two dimensions.
 */
function emitConvByPlanes(
  lowering: Lowering,
  { x, kernel, kernelShape, geometry }: PlanarEmission,
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
    return emitConv(lowering, anyNode(node), {
      x: y,
      w,
      adjoint: true,
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
  const kernelLater = lowering.after(y, lowering.value(w), shape);
  return lowering.add("ConvTranspose", [lowering.value(y), kernelLater], {
    ...onnxGeometry(g),
    group: g.groups,
    kernel_shape: kernel,
    output_padding: outputPadding,
  });
}
