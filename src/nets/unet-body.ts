/**
 * U-Net [ronneberger2015unet] of any number of dimensions, up to its last features: on every level two 3-wide
 * convolutions with normalisation and leaky rectifier, max-pooling down, transposed convolutions up, levels joined by
 * concatenation.
 *
 * Deviations: (1) convolutions keep the size, so that nothing is cropped; (2) normalisation and the leaky
 * rectifier are free.
 */
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { concat } from "../graph/ops/concat.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import {
  adaptiveInstanceNormLayer,
  groupNormLayer,
  instanceNormLayer,
} from "../layers/norm-layers.ts";
import type { Scope } from "../layers/scope.ts";

export const unetOptions = {
  width: {
    type: "integer",
    unit: "channels",
    min: 1,
    max: 256,
    default: 16,
    about: "Channels at full resolution; they double at each lower level.",
  },
  levels: {
    type: "integer",
    unit: "levels",
    min: 1,
    max: 6,
    default: 3,
    about: "Levels below full resolution; more see farther.",
  },
} as const satisfies ParameterTable;

export const normOption = {
  norm: {
    type: "choice",
    choices: ["batch", "instance", "group", "none"],
    default: "batch",
    about:
      "Normalisation after every convolution; instance and group look at the whole image at once.",
  },
} as const satisfies ParameterTable;

/** What a convolution's result is normalised by. */
type Norm = (scope: Scope, x: Node) => Node;

/** The normalisation that an option names. */
export function normOf({ norm }: ParameterValues): Norm {
  if (norm === "none") return (_scope, x) => x;
  if (norm === "instance") return (scope, x) => instanceNormLayer(scope, x);
  if (norm === "group") {
    return (scope, x) => {
      const channels = shapeOf(x)[1] as number;
      const groups = [8, 4, 2, 1].find((g) => channels % g === 0)!;
      return groupNormLayer(scope, x, { groups });
    };
  }
  return (scope, x) => batchNormLayer(scope, x);
}

/** Instance normalisation led by a code. */
export const normByCode =
  (code: Node): Norm =>
  (scope, x) =>
    adaptiveInstanceNormLayer(scope, x, { code });

function block(scope: Scope, x: Node, { channels, norm }: { channels: number; norm: Norm }): Node {
  for (let i = 0; i < 2; i++) {
    const layer = scope.child(i);
    const y = convLayer(layer, x, { channels, kernel: 3, padding: "same" });
    x = leakyRelu(norm(layer.child("norm"), y), 0.1);
  }
  return x;
}

export interface UnetFeatures {
  /** Features at full resolution. */
  readonly full: Node;
  /** Features at half, quarter … of it on the way up, finest first. */
  readonly coarser: readonly Node[];
}

/** Features of an image `[N, C, …]` whose sizes are multiples of 2^levels. */
export function unetFeatures(
  image: Node,
  { scope, options, norm }: { scope: Scope; options: ParameterValues; norm: Norm },
): UnetFeatures {
  const width = options["width"] as number;
  const levels = options["levels"] as number;
  const window = shapeOf(image)
    .slice(2)
    .map(() => 2);
  const skips: Node[] = [];
  let x = image;
  for (let level = 0; level < levels; level++) {
    x = block(scope.child(`down${level}`), x, { channels: width * 2 ** level, norm });
    skips.push(x);
    x = maxPool(x, window);
  }
  x = block(scope.child("bottom"), x, { channels: width * 2 ** levels, norm });
  const coarser: Node[] = [];
  for (let level = levels - 1; level >= 0; level--) {
    if (level < levels - 1) coarser.unshift(x);
    const up = scope.child(`up${level}`);
    const channels = width * 2 ** level;
    const larger = convTransposeLayer(up.child("double"), x, { channels, kernel: 2, stride: 2 });
    x = block(up, concat([skips[level]!, larger], 1), { channels, norm });
  }
  return { full: x, coarser };
}

/**
 * Pixels on each side that can reach a pixel of the result: four convolutions on every level, two at the bottom, and
 * the other pixel of a pair in pooling and doubling.
 */
export function unetReach({ levels, norm }: ParameterValues): number {
  if (norm === "instance" || norm === "group") return Number.POSITIVE_INFINITY;
  const below = 2 ** (levels as number);
  return 4 * (below - 1) + 2 * below + (below - 1);
}
