/**
 * Convolution in the CPU provider's blocked layout (domain `com.microsoft.nchwc`), whose values stay blocked from
 * layer to layer.
 *
 * The provider knows planar convolutions alone. A volume's depth is its batch axis here: for every plane of the kernel,
 * the input planes that the output planes meet are convolved in two dimensions, and each result is added to
 * the one before inside the operator.
 */
import { type DepthGeometry, metPlanes, pickPlanes } from "./depth-planes.ts";
import type { ConvGeometry } from "./conv-attributes.ts";
import { concrete, isConcrete } from "./dimension.ts";
import type { AttributeShorthand, Lowering } from "./lowering.ts";
import { type Node, shapeOf } from "./node.ts";

const nchwc = { domain: "com.microsoft.nchwc" };

/** What the provider may apply to a convolution's result on the way out. */
export type Activation =
  | { readonly name: "Relu" }
  | { readonly name: "LeakyRelu"; readonly slope: number };

export interface ConvEmission {
  readonly x: Node;
  /** Kernel `[O, C, …]`, or `[C, O, …]` of the forward convolution whose adjoint this is. */
  readonly w: Node;
  /** Whether the kernel is turned round and its channels exchanged. */
  readonly adjoint: boolean;
  readonly geometry: ConvGeometry;
  readonly bias?: Node | undefined;
  readonly activation?: Activation;
}

/** Sizes `[O, C, …]` of the kernel as it is applied. */
export function appliedKernel({ w, adjoint }: ConvEmission): readonly number[] {
  const [first = 0, second = 0, ...kernel] = concrete(shapeOf(w), "lower a convolution");
  return adjoint ? [second, first, ...kernel] : [first, second, ...kernel];
}

/** The kernel as it is given; that of an adjoint waits for what else is made of the output gradient. */
export function kernelValue(lowering: Lowering, { x, w, adjoint }: ConvEmission): string {
  const value = lowering.value(w);
  return adjoint ? lowering.after(x, value, concrete(shapeOf(w), "lower a convolution")) : value;
}

/** The depth of a convolution of volumes. */
export function depthOf(
  { images, planes, kernel }: Pick<DepthGeometry, "images" | "planes" | "kernel">,
  { strides, dilations, margins }: ConvGeometry,
): DepthGeometry {
  return {
    images,
    planes,
    kernel,
    stride: strides[0]!,
    dilation: dilations[0]!,
    margins: margins[0]!,
  };
}

/**
 * Adds a convolution in blocked layout as `node`'s value; undefined where that layout does not fit: groups, sizes
 * unknown, channels in no whole blocks. An input of fewer channels than a block is read in the ordinary layout, an
 * output of fewer is computed as a whole block of which the rest is dropped.
 */
export function emitBlockedConv(
  lowering: Lowering,
  node: Node,
  emission: ConvEmission,
): string | undefined {
  const { x, geometry } = emission;
  const b = lowering.block;
  const rank = geometry.strides.length;
  const [o = 0, c = 0, ...kernel] = appliedKernel(emission);
  const wholeInput = c % b === 0;
  const fits =
    b > 0 &&
    geometry.groups === 1 &&
    (rank === 2 || (rank === 3 && isConcrete(shapeOf(x)))) &&
    (wholeInput || c < b) &&
    (o % b === 0 ||
      (o < b && lowering.blocked(x) !== undefined && emission.activation === undefined));
  if (!fits) return undefined;
  const outputs = Math.ceil(o / b) * b;
  const kernels = blockKernel(lowering, emission, outputs);
  const source = wholeInput ? lowering.toBlocked(x) : lowering.planes(x);
  const bias = emission.bias === undefined ? "" : paddedBias(lowering, emission.bias, outputs - o);
  const [strides, dilations, margins] = [
    geometry.strides,
    geometry.dilations,
    geometry.margins,
  ].map((entries) => entries.slice(rank - 2)) as [
    number[],
    number[],
    (readonly [number, number])[],
  ];
  const attributes = {
    strides,
    dilations,
    pads: [...margins.map((m) => m[0]), ...margins.map((m) => m[1])],
    kernel_shape: kernel.slice(rank - 2),
    group: 1,
  };
  const taps = tapsOf(lowering, { emission, source, kernels });
  const total = taps.reduce((sum, tap, i) => {
    const last = i === taps.length - 1 ? activationAttributes(emission.activation) : {};
    const inputs = [tap.image, tap.kernel, ...(i === 0 ? [bias] : ["", sum])];
    while (inputs.at(-1) === "") inputs.pop();
    return lowering.add("Conv", inputs, { ...attributes, ...last }, nchwc);
  }, "");
  if (outputs === o) return lowering.keepBlocked(node, total);
  const few = lowering.add("ReorderOutput", [total], { channels: o }, nchwc);
  return rank === 2 ? few : lowering.keepPlanes(node, few);
}

function activationAttributes(
  activation: Activation | undefined,
): Record<string, AttributeShorthand> {
  if (activation === undefined) return {};
  const { name } = activation;
  if (name === "Relu") return { activation: name };
  return { activation: name, activation_params: { type: "floats", value: [activation.slope] } };
}

function paddedBias(lowering: Lowering, bias: Node, missing: number): string {
  const value = lowering.value(bias);
  return missing === 0 ? value : lowering.add("Pad", [value, lowering.ints([0, missing])]);
}

interface Tap {
  readonly image: string;
  readonly kernel: string;
}

/** Planar convolutions whose results add up to the whole one: itself, or one for each plane of the kernel. */
function tapsOf(
  lowering: Lowering,
  { emission, source, kernels }: { emission: ConvEmission; source: string; kernels: Kernels },
): Tap[] {
  const { x, geometry } = emission;
  if (geometry.strides.length === 2) return [{ image: source, kernel: kernels.plane(0) }];
  const [images = 0, c = 0, planes = 0, h = 0, w = 0] = concrete(shapeOf(x), "lower a convolution");
  const [, , kernel = 0] = appliedKernel(emission);
  const depth = depthOf({ images, planes, kernel }, geometry);
  const shape = [images * planes, c, h, w];
  const met = metPlanes(depth)
    .map((chosen, k) => ({ chosen, k }))
    .filter(({ chosen }) => chosen.some((row) => row >= 0));
  // The plane that takes the input as it lies comes first: nothing is copied for it.
  const copied = ({ chosen }: { chosen: readonly number[] }) => (chosen.includes(-1) ? 1 : 0);
  met.sort((a, b) => copied(a) - copied(b));
  return met.map(({ chosen, k }) => ({
    image: pickPlanes(lowering, source, { chosen, shape }),
    kernel: kernels.plane(k),
  }));
}

interface Kernels {
  /** Blocked kernel of one plane. */
  plane(k: number): string;
}

/**
 * Kernel reordered to `[kd, O/b, C/b, kh·kw, b_C, b_O]`, or `[kd, O/b, C, kh·kw, b_O]` of an input in ordinary
 * layout; each plane under the shape `[O, C, kh, kw]`. Rows of zeros make up for missing outputs.
 */
function blockKernel(lowering: Lowering, emission: ConvEmission, outputs: number): Kernels {
  const b = lowering.block;
  const { adjoint } = emission;
  const [o = 0, c = 0, ...kernel] = appliedKernel(emission);
  const [kh = 0, kw = 0] = kernel.slice(-2);
  const kd = kernel.length === 3 ? kernel[0]! : 1;
  let value = kernelValue(lowering, emission);
  if (outputs > o) {
    const pads = new Array<number>(2 * (kernel.length + 2)).fill(0);
    pads[kernel.length + 2 + (adjoint ? 1 : 0)] = outputs - o;
    value = lowering.add("Pad", [value, lowering.ints(pads)]);
  }
  const whole = c % b === 0;
  const [o1, taps] = [outputs / b, kh * kw];
  /** Pairs of neighbouring axes exchanged; the runtime is fast at nothing else. */
  const exchange = (from: string, sizes: readonly number[], perm: readonly number[]) =>
    lowering.add("Transpose", [lowering.add("Reshape", [from, lowering.ints(sizes)])], { perm });
  const depth = kd > 1;
  if (adjoint) {
    // [C, O, kd, p]; a block of inputs to the end first, where there is one.
    if (whole) value = exchange(value, [c / b, b, outputs * kd * taps], [0, 2, 1]);
    const [c1, rest] = whole ? [c / b, taps * b] : [c, taps];
    value = exchange(value, [c1 * o1, b, kd * rest], [0, 2, 1]);
    if (depth) value = exchange(value, [c1, o1, kd, rest * b], [2, 1, 0, 3]);
    else value = exchange(value, [c1, o1, rest * b], [1, 0, 2]);
    if (taps > 1) {
      const turned = lowering.add("Reshape", [
        value,
        lowering.ints([kd * o1 * c1, taps, (rest / taps) * b]),
      ]);
      const turn = [[-1], [Number.MIN_SAFE_INTEGER], [1], [-1]];
      value = lowering.add("Slice", [turned, ...turn.map((entry) => lowering.ints(entry))]);
    }
  } else {
    // [O, C, kd, p]
    const c1 = whole ? c / b : c;
    if (whole) value = exchange(value, [outputs * c1, b, kd * taps], [0, 2, 1]);
    const rest = whole ? taps * b : taps;
    value = exchange(value, [o1, b, c1 * kd * rest], [0, 2, 1]);
    if (depth) value = exchange(value, [o1, c1, kd, rest * b], [2, 0, 1, 3]);
  }
  const planes = lowering.add("Reshape", [value, lowering.ints([kd * outputs, c, kh, kw])]);
  return {
    plane(k) {
      if (!depth) return planes;
      const at = adjoint ? kd - 1 - k : k;
      const range = [[at * outputs], [(at + 1) * outputs], [0], [1]];
      return lowering.add("Slice", [planes, ...range.map((entry) => lowering.ints(entry))]);
    },
  };
}
