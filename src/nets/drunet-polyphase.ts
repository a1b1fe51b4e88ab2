/**
 * A faster DRUNet [zhang2021drunet]: blocks of 2 × 2 pixels become channels before its first layer and pixels after its
 * last [shi2016pixelshuffle], so that nothing wide runs at full resolution, where a network of few channels waits for
 * memory. It is free of bias and takes the noise level, as DRUNet does; the noisy image is added to the result.
 */
import { InputError } from "../core/errors.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { constant } from "../graph/ops/constant.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sliceAxis } from "../graph/ops/slice.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { blocksToChannels, channelsToBlocks } from "../layers/resample-layers.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";
import { drunetConv, pyramidReach, residualPyramid } from "./residual-pyramid.ts";

const block = 2;

export const drunetPolyphase: Network = {
  name: "drunet-polyphase",
  title: "DRUNet on pixel blocks",
  summary: "DRUNet that begins at half resolution with four pixels as channels: faster.",
  references: ["zhang2021drunet", "shi2016pixelshuffle"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 256,
      default: 48,
      about: "Channels at half resolution; they double at each lower level.",
    },
    blocks: {
      type: "integer",
      unit: "blocks",
      min: 1,
      max: 16,
      default: 1,
      about: "Residual blocks at each level of each side.",
    },
    levels: {
      type: "integer",
      unit: "levels",
      min: 0,
      max: 4,
      default: 2,
      about: "Levels below half resolution; more see farther.",
    },
  },
  takesSigma: true,
  multipleOf: ({ levels }) => block * 2 ** (levels as number),
  // First and last layer and the pyramid at half resolution, and the other pixel of a block.
  reach: ({ levels, blocks }) =>
    block * (2 + pyramidReach({ levels: levels as number, blocks: blocks as number })) + block - 1,
  build(image, { scope, options, sigma }) {
    if (sigma === undefined) {
      throw new InputError(
        "Cannot build drunet-polyphase: found no noise level, wanted one for each image",
      );
    }
    const phases = blocksToChannels(image, block);
    // The level spread over the image, written so that it works with sizes not known in advance.
    const one = sliceAxis(phases, 1, { start: 0, count: 1 });
    const map = add(multiply(one, constant(0)), sigma);
    const head = convLayer(scope.child("head"), concat([phases, map], 1), {
      ...drunetConv,
      channels: options["width"] as number,
      initialise: heNormal(1),
    });
    const body = residualPyramid(scope, head, {
      levels: options["levels"] as number,
      blocks: options["blocks"] as number,
    });
    const tail = convLayer(scope.child("tail"), body, {
      ...drunetConv,
      channels: block ** 2,
      initialise: heNormal(0.1),
    });
    return add(centrePlane(image), channelsToBlocks(tail, block));
  },
  published: [],
};
