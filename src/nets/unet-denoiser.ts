/** U-Net [ronneberger2015unet] that predicts the noise of a plane, a stack's middle plane or a volume. */
import { subtract } from "../graph/ops/subtract.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { heNormal } from "../layers/scope.ts";
import { centrePlane } from "./centre-plane.ts";
import type { Network } from "./network.ts";
import { normOf, normOption, unetFeatures, unetOptions, unetReach } from "./unet-body.ts";

export const unetDenoiser: Network = {
  name: "unet-denoiser",
  title: "U-Net that denoises",
  summary: "Predicts the noise of planes, stacks and volumes on several resolutions.",
  references: ["ronneberger2015unet"],
  dimensions: [2, 3],
  options: { ...unetOptions, norm: { ...normOption.norm, default: "none" } },
  takesSigma: false,
  multipleOf: ({ levels }) => 2 ** (levels as number),
  reach: unetReach,
  build(image, { scope, options }) {
    const { full } = unetFeatures(image, { scope, options, norm: normOf(options) });
    scope.output("features", full);
    const noise = convLayer(scope.child("last"), full, {
      channels: 1,
      kernel: 1,
      initialise: heNormal(0.1),
    });
    return subtract(centrePlane(image), noise);
  },
  published: [],
};
