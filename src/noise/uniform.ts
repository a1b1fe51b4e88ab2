import { withData } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters: ParameterTable = {
  halfWidth: numberRow("image unit", [0, 0.1, 1e9], "Largest deviation; σ is this over √3"),
};

const widthOf = (given?: Readonly<Record<string, unknown>>): number =>
  resolveParameters("uniform", parameters, given).halfWidth as number;

/** y = x + u, u even on [−w, w): variance w²/3. */
export const uniform: NoiseModel = {
  name: "uniform",
  title: "Uniform noise",
  summary: "Independent even noise, as coarse quantisation makes it.",
  references: [],
  domain: "any",
  additive: true,
  parameters,
  add(image, stream, given) {
    const w = widthOf(given);
    return withData(
      image,
      Float32Array.from(image.data, (x) => x + w * (2 * stream.uniform() - 1)),
    );
  },
  mean: (image) => Float64Array.from(image.data),
  variance: (image, given) => new Float64Array(image.data.length).fill(widthOf(given) ** 2 / 3),
  covariance: (_image, given) => ({ kind: "white", variance: widthOf(given) ** 2 / 3 }),
};
