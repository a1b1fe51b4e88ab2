/**
 * U-Net whose normalisation follows a code [gu2021adain]: one network for both directions of a CycleGAN, codes between
 * 0 and 1 going part of the way.
 *
 * Deviations: (1) max-pooling and transposed convolutions in place of the polyphase steps; (2) every convolution is
 * led by the code, through linear layers of its own.
 */
import { InputError } from "../core/errors.ts";
import { add } from "../graph/ops/add.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";
import { normByCode, unetFeatures, unetOptions } from "./unet-body.ts";

export const adainUnet: Network = {
  name: "adain-unet",
  title: "U-Net with adaptive instance normalisation",
  summary: "Denoises or degrades by a code, and part of the way by a number between.",
  references: ["gu2021adain", "huang2017adain"],
  dimensions: [2, 3],
  options: unetOptions,
  takesSigma: false,
  conditions: { code: { about: "1 denoises, 0 degrades.", shape: () => [1] } },
  multipleOf: ({ levels }) => 2 ** (levels as number),
  reach: () => Number.POSITIVE_INFINITY,
  build(image, { scope, options, conditions }) {
    const code = conditions?.["code"];
    if (code === undefined) {
      throw new InputError("Cannot build adain-unet: found no code, wanted one for each image");
    }
    const { full } = unetFeatures(image, { scope, options, norm: normByCode(code) });
    const change = convLayer(scope.child("last"), full, {
      channels: 1,
      kernel: 1,
      initialise: heNormal(0.1),
    });
    return add(centrePlane(image), change);
  },
  published: [],
};
