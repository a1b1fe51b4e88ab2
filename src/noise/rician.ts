import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { addChi, chiField } from "./non-central-chi.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { requireNonNegative, sigmaRow } from "./parameter-rows.ts";

const parameters: ParameterTable = {
  sigma: sigmaRow(0.05),
  variation: numberRow("1", [0, 1, 1000], "Noise in the middle against that at the corners"),
};

function valuesOf(given?: ParameterValues): { sigma: number; variation: number; channels: number } {
  const p = resolveParameters("rician", parameters, given);
  return { sigma: p.sigma as number, variation: p.variation as number, channels: 1 };
}

/** M = √((A + σn₁)² + (σn₂)²): E[M²] = A² + 2σ²; background Rayleigh, mean 1.2533 σ, sd 0.6551 σ. */
export const rician: NoiseModel = {
  name: "rician",
  title: "Rician noise",
  summary:
    "Magnitude noise of single-channel magnetic resonance; biased upwards where the signal is low.",
  references: ["gudbjartsson1995rician"],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    requireNonNegative("Rician", image);
    return addChi(image, stream, valuesOf(given));
  },
  mean: (image, given) => chiField(image, "mean", valuesOf(given)),
  variance: (image, given) => chiField(image, "variance", valuesOf(given)),
  covariance: (image, given) => ({
    kind: "diagonal",
    variance: chiField(image, "variance", valuesOf(given)),
  }),
};
