/**
 * RicianNet [li2020riciannet]: five 7 × 7 convolutions that correct the pixels, then a second part in a space of
 * features with batch normalisation, whose features are added twice on the way back.
 */
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { relu } from "../graph/ops/relu.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

export const ricianNet: Network = {
  name: "rician-net",
  title: "RicianNet",
  summary: "Wide kernels in pixels, then in features, for Rician noise of MR magnitude images.",
  references: ["li2020riciannet"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 2,
      max: 512,
      default: 128,
      about: "Channels of the 7 × 7 layers; the features have half of them.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => 5 * 3 + 1 + 4 * 3 + 2 * 1 + 3,
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const half = width >> 1;
    const conv = (layer: number, x: Node, own: { channels: number; kernel: number }) =>
      convLayer(scope.child(layer), x, {
        ...own,
        padding: "same",
        ...(own.channels === 1 ? { initialise: heNormal(0.1) } : {}),
      });
    let x = image;
    for (let layer = 1; layer <= 4; layer++) {
      x = relu(conv(layer, x, { channels: width, kernel: 7 }));
    }
    const pixels = add(conv(5, x, { channels: 1, kernel: 7 }), centrePlane(image));
    const features = conv(6, pixels, { channels: half, kernel: 3 });
    x = features;
    for (let layer = 7; layer <= 10; layer++) {
      const y = conv(layer, x, { channels: width, kernel: 7 });
      x = relu(batchNormLayer(scope.child(layer).child("norm"), y));
    }
    x = add(conv(11, x, { channels: half, kernel: 3 }), features);
    x = add(conv(12, x, { channels: half, kernel: 3 }), features);
    return conv(13, x, { channels: 1, kernel: 7 });
  },
  published: [
    // 6,400 + 3 × 802,944 + 6,273; 640 + 401,792 + 3 × 803,200 + 73,792 + 36,928 + 3,137.
    { options: { width: 128 }, weights: 5_347_394, source: "li2020riciannet" },
  ],
};
