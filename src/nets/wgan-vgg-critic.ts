/**
 * Critic of WGAN-VGG [yang2018wganvgg]: six convolutions, every second of stride 2, and two linear layers over
 * everything that is left, which tie it to the size of its patches.
 */
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { fanIn, linearLayer } from "../layers/linear-layer.ts";
import type { Network } from "./network.ts";

export const wganVggCritic: Network = {
  name: "wgan-vgg-critic",
  title: "WGAN-VGG's critic",
  summary: "Scores patches of one size by convolutions and two linear layers.",
  references: ["yang2018wganvgg"],
  gives: "scores",
  dimensions: [2, 3],
  fixedSize: true,
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 64,
      about: "Channels of the first two layers; they double after each stride.",
    },
    hidden: {
      type: "integer",
      unit: "numbers",
      min: 1,
      max: 4096,
      default: 1024,
      about: "Numbers between the two linear layers.",
    },
  },
  takesSigma: false,
  multipleOf: () => 8,
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    let x = image;
    for (let layer = 0; layer < 6; layer++) {
      const channels = (options["width"] as number) * 2 ** (layer >> 1);
      const stride = 1 + (layer % 2);
      x = leakyRelu(
        convLayer(scope.child(layer), x, { channels, kernel: 3, stride, padding: 1 }),
        0.2,
      );
      scope.output(`features${layer}`, x);
    }
    const hidden = linearLayer(scope.child("hidden"), x, {
      channels: options["hidden"] as number,
    });
    return linearLayer(scope.child("last"), leakyRelu(hidden, 0.2), {
      channels: 1,
      initialise: fanIn(1),
    });
  },
  published: [
    // 640 + 36,928, 73,856 + 147,584, 295,168 + 590,080; 256·8·8·1024 + 1024, 1024 + 1 for patches of 64 × 64.
    {
      options: { width: 64, hidden: 1024 },
      shape: [1, 1, 64, 64],
      weights: 17_923_521,
      source: "yang2018wganvgg",
    },
  ],
};
