import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { photonsRow, requireNonNegative } from "./parameter-rows.ts";

const parameters: ParameterTable = { photons: photonsRow(1000) };

const photonsOf = (given?: Readonly<Record<string, unknown>>): number =>
  resolveParameters("poisson", parameters, given).photons as number;

/** y = P(k·x)/k: mean x, variance x/k. */
export const poisson: NoiseModel = {
  name: "poisson",
  title: "Poisson noise",
  summary:
    "Counting noise: the variance grows with the signal, at a set number of quanta per unit.",
  references: [],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    const k = photonsOf(given);
    requireNonNegative("Poisson", image);
    return withData(
      image,
      Float32Array.from(image.data, (x) => stream.poisson(k * x) / k),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance(image, given) {
    const k = photonsOf(given);
    return Float64Array.from(image.data, (x) => x / k);
  },
  covariance(image, given) {
    const k = photonsOf(given);
    return { kind: "diagonal", variance: Float64Array.from(image.data, (x) => x / k) };
  },
};
