/**
 * Generator of WGAN-VGG [yang2018wganvgg]: eight 3 × 3 convolutions, each with a rectifier, the last too.
 */
import { relu } from "../graph/ops/relu.ts";
import { convLayer } from "../layers/conv-layer.ts";
import type { Network } from "./network.ts";

const depth = 8;

export const wganVggGenerator: Network = {
  name: "wgan-vgg-generator",
  title: "WGAN-VGG's generator",
  summary: "Eight convolutions without a way around them, for low-dose CT in [0, 1].",
  references: ["yang2018wganvgg"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 32,
      about: "Channels of the inner layers.",
    },
  },
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => depth,
  build(image, { scope, options }) {
    let x = image;
    for (let layer = 0; layer < depth; layer++) {
      const channels = layer < depth - 1 ? (options["width"] as number) : 1;
      x = relu(convLayer(scope.child(layer), x, { channels, kernel: 3, padding: "same" }));
    }
    return x;
  },
  published: [
    // 320 + 6 × 9,248 + 289.
    { options: { width: 32 }, weights: 56_097, receptiveField: 17, source: "yang2018wganvgg" },
  ],
};
