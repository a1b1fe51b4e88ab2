/** Convolution layers with their weights. */
import { type Node, shapeOf } from "../graph/node.ts";
import { concrete } from "../graph/dimension.ts";
import { conv, type ConvOptions, convTranspose } from "../graph/ops/conv.ts";
import { spectralNorm } from "./spectral-norm.ts";
import { fill, heNormal, type Initialiser, type Scope } from "./scope.ts";

export interface ConvLayerOptions extends Omit<ConvOptions, "bias"> {
  readonly channels: number;
  /** Kernel size along every spatial axis, or along each. */
  readonly kernel: number | readonly number[];
  readonly bias?: boolean;
  readonly initialise?: Initialiser;
  /** Whether the kernel is divided by its largest singular value. */
  readonly spectral?: boolean;
}

const kernelOf = (x: Node, kernel: number | readonly number[]) =>
  typeof kernel === "number" ? new Array<number>(shapeOf(x).length - 2).fill(kernel) : [...kernel];

const channelsOf = (x: Node) => concrete([shapeOf(x)[1]!], "build a layer")[0]!;

/** Convolution with weight `[O, C/groups, …]` and, unless told otherwise, a bias `[O]`. */
export function convLayer(scope: Scope, x: Node, options: ConvLayerOptions): Node {
  const {
    channels,
    kernel,
    bias = true,
    initialise = heNormal(),
    spectral = false,
    ...geometry
  } = options;
  const perGroup = channelsOf(x) / (geometry.groups ?? 1);
  const weight = scope.parameter(
    "weight",
    [channels, perGroup, ...kernelOf(x, kernel)],
    initialise,
  );
  return conv(x, spectral ? spectralNorm(scope, weight) : weight, {
    ...geometry,
    ...(bias ? { bias: scope.parameter("bias", [channels], fill(0)) } : {}),
  });
}

/** Transposed convolution with weight `[C, O, …]` and, unless told otherwise, a bias `[O]`. */
export function convTransposeLayer(
  scope: Scope,
  x: Node,
  options: Omit<ConvLayerOptions, "spectral">,
): Node {
  const { channels, kernel, bias = true, initialise = heNormal(), ...geometry } = options;
  const weight = scope.parameter(
    "weight",
    [channelsOf(x), channels / (geometry.groups ?? 1), ...kernelOf(x, kernel)],
    initialise,
  );
  return convTranspose(x, weight, {
    ...geometry,
    ...(bias ? { bias: scope.parameter("bias", [channels], fill(0)) } : {}),
  });
}
