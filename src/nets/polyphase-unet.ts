/**
 * Polyphase U-Net, the generator of switchable CycleGANs [gu2021adain]: blocks of 2 × 2 pixels become channels on the way
 * down, which loses nothing, transposed convolutions go up, levels joined by concatenation. The second convolution of
 * every stage is normalised as a code says [huang2017adain]; the image is added to the result.
 *
 * Deviations: (1) layers follow the public code of the same laboratory for another task; (2) a code of one number leads
 * each normalisation straight, in place of four shared linear layers before it.
 */
import { InputError } from "../core/errors.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { concat } from "../graph/ops/concat.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { convLayer, convTransposeLayer } from "../layers/conv-layer.ts";
import { adaptiveInstanceNormLayer } from "../layers/norm-layers.ts";
import { blocksToChannels } from "../layers/resample-layers.ts";
import { heNormal, type Scope } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";

const same = { kernel: 3, padding: "same" as const };

export const polyphaseUnet: Network = {
  name: "polyphase-unet",
  title: "Polyphase U-Net",
  summary: "Denoises or degrades by a code, halving by pixel blocks without any loss.",
  references: ["gu2021adain", "huang2017adain"],
  options: {
    width: {
      type: "integer",
      unit: "channels",
      min: 1,
      max: 128,
      default: 64,
      about: "Channels at full resolution; they double at each lower level.",
    },
    levels: {
      type: "integer",
      unit: "levels",
      min: 1,
      max: 5,
      default: 4,
      about: "Levels below full resolution.",
    },
  },
  takesSigma: false,
  conditions: { code: { about: "1 denoises, 0 degrades.", shape: () => [1] } },
  multipleOf: ({ levels }) => 2 ** (levels as number),
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options, conditions }) {
    const code = conditions?.["code"];
    if (code === undefined) {
      throw new InputError("Cannot build polyphase-unet: found no code, wanted one for each image");
    }
    const width = options["width"] as number;
    const levels = options["levels"] as number;
    const stage = (own: Scope, x: Node, channels: number) => {
      const first = leakyRelu(convLayer(own.child(0), x, { ...same, channels }), 0.2);
      const second = convLayer(own.child(1), first, { ...same, channels });
      return leakyRelu(adaptiveInstanceNormLayer(own.child("norm"), second, { code }), 0.2);
    };
    const skips: Node[] = [];
    let x = stage(scope.child("stem"), image, width);
    for (let level = 1; level <= levels; level++) {
      skips.push(x);
      x = stage(scope.child(`down${level}`), blocksToChannels(x, 2), width * 2 ** level);
    }
    for (let level = levels - 1; level >= 0; level--) {
      const own = scope.child(`up${level}`);
      const channels = width * 2 ** level;
      const larger = convTransposeLayer(own.child("double"), x, { channels, kernel: 2, stride: 2 });
      x = stage(own, concat([larger, skips[level]!], 1), channels);
    }
    const change = convLayer(scope.child("last"), x, {
      channels: 1,
      kernel: 1,
      initialise: heNormal(0.1),
    });
    return add(centrePlane(image), change);
  },
  published: [],
};
