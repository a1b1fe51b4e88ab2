/** U-Net [ronneberger2015unet] that scores the classes of every pixel of a plane, a stack or a volume. */
import { convLayer } from "../layers/conv-layer.ts";
import type { Network } from "./network.ts";
import { normOf, normOption, unetFeatures, unetOptions, unetReach } from "./unet-body.ts";

export const unet: Network = {
  name: "unet",
  title: "U-Net",
  summary:
    "Segments planes, stacks and volumes; scores of classes at every resolution if asked for.",
  references: ["ronneberger2015unet"],
  gives: "labels",
  dimensions: [2, 3],
  options: {
    ...unetOptions,
    ...normOption,
    classes: {
      type: "integer",
      unit: "classes",
      min: 1,
      max: 1024,
      default: 2,
      about: "Classes, the background among them; 1 scores a single class against none.",
    },
    deep: {
      type: "boolean",
      default: false,
      about: "Whether coarser levels score the classes too, for deep supervision.",
    },
  },
  takesSigma: false,
  multipleOf: ({ levels }) => 2 ** (levels as number),
  reach: unetReach,
  build(image, { scope, options }) {
    const channels = options["classes"] as number;
    const { full, coarser } = unetFeatures(image, { scope, options, norm: normOf(options) });
    if (options["deep"] === true) {
      coarser.forEach((features, i) => {
        const name = `labels${i + 1}`;
        scope.output(name, convLayer(scope.child(name), features, { channels, kernel: 1 }));
      });
    }
    return convLayer(scope.child("last"), full, { channels, kernel: 1 });
  },
  published: [],
};
