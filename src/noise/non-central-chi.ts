import { withData, type Image } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
  type ParameterValuesOf,
} from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { chiMomentsTabulated } from "./chi-moments.ts";
import { centreMap } from "./noise-map.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { requireNonNegative, sigmaRow } from "./parameter-rows.ts";

const parameters = {
  sigma: sigmaRow(0.05),
  channels: {
    type: "integer",
    unit: "channels",
    min: 1,
    max: 64,
    default: 4,
    about: "Receiver channels whose squares are summed; more raises the background",
  },
  variation: numberRow("1", [0, 1, 1000], "Noise in the middle against that at the corners"),
} as const satisfies ParameterTable;

type Values = ParameterValuesOf<typeof parameters>;

const valuesOf = (given?: ParameterValues) =>
  resolveParameters("non-central-chi", parameters, given);

/** Magnitudes of A in channel 1 plus complex noise of σ per part in each of L channels. */
export function addChi(image: Image, stream: Stream, values: Values): Image {
  const map = centreMap(image, values.variation);
  const parts = 2 * values.channels;
  return withData(
    image,
    Float32Array.from(image.data, (a, i) => {
      const sigma = values.sigma * map[i]!;
      let sum = (a + sigma * stream.normal()) ** 2;
      for (let p = 1; p < parts; p++) sum += (sigma * stream.normal()) ** 2;
      return Math.sqrt(sum);
    }),
  );
}

/** Mean or variance of the magnitude in every pixel. */
export function chiField(image: Image, which: "mean" | "variance", values: Values): Float64Array {
  const map = centreMap(image, values.variation);
  return Float64Array.from(image.data, (a, i) => {
    const sigma = values.sigma * map[i]!;
    if (sigma === 0) return which === "mean" ? a : 0;
    const moments = chiMomentsTabulated(a / sigma, values.channels);
    return which === "mean" ? sigma * moments.mean : sigma * sigma * moments.variance;
  });
}

/** Sum-of-squares magnitude of L receiver channels: non-central chi with 2L degrees of freedom. */
export const nonCentralChi: NoiseModel = {
  name: "non-central-chi",
  title: "Non-central chi noise",
  summary: "Magnitude noise of multi-channel magnetic resonance combined by the sum of squares.",
  references: ["constantinides1997signal"],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    requireNonNegative("non-central chi", image);
    return addChi(image, stream, valuesOf(given));
  },
  mean: (image, given) => chiField(image, "mean", valuesOf(given)),
  variance: (image, given) => chiField(image, "variance", valuesOf(given)),
  covariance: (image, given) => ({
    kind: "diagonal",
    variance: chiField(image, "variance", valuesOf(given)),
  }),
};
