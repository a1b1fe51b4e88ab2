/**
 * Critic of patches [isola2017image]: convolutions of stride 2, a score for every patch that they see, averaged over the
 * image; so it takes images of any size.
 */
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { mean } from "../graph/ops/mean.ts";
import { shapeOf } from "../graph/node.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { instanceNormLayer } from "../layers/norm-layers.ts";
import type { Network } from "./network.ts";

export const patchCritic: Network = {
  name: "patch-critic",
  title: "Critic of patches",
  summary: "Scores images by what it sees in patches; for adversarial training.",
  references: ["isola2017image"],
  gives: "scores",
  dimensions: [2, 3],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 32,
      about: "Channels of the first layer; they double at each further one.",
    },
    layers: {
      type: "integer",
      unit: "layers",
      min: 1,
      max: 6,
      default: 3,
      about: "Layers of stride 2; more see larger patches.",
    },
    norm: {
      type: "choice",
      choices: ["none", "instance", "spectral"],
      default: "none",
      about: "Instance normalisation, or kernels divided by their largest singular value.",
    },
  },
  takesSigma: false,
  multipleOf: ({ layers }) => 2 ** (layers as number),
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    const spectral = options["norm"] === "spectral";
    let x = image;
    for (let layer = 0; layer < (options["layers"] as number); layer++) {
      const own = scope.child(layer);
      const channels = (options["width"] as number) * 2 ** layer;
      x = convLayer(own, x, { channels, kernel: 4, stride: 2, padding: 1, spectral });
      if (options["norm"] === "instance" && layer > 0) x = instanceNormLayer(own.child("norm"), x);
      x = leakyRelu(x, 0.2);
      scope.output(`features${layer}`, x);
    }
    const scores = convLayer(scope.child("last"), x, {
      channels: 1,
      kernel: 3,
      padding: "same",
      spectral,
    });
    return mean(
      scores,
      shapeOf(scores).flatMap((_, axis) => (axis < 2 ? [] : [axis])),
    );
  },
  published: [],
};
