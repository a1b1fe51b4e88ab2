/**
 * DudeNet [tian2021dudenet]: two chains of convolutions side by side, one with batch normalisation and dilation in four
 * layers, one plain; both joined into the noise. All convolutions are free of bias.
 */
import { concat } from "../graph/ops/concat.ts";
import { relu } from "../graph/ops/relu.ts";
import { subtract } from "../graph/ops/subtract.ts";
import type { Node } from "../graph/node.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal, type Scope } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

/** Layers of a chain before its last, and those among them that are dilated, counted from 1. */
const depth = 15;
const dilated: readonly number[] = [2, 5, 9, 12];

export const dudeNet: Network = {
  name: "dude-net",
  title: "DudeNet",
  summary: "Two chains of convolutions, one dilated, joined into one prediction of the noise.",
  references: ["tian2021dudenet"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 64,
      about: "Channels of both chains.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  // The dilated chain: each layer 1 pixel, the dilated ones one more, and its last.
  reach: () => depth + dilated.length + 1,
  build(image, { scope, options }) {
    const channels = options["width"] as number;
    const common = { channels, kernel: 3, padding: "same", bias: false } as const;
    const chain = (own: Scope, layer: (at: Scope, x: Node, number: number) => Node) => {
      let x = image;
      for (let number = 1; number <= depth; number++) x = layer(own.child(number), x, number);
      return x;
    };
    const sparse = chain(scope.child("sparse"), (at, x, number) => {
      const dilation = dilated.includes(number) ? 2 : 1;
      return relu(batchNormLayer(at.child("norm"), convLayer(at, x, { ...common, dilation })));
    });
    const plain = chain(scope.child("plain"), (at, x) => relu(convLayer(at, x, common)));
    const both = concat(
      [
        convLayer(scope.child("sparse-last"), sparse, common),
        convLayer(scope.child("plain-last"), plain, { ...common, kernel: 1 }),
      ],
      1,
    );
    const pressed = convLayer(
      scope.child("compress"),
      relu(batchNormLayer(scope.child("enhance"), both)),
      { channels: 1, kernel: 1, bias: false, initialise: heNormal(0.1) },
    );
    const middle = centrePlane(image);
    const noise = convLayer(scope.child("last"), concat([middle, pressed], 1), {
      channels: 1,
      kernel: 1,
      bias: false,
      // Begins as what the chains found: nothing of the image itself.
      initialise: (shape) => Float32Array.from({ length: shape[1]! }, (_, i) => i),
    });
    return subtract(middle, noise);
  },
  published: [
    // 576 + 128 + 14 × 36,992 + 36,864; 576 + 14 × 36,864 + 4,096; 256 + 128; 2.
    { options: { width: 64 }, weights: 1_076_610, receptiveField: 41, source: "tian2021dudenet" },
  ],
};
