/**
 * Convolutional observer or classifier [zhou2019approximating]: convolutions with leaky rectifiers, one max-pooling, a
 * linear layer over all pixels. Its layers are features for losses.
 */
import { shapeOf } from "../graph/node.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { maxPool } from "../graph/ops/max-pool.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { fanIn, linearLayer } from "../layers/linear-layer.ts";
import type { Network } from "./network.ts";

export const cnnObserver: Network = {
  name: "cnn-observer",
  title: "Convolutional observer",
  summary: "Scores images by convolutions and a linear layer; its layers serve as features.",
  references: ["zhou2019approximating", "han2021observer"],
  gives: "scores",
  dimensions: [2, 3],
  fixedSize: true,
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 512,
      default: 32,
      about: "Channels of the convolutions.",
    },
    layers: {
      type: "integer",
      unit: "layers",
      min: 1,
      max: 16,
      default: 3,
      about: "Convolutions; more see larger structures.",
    },
    classes: {
      type: "integer",
      unit: "scores",
      min: 1,
      max: 1024,
      default: 1,
      about: "Scores of an image: 1 for an observer, one for each class for a classifier.",
    },
  },
  takesSigma: false,
  multipleOf: () => 2,
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options }) {
    let x = image;
    for (let layer = 0; layer < (options["layers"] as number); layer++) {
      x = convLayer(scope.child(layer), x, {
        channels: options["width"] as number,
        kernel: 5,
        padding: "same",
      });
      x = leakyRelu(x, 0.2);
      scope.output(`features${layer}`, x);
    }
    const pooled = maxPool(
      x,
      shapeOf(x)
        .slice(2)
        .map(() => 2),
    );
    return linearLayer(scope.child("last"), pooled, {
      channels: options["classes"] as number,
      initialise: fanIn(1),
    });
  },
  published: [],
};
