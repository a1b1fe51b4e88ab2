/**
 * V-Net [milletari2016vnet] in its common form with batch normalisation: 5-wide convolutions, stages of 1, 2, 3 and 2 of
 * them down and 2, 2, 1 and 1 up, each stage added to what enters it, convolutions of stride 2 between them, ELU, and
 * dropout of whole channels at the two lowest levels.
 *
 * Deviation: ELU and batch normalisation in place of PReLU without normalisation, as the networks in use have it.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { elu } from "../graph/ops/elu.ts";
import { dropoutLayer } from "../layers/activation-layers.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer, type ConvLayerOptions, convTransposeLayer } from "../layers/conv-layer.ts";
import type { Scope } from "../layers/scope.ts";
import type { Network } from "./network.ts";
import { classesOption } from "./segmenter-options.ts";

/** Convolutions of a stage, highest first, and whether it drops channels. */
const down = [
  { convolutions: 1, drops: false },
  { convolutions: 2, drops: false },
  { convolutions: 3, drops: true },
  { convolutions: 2, drops: true },
] as const;
const up = [
  { convolutions: 1, drops: false },
  { convolutions: 1, drops: false },
  { convolutions: 2, drops: true },
  { convolutions: 2, drops: true },
] as const;
const rate = 0.5;

const wide = { kernel: 5, padding: "same" as const };
const half = { kernel: 2, stride: 2 };

const normalised = (
  scope: Scope,
  x: Node,
  layer: (scope: Scope, x: Node, options: ConvLayerOptions) => Node,
) => ({
  by: (options: ConvLayerOptions) => batchNormLayer(scope.child("norm"), layer(scope, x, options)),
});

function stage(scope: Scope, x: Node, convolutions: number): Node {
  const channels = shapeOf(x)[1] as number;
  for (let i = 0; i < convolutions; i++) {
    x = elu(normalised(scope.child(i), x, convLayer).by({ ...wide, channels }));
  }
  return x;
}

export const vNet: Network = {
  name: "v-net",
  title: "V-Net",
  summary: "Segments volumes by residual stages of wide kernels.",
  references: ["milletari2016vnet", "zhang2021todnet"],
  gives: "labels",
  dimensions: [2, 3],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 128,
      default: 16,
      about: "Channels at full resolution; they double at each of four lower levels.",
    },
    ...classesOption,
  },
  takesSigma: false,
  multipleOf: () => 2 ** down.length,
  // Two pixels of the level's size for each wide convolution, first and last included, and the other of a pair.
  reach: () => {
    const stages = down.reduce((n, { convolutions }, k) => n + convolutions * 2 ** (k + 1), 0);
    const back = up.reduce((n, { convolutions }, k) => n + convolutions * 2 ** k, 0);
    return 2 * (2 + stages + back) + 2 ** down.length - 1;
  },
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const drop = (own: Scope, x: Node, drops: boolean) =>
      drops ? dropoutLayer(own, x, { rate, channels: true }) : x;
    const first = normalised(scope.child("first"), image, convLayer).by({
      ...wide,
      channels: width,
    });
    // The image, one channel of it, stands in every channel: a sum broadcasts it.
    let x = elu(shapeOf(image)[1] === 1 ? add(first, image) : first);
    const skips: Node[] = [];
    for (const [k, { convolutions, drops }] of down.entries()) {
      skips.push(x);
      const own = scope.child(`down${k + 1}`);
      const channels = width * 2 ** (k + 1);
      const smaller = elu(normalised(own.child("halve"), x, convLayer).by({ ...half, channels }));
      x = elu(add(stage(own, drop(own, smaller, drops), convolutions), smaller));
    }
    for (let k = up.length - 1; k >= 0; k--) {
      const { convolutions, drops } = up[k]!;
      const own = scope.child(`up${k + 1}`);
      // Half of the channels come from below, half from beside: 256, 128, 64, 32 of width 16.
      const channels = width * 2 ** Math.min(k + 1, 4);
      const inner = drop(own.child("inner"), x, drops);
      const larger = elu(
        normalised(own.child("double"), inner, convTransposeLayer).by({
          ...half,
          channels: channels - (shapeOf(skips[k]!)[1] as number),
        }),
      );
      const joined = concat([larger, drop(own.child("skip"), skips[k]!, true)], 1);
      x = elu(add(stage(own, joined, convolutions), joined));
    }
    const channels = options["classes"] as number;
    const last = elu(normalised(scope.child("last"), x, convLayer).by({ ...wide, channels }));
    return convLayer(scope.child("scores"), last, { channels, kernel: 1 });
  },
  published: [
    // First 2,048; down 132,288, 1,040,960, 6,211,072 and 16,648,448; up 16,648,064, 4,228,032, 545,056 and 136,336;
    // last 8,012: counted by hand from the stages in the code that TOD-Net released, which states no sum.
    {
      options: { width: 16 },
      shape: [1, 1, 16, 16, 16],
      weights: 45_600_316,
      source: "milletari2016vnet",
    },
  ],
};
