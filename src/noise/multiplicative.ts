import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  deviation: numberRow("1", [0, 0.1, 100], "Relative standard deviation; larger is noisier"),
};

const deviationOf = (given?: Readonly<Record<string, unknown>>): number =>
  resolveParameters("multiplicative", parameters, given).deviation as number;

/** y = x·(1 + σ·n): mean x, variance σ²x². The "speckle" of image toolboxes, whose level is σ². */
export const multiplicative: NoiseModel = {
  name: "multiplicative",
  title: "Multiplicative Gaussian noise",
  summary: "Normal noise in proportion to the signal: the simplest stand-in for speckle.",
  references: [],
  domain: "any",
  additive: false,
  parameters,
  add(image, stream, given) {
    const s = deviationOf(given);
    return withData(
      image,
      Float32Array.from(image.data, (x) => x * (1 + s * stream.normal())),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance(image, given) {
    const s = deviationOf(given);
    return Float64Array.from(image.data, (x) => (s * x) ** 2);
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: multiplicative.variance(image, given) };
  },
};
