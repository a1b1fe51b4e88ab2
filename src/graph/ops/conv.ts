/**
 * Convolution (cross-correlation, as networks use it) in one, two or three dimensions and its two
 * adjoints. The three are closed under differentiation, so they share a file. With x `[N, C, …]`,
 * w `[O, C/groups, …]`, y `[N, O, …]`, stride s, dilation d and margins p, over the kernel index k:
 *
 *   conv            y[n,o,i] = Σ_{c,k} w[o,c,k] x[n,c, s·i + d·k − p]  (+ bias[o])
 *   input adjoint   x[n,c,j] = Σ_{o,k,i : s·i + d·k − p = j} w[o,c,k] y[n,o,i]
 *   kernel adjoint  w[o,c,k] = Σ_{n,i} y[n,o,i] x[n,c, s·i + d·k − p]
 *
 *   ∂/∂x conv(x, w) = input(g, w),    ∂/∂w = kernel(x, g)
 *   ∂/∂y input(y, w) = conv(g, w),    ∂/∂w = kernel(g, y)
 *   ∂/∂x kernel(x, y) = input(y, g),  ∂/∂y = conv(x, g)
 */
import { InputError } from "../../core/errors.ts";
import type { Stream } from "../../core/random.ts";
import { addDim, concrete, type Dim, floorDivideDim, multiplyDim } from "../dimension.ts";
import { apply, expectKind, type Node, type Operator, shapeOf } from "../node.ts";
import type { Sample, Suite } from "../suite.ts";
import { lowerConvKernel } from "../conv-kernel-lowering.ts";
import { lowerConv, lowerConvInput } from "../conv-lowering.ts";
import type {
  ConvGeometry,
  ConvInputAttributes,
  ConvKernelAttributes,
} from "../conv-attributes.ts";
import { correlate, correlateInput, correlateKernel } from "../conv-evaluation.ts";
import { add } from "./add.ts";
import { reshape } from "./reshape.ts";
import { sum } from "./sum.ts";

function outputSize(input: Dim, kernel: Dim, g: ConvGeometry, axis: number): Dim {
  const k = concrete([kernel], "convolve with a kernel")[0]!;
  const [before, after] = g.margins[axis]!;
  const reach = g.dilations[axis]! * (k - 1) + 1;
  const out = addDim(floorDivideDim(addDim(input, before + after - reach), g.strides[axis]!), 1);
  if (typeof out === "number" && out < 1) {
    throw new InputError(
      `Cannot convolve: found size ${input} with margins ${before} and ${after}, wanted at least the kernel's reach of ${reach}`,
    );
  }
  return out;
}

export const convOperator: Operator<ConvGeometry> = {
  name: "conv",
  infer(inputs, g) {
    expectKind("conv", inputs, "float");
    const [x, w, bias] = inputs;
    const rank = g.strides.length;
    const channels = x!.shape[1]!;
    const perGroup = w!.shape[1]!;
    const fits =
      x!.shape.length === rank + 2 &&
      w!.shape.length === rank + 2 &&
      typeof channels === "number" &&
      typeof perGroup === "number" &&
      channels === perGroup * g.groups &&
      concrete(w!.shape, "convolve with a kernel")[0]! % g.groups === 0;
    if (!fits) {
      throw new InputError(
        `Cannot convolve: found image [${x!.shape.join(", ")}] and kernel [${w!.shape.join(", ")}] in ${g.groups} groups, wanted [N, C, …] and [O, C/groups, …] with ${rank} spatial axes`,
      );
    }
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== w!.shape[0])) {
      throw new InputError(
        `Cannot convolve: found bias [${bias.shape.join(", ")}], wanted [${w!.shape[0]}]`,
      );
    }
    const spatial = g.strides.map((_, axis) =>
      outputSize(x!.shape[axis + 2]!, w!.shape[axis + 2]!, g, axis),
    );
    return { kind: "float", shape: [x!.shape[0]!, w!.shape[0]!, ...spatial] };
  },
  gradient({ inputs: [x, w, bias], attributes }, outer) {
    const rank = attributes.strides.length;
    return [
      convInput(outer, w!, { ...attributes, size: shapeOf(x!).slice(2) }),
      convKernel(x!, outer, {
        ...attributes,
        kernel: concrete(shapeOf(w!), "differentiate a convolution").slice(2),
      }),
      ...(bias === undefined
        ? []
        : [sum(outer, [0, ...Array.from({ length: rank }, (_, axis) => axis + 2)])]),
    ];
  },
  lower: lowerConv,
  evaluate: ([x, w, bias], g) => correlate(x!, w!, { ...g, bias }),
};

export const convInputOperator: Operator<ConvInputAttributes> = {
  name: "conv input adjoint",
  infer([y, w], { size, groups }) {
    const channels = concrete(w!.shape, "convolve with a kernel")[1]! * groups;
    return { kind: "float", shape: [y!.shape[0]!, channels, ...size] };
  },
  gradient({ inputs: [y, w], attributes }, outer) {
    return [
      apply(convOperator, [outer, w!], attributes),
      convKernel(outer, y!, {
        ...attributes,
        kernel: concrete(shapeOf(w!), "differentiate a convolution").slice(2),
      }),
    ];
  },
  lower: lowerConvInput,
  evaluate: ([y, w], g) => correlateInput(y!, w!, g),
};

export const convKernelOperator: Operator<ConvKernelAttributes> = {
  name: "conv kernel adjoint",
  infer([x, y], { kernel, groups }) {
    const channels = concrete([x!.shape[1]!], "differentiate a kernel")[0]!;
    return { kind: "float", shape: [y!.shape[1]!, channels / groups, ...kernel] };
  },
  gradient({ inputs: [x, y], attributes }, outer) {
    return [
      convInput(y!, outer, { ...attributes, size: shapeOf(x!).slice(2) }),
      apply(convOperator, [x!, outer], attributes),
    ];
  },
  lower: lowerConvKernel,
  evaluate: ([x, y], g) => correlateKernel(x!, y!, g),
};

/** Whether a node is a convolution. */
export const isConv = (node: Node): boolean => (node.operator as unknown) === convOperator;

function convInput(y: Node, w: Node, attributes: ConvInputAttributes): Node {
  return apply(convInputOperator, [y, w], attributes);
}

function convKernel(x: Node, y: Node, attributes: ConvKernelAttributes): Node {
  return apply(convKernelOperator, [x, y], attributes);
}

export interface ConvOptions {
  readonly stride?: number | readonly number[];
  readonly dilation?: number | readonly number[];
  /** Zeros on both sides, or `same` for an output of the input's size at stride 1 (odd kernels). */
  readonly padding?: number | readonly number[] | "same";
  readonly groups?: number;
  /** `[O]`, added to every output position. */
  readonly bias?: Node;
}

const perAxis = (value: number | readonly number[] | undefined, rank: number, fallback: number) =>
  typeof value === "object" ? value : new Array<number>(rank).fill(value ?? fallback);

function geometryOf(w: Node, options: ConvOptions): ConvGeometry {
  const kernel = concrete(shapeOf(w), "convolve with a kernel").slice(2);
  const dilations = perAxis(options.dilation, kernel.length, 1);
  const padding =
    options.padding === "same"
      ? kernel.map((k, axis) => {
          const reach = dilations[axis]! * (k - 1);
          return [Math.floor(reach / 2), reach - Math.floor(reach / 2)] as const;
        })
      : perAxis(options.padding, kernel.length, 0).map((p) => [p, p] as const);
  return {
    strides: perAxis(options.stride, kernel.length, 1),
    dilations,
    margins: padding,
    groups: options.groups ?? 1,
  };
}

function withBias(y: Node, bias: Node | undefined): Node {
  if (bias === undefined) return y;
  const rank = shapeOf(y).length;
  return add(y, reshape(bias, [shapeOf(bias)[0]!, ...new Array<number>(rank - 2).fill(1)]));
}

/** Convolution of `x` `[N, C, …]` with kernel `w` `[O, C/groups, …]`. */
export function conv(x: Node, w: Node, options: ConvOptions = {}): Node {
  const inputs = options.bias === undefined ? [x, w] : [x, w, options.bias];
  return apply(convOperator, inputs, geometryOf(w, options));
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Extra size at the far end, below the stride. */
  readonly outputPadding?: number | readonly number[];
}

/**
 * Transposed convolution of `y` `[N, O, …]` with kernel `w` `[O, C/groups, …]`: size
 * (n − 1)·stride − 2·padding + dilation·(k − 1) + 1 + outputPadding.
 */
export function convTranspose(y: Node, w: Node, options: ConvTransposeOptions = {}): Node {
  const g = geometryOf(w, options);
  const kernel = concrete(shapeOf(w), "convolve with a kernel").slice(2);
  const extra = perAxis(options.outputPadding, kernel.length, 0);
  const size = shapeOf(y)
    .slice(2)
    .map((n, axis) => {
      const [before, after] = g.margins[axis]!;
      const reach = g.dilations[axis]! * (kernel[axis]! - 1) + 1;
      return addDim(
        multiplyDim(n, g.strides[axis]!),
        reach + extra[axis]! - g.strides[axis]! - before - after,
      );
    });
  return withBias(convInput(y, w, { ...g, size }), options.bias);
}

function sampleConv(stream: Stream): Sample {
  const rank = 1 + stream.integer(3);
  const groups = 1 + stream.integer(2);
  const inputs = groups * (1 + stream.integer(2));
  const outputs = groups * (1 + stream.integer(2));
  const each = (low: number, count: number) =>
    Array.from({ length: rank }, () => low + stream.integer(count));
  const kernel = each(1, rank === 3 ? 2 : 3);
  const dilation = each(1, 2);
  const stride = each(1, 2);
  const padding = kernel.map((k) => stream.integer(k));
  const batch = 1 + stream.integer(2);
  const w = { shape: [outputs, inputs / groups, ...kernel] };
  const options = { stride, dilation, padding, groups };
  if (stream.uniform() < 0.3) {
    const size = each(1, 3);
    const outputPadding = stride.map((s) => stream.integer(s));
    // Cropping may not take more than there is.
    const safe = padding.map((p, axis) =>
      (size[axis]! - 1) * stride[axis]! - 2 * p + dilation[axis]! * (kernel[axis]! - 1) + 1 < 1
        ? 0
        : p,
    );
    return {
      inputs: [{ shape: [batch, outputs, ...size] }, w],
      build: ([y, k]) => convTranspose(y!, k!, { ...options, padding: safe, outputPadding }),
    };
  }
  const size = kernel.map(
    (k, axis) =>
      Math.max(1, dilation[axis]! * (k - 1) + 1 - 2 * padding[axis]!) + stream.integer(3),
  );
  return {
    inputs: [{ shape: [batch, inputs, ...size] }, w, { shape: [outputs] }],
    build: ([x, k, bias]) => conv(x!, k!, { ...options, bias: bias! }),
  };
}

export const suite: Suite = { sample: sampleConv, differentiable: "twice" };
