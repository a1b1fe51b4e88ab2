/** The single-layer network observer [zhou2019approximating] as a network: a linear score of all pixels of an image. */
import { fanIn, linearLayer } from "../layers/linear-layer.ts";
import type { Network } from "./network.ts";

export const linearObserver: Network = {
  name: "linear-observer",
  title: "Linear observer",
  summary: "Scores an image by one weight for each pixel; for training that is informed by a task.",
  references: ["zhou2019approximating"],
  gives: "scores",
  dimensions: [2, 3],
  fixedSize: true,
  options: {},
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => Number.POSITIVE_INFINITY,
  build: (image, { scope }) => linearLayer(scope, image, { channels: 1, initialise: fanIn(0.1) }),
  published: [],
};
