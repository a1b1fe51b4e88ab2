/**
 * Generator of TOD-Net [zhang2021todnet]: four convolutions up to 8 × width channels and four back, encoder features
 * added to the decoder's before normalisation, the image added before a hyperbolic tangent. No down-sampling.
 */
import { type Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { tanh } from "../graph/ops/tanh.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { instanceNormLayer } from "../layers/norm-layers.ts";
import type { Scope } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

const active = (scope: Scope, x: Node) =>
  leakyRelu(instanceNormLayer(scope, x, { affine: false }), 0.2);

export const todGenerator: Network = {
  name: "tod-generator",
  title: "TOD-Net's generator",
  summary: "Residual encoder and decoder at full resolution, for volumes with values in [0, 1].",
  references: ["zhang2021todnet"],
  dimensions: [3, 2],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 32,
      about: "Channels of the first layer; they double at each of the next three.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    const width = options["width"] as number;
    const conv = (name: string, x: Node, channels: number) =>
      convLayer(scope.child(name), x, { channels, kernel: 3, padding: "same" });
    const skips: Node[] = [];
    let x = image;
    for (let level = 0; level < 4; level++) {
      x = active(scope.child(`norm${level}`), conv(`encode${level}`, x, width * 2 ** level));
      skips.push(x);
    }
    for (let level = 2; level >= 0; level--) {
      const raw = conv(`decode${level}`, x, width * 2 ** level);
      x = active(scope.child(`renorm${level}`), add(raw, skips[level]!));
    }
    return tanh(add(conv("last", x, 1), centrePlane(image)));
  },
  published: [
    // 3×3×3 kernels with biases: 896 + 55,360 + 221,312 + 884,992, then 884,864 + 221,248 + 55,328 + 865.
    { options: { width: 32 }, weights: 2_324_865, source: "zhang2021todnet" },
  ],
};
