/**
 * DRUNet [zhang2021drunet]: a U-Net of residual blocks without bias, whose second input channel is
 * the noise level. Being free of bias it is homogeneous: scaling image and noise level together
 * scales the result.
 *
 * Per level: `blocks` × (conv-ReLU-conv + skip), then a 2×2 convolution of stride 2 down, or a 2×2
 * transposed one up; encoder and decoder are joined by addition.
 *
 * Deviations: (1) `residual` adds the noisy image to the last layer's output, off as published, on
 * in the shipped model, which it lets start from the identity. (2) Width and number of blocks are
 * free.
 */
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { InputError } from "../core/errors.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import { drunetConv, pyramidReach, residualPyramid } from "./residual-pyramid.ts";
import type { Network } from "./network.ts";

export const drunet: Network = {
  name: "drunet",
  title: "DRUNet",
  summary: "Bias-free residual U-Net that takes the noise level as a second channel.",
  references: ["zhang2021drunet"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 64,
      about: "Channels at full resolution; they double at each of the three lower levels.",
    },
    blocks: {
      type: "integer",
      unit: "blocks",
      min: 1,
      max: 16,
      default: 4,
      about: "Residual blocks at each level of each side.",
    },
    residual: {
      type: "boolean",
      default: false,
      about: "Whether the last layer's output is added to the noisy image.",
    },
  },
  takesSigma: true,
  multipleOf: () => 8,
  reach: ({ blocks }) => 2 + pyramidReach({ levels: 3, blocks: blocks as number }),
  build(image, { scope, options, sigma }) {
    if (sigma === undefined) {
      throw new InputError("Cannot build drunet: found no noise level, wanted one for each image");
    }
    const width = options["width"] as number;
    const blocks = options["blocks"] as number;
    // The level spread over the image, written so that it works with sizes not known in advance.
    const map = add(multiply(centrePlane(image), constant(0)), sigma);
    const head = convLayer(scope.child("head"), concat([image, map], 1), {
      ...drunetConv,
      channels: width,
      initialise: heNormal(1),
    });
    const body = residualPyramid(scope, head, { levels: 3, blocks });
    const tail = convLayer(scope.child("tail"), body, {
      ...drunetConv,
      channels: 1,
      initialise: heNormal(options["residual"] === true ? 0.1 : 1),
    });
    return options["residual"] === true ? add(centrePlane(image), tail) : tail;
  },
  published: [
    {
      options: { width: 64, blocks: 4, residual: false },
      weights: 32_638_656,
      source: "zhang2021drunet",
    },
  ],
};
