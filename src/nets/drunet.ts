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
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { relu } from "../graph/ops/relu.ts";
import { InputError } from "../core/errors.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import { heNormal, type Scope } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

const plain = { kernel: 3, padding: "same" as const, bias: false };

function residualBlocks(scope: Scope, x: Node, blocks: number): Node {
  const channels = shapeOf(x)[1] as number;
  for (let i = 0; i < blocks; i++) {
    const block = scope.child(i);
    const inner = relu(convLayer(block.child(0), x, { ...plain, channels }));
    // A small second convolution keeps the sum of a deep chain of blocks from growing at the start.
    const outer = convLayer(block.child(1), inner, {
      ...plain,
      channels,
      initialise: heNormal(0.5),
    });
    x = add(x, outer);
  }
  return x;
}

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
  // Per level l the field grows by 2·blocks·2 pixels of size 2^l on each side, at the bottom once.
  reach: ({ blocks }) => {
    const perLevel = 2 * (blocks as number);
    const convolutions = 2 + perLevel * (2 * (1 + 2 + 4) + 8);
    return convolutions + 2 * (1 + 2 + 4);
  },
  build(image, { scope, options, sigma }) {
    if (sigma === undefined) {
      throw new InputError("Cannot build drunet: found no noise level, wanted one for each image");
    }
    const width = options["width"] as number;
    const blocks = options["blocks"] as number;
    // The level spread over the image, written so that it works with sizes not known in advance.
    const map = add(multiply(centrePlane(image), constant(0)), sigma);
    const head = convLayer(scope.child("head"), concat([image, map], 1), {
      ...plain,
      channels: width,
      initialise: heNormal(1),
    });
    const skips: Node[] = [head];
    let x = head;
    for (let level = 0; level < 3; level++) {
      const down = scope.child(`down${level + 1}`);
      x = residualBlocks(down, x, blocks);
      x = convLayer(down.child("halve"), x, {
        channels: width * 2 ** (level + 1),
        kernel: 2,
        stride: 2,
        bias: false,
        initialise: heNormal(1),
      });
      skips.push(x);
    }
    x = residualBlocks(scope.child("body"), x, blocks);
    for (let level = 2; level >= 0; level--) {
      const up = scope.child(`up${level + 1}`);
      x = convTransposeLayer(up.child("double"), add(x, skips[level + 1]!), {
        channels: width * 2 ** level,
        kernel: 2,
        stride: 2,
        bias: false,
        initialise: heNormal(1),
      });
      x = residualBlocks(up, x, blocks);
    }
    const tail = convLayer(scope.child("tail"), add(x, head), {
      ...plain,
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
