import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { centreMap } from "./noise-map.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { sigmaRow } from "./parameter-rows.ts";

const parameters = {
  sigma: sigmaRow(0.05),
  variation: numberRow("1", [0, 3, 1000], "Noise in the middle against that at the corners"),
} as const satisfies ParameterTable;

const valuesOf = (given?: Readonly<Record<string, unknown>>) =>
  resolveParameters("spatially-varying", parameters, given);

/** y = x + σ·m(r)·n, m falling by a cosine from `variation` in the middle to 1 at the corners. */
export const spatiallyVarying: NoiseModel = {
  name: "spatially-varying",
  title: "Spatially varying Gaussian noise",
  summary:
    "Independent normal noise whose level changes over the image, as after parallel imaging.",
  references: [],
  domain: "any",
  additive: true,
  parameters,
  add(image, stream, given) {
    const { sigma, variation } = valuesOf(given);
    const map = centreMap(image, variation);
    return withData(
      image,
      Float32Array.from(image.data, (x, i) => x + sigma * map[i]! * stream.normal()),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance(image, given) {
    const { sigma, variation } = valuesOf(given);
    return centreMap(image, variation).map((m) => (sigma * m) ** 2);
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: spatiallyVarying.variance(image, given) };
  },
};
