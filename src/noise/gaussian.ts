import { withData, type Image } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import type { NoiseModel } from "./noise-model.ts";

const parameters: ParameterTable = {
  sigma: {
    type: "number",
    unit: "image unit",
    min: 0,
    max: 1e9,
    default: 0.1,
    about: "Standard deviation; larger is noisier",
  },
};

const sigmaOf = (given: ParameterValues | undefined): number =>
  resolveParameters("gaussian", parameters, given).sigma as number;

/** y = x + σ·n with n standard normal, independent from pixel to pixel. Never clipped. */
export const gaussian: NoiseModel = {
  name: "gaussian",
  title: "Additive white Gaussian noise",
  summary:
    "Adds independent normal numbers of one standard deviation; the reference case of denoising, not clipped.",
  references: [],
  domain: "any",
  additive: true,
  parameters,
  add(image: Image, stream: Stream, given?: ParameterValues): Image {
    const sigma = sigmaOf(given);
    return withData(
      image,
      Float32Array.from(image.data, (x) => x + sigma * stream.normal()),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance: (image, given) => new Float64Array(image.data.length).fill(sigmaOf(given) ** 2),
  covariance: (_image, given) => ({ kind: "white", variance: sigmaOf(given) ** 2 }),
};
