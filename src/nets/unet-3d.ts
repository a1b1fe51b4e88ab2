/**
 * 3-D U-Net [cicek2016unet3d] as it segments in [zhang2021todnet]: levels of width, 2, 4 and 8 × width, no more
 * channels at the bottom than above it, and half as many after every way up. Max-pooling down, transposed convolutions
 * up, batch normalisation.
 */
import { type Node, shapeOf } from "../graph/node.ts";
import { concat } from "../graph/ops/concat.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { relu } from "../graph/ops/relu.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import type { Scope } from "../layers/scope.ts";
import type { Network } from "./network.ts";
import { classesOption } from "./segmenter-options.ts";

const levels = 4;

function double(scope: Scope, x: Node, channels: number): Node {
  for (let i = 0; i < 2; i++) {
    const own = scope.child(i);
    const y = convLayer(own, x, { channels, kernel: 3, padding: "same" });
    x = relu(batchNormLayer(own.child("norm"), y));
  }
  return x;
}

export const unet3d: Network = {
  name: "unet-3d",
  title: "3-D U-Net",
  summary: "Segments volumes; the segmenter that leads TOD-Net.",
  references: ["cicek2016unet3d", "zhang2021todnet"],
  gives: "labels",
  dimensions: [2, 3],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 64,
      about: "Channels at full resolution; they double at each of the next three levels.",
    },
    ...classesOption,
  },
  takesSigma: false,
  multipleOf: () => 2 ** levels,
  // Two convolutions on every level of both sides and at the bottom, and the other pixel of a pair.
  reach: () => 4 * (2 ** levels - 1) + 2 * 2 ** levels + (2 ** levels - 1),
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const window = shapeOf(image)
      .slice(2)
      .map(() => 2);
    const skips: Node[] = [];
    let x = image;
    for (let level = 0; level < levels; level++) {
      x = double(scope.child(`down${level}`), x, width * 2 ** level);
      skips.push(x);
      x = maxPool(x, window);
    }
    x = double(scope.child("bottom"), x, width * 2 ** (levels - 1));
    for (let level = levels - 1; level >= 0; level--) {
      const up = scope.child(`up${level}`);
      const channels = shapeOf(x)[1] as number;
      const larger = convTransposeLayer(up.child("double"), x, { channels, kernel: 2, stride: 2 });
      x = double(up, concat([skips[level]!, larger], 1), width * 2 ** Math.max(0, level - 1));
    }
    return convLayer(scope.child("last"), x, {
      channels: options["classes"] as number,
      kernel: 1,
    });
  },
  published: [
    // Down 14,052,672, bottom 14,158,848, up 14,733,248 with the doublings, last 130.
    {
      options: { width: 64 },
      shape: [1, 1, 16, 16, 16],
      weights: 42_944_898,
      source: "zhang2021todnet",
    },
  ],
};
