/**
 * SACNN [li2020sacnn]: a chain of convolutions over neighbouring planes with self-attention over planes and along the
 * depth between them, trained by `perceptual-wgan` for SA-WGAN.
 *
 * The paper itself was not at hand. Free choices: query and key have an eighth of the channels, plane and depth attention
 * share one query, key and value, and the result is not added to the image.
 */
import { relu } from "../graph/ops/relu.ts";
import type { Node } from "../graph/node.ts";
import { batchNormLayer } from "../layers/batch-norm-layer.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { selfAttention } from "../layers/self-attention.ts";
import type { Network } from "./network.ts";

/** Channels of the layers in halves of the width, and whether attention follows. */
const layers = [
  { share: 1, attention: false },
  { share: 1 / 2, attention: true },
  { share: 1 / 4, attention: true },
  { share: 1 / 2, attention: true },
  { share: 1, attention: false },
] as const;

export const sacnn: Network = {
  name: "sacnn",
  title: "SACNN",
  summary:
    "Convolutions with self-attention over whole planes and along the depth, for small volumes.",
  references: ["li2020sacnn", "zhang2021todnet"],
  dimensions: [3, 2],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 32,
      max: 256,
      default: 64,
      about: "Channels of first and last layer; the layers between have a half and a quarter.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    const width = options["width"] as number;
    let x: Node = image;
    for (const [i, { share, attention }] of layers.entries()) {
      const own = scope.child(i);
      const channels = Math.floor(width * share);
      const raw = convLayer(own, x, { channels, kernel: 3, padding: "same" });
      x = relu(batchNormLayer(own.child("norm"), raw));
      if (!attention) continue;
      const keys = Math.floor(channels / 8);
      x = selfAttention(own.child("attention"), x, { keys });
    }
    return convLayer(scope.child("last"), x, { channels: 1, kernel: 1 });
  },
  published: [
    // Layers 1,920, 55,392, 13,872, 13,920 and 55,488; attention 27,945, 6,997 and 27,945 (two of 32 channels, one of 16);
    // last 65: counted by hand for the choices above. The paper's own number is not known.
    { options: { width: 64 }, shape: [1, 1, 3, 8, 8], weights: 203_544, source: "li2020sacnn" },
  ],
};
