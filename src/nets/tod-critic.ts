/**
 * Critic of TOD-Net [zhang2021todnet]: three convolutions, two of stride 2, batch normalisation, one average pooling, a
 * linear layer over everything that is left, which ties it to the size of its volumes.
 */
import { shapeOf } from "../graph/node.ts";
import { averagePool } from "../graph/ops/average-pool.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { fanIn, linearLayer } from "../layers/linear-layer.ts";
import type { Network } from "./network.ts";

export const todCritic: Network = {
  name: "tod-critic",
  title: "TOD-Net's critic",
  summary: "Scores whole volumes; its weights belong to one size of them.",
  references: ["zhang2021todnet"],
  gives: "scores",
  dimensions: [3, 2],
  fixedSize: true,
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 32,
      about: "Channels of the first layer; they double at each of the next two.",
    },
  },
  takesSigma: false,
  multipleOf: () => 8,
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    const width = options["width"] as number;
    let x = image;
    for (const [layer, stride] of [2, 2, 1].entries()) {
      const own = scope.child(layer);
      x = convLayer(own, x, { channels: width * 2 ** layer, kernel: 3, stride, padding: 1 });
      x = leakyRelu(batchNormLayer(own.child("norm"), x), 0.2);
    }
    const pooled = averagePool(
      x,
      shapeOf(x)
        .slice(2)
        .map(() => 2),
    );
    return linearLayer(scope.child("last"), pooled, { channels: 1, initialise: fanIn(1) });
  },
  published: [
    // 896 + 64, 55,360 + 128, 221,312 + 256, and 128·4·32·32 + 1 for volumes of 32 × 256 × 256.
    {
      options: { width: 32 },
      shape: [1, 1, 32, 256, 256],
      weights: 802_305,
      source: "zhang2021todnet",
    },
  ],
};
