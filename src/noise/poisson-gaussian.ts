import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { photonsRow, requireNonNegative, sigmaRow } from "./parameter-rows.ts";

const parameters = {
  photons: photonsRow(1000),
  sigma: sigmaRow(0.01),
} as const satisfies ParameterTable;

const valuesOf = (given?: Readonly<Record<string, unknown>>) =>
  resolveParameters("poisson-gaussian", parameters, given);

/** y = P(k·x)/k + σ·n: mean x, variance x/k + σ². */
export const poissonGaussian: NoiseModel = {
  name: "poisson-gaussian",
  title: "Poisson–Gaussian noise",
  summary: "Counting noise and the electronic noise of the detector that reads it.",
  references: [],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    const { photons, sigma } = valuesOf(given);
    requireNonNegative("Poisson–Gaussian", image);
    return withData(
      image,
      Float32Array.from(
        image.data,
        (x) => stream.poisson(photons * x) / photons + sigma * stream.normal(),
      ),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance(image, given) {
    const { photons, sigma } = valuesOf(given);
    return Float64Array.from(image.data, (x) => x / photons + sigma * sigma);
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: poissonGaussian.variance(image, given) };
  },
};
