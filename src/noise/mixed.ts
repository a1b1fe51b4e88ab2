import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { impulse, impulseMoments } from "./impulse.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { photonsRow, requireNonNegative, sigmaRow } from "./parameter-rows.ts";
import { poissonGaussian } from "./poisson-gaussian.ts";

const parameters = {
  photons: photonsRow(1000),
  sigma: sigmaRow(0.02),
  density: numberRow("1", [0, 0.05, 1], "Share of pixels that are replaced by an extreme"),
  low: numberRow("image unit", [0, 0, 1e9], "Value of pepper"),
  high: numberRow("image unit", [0, 1, 1e9], "Value of salt"),
  order: {
    type: "choice",
    choices: ["impulse-last", "impulse-first"],
    default: "impulse-last",
    about: "Faulty readings after counting (extremes stay exact) or faulty objects before it",
  },
} as const satisfies ParameterTable;

function valuesOf(given?: ParameterValues) {
  const p = resolveParameters("mixed", parameters, given);
  return { ...p, values: "extremes" as const };
}

/** Poisson–Gaussian noise and impulses, in a stated order. */
export const mixed: NoiseModel = {
  name: "mixed",
  title: "Mixed noise",
  summary:
    "Poisson, Gaussian and impulse noise together; the order is a parameter since it matters.",
  references: [],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    const { photons, sigma, density, low, high, order } = valuesOf(given);
    requireNonNegative("mixed", image);
    const counting = { photons, sigma };
    const faults = { density, low, high };
    const a = stream.child("counting");
    const b = stream.child("impulses");
    return order === "impulse-last"
      ? impulse.add(poissonGaussian.add(image, a, counting), b, faults)
      : poissonGaussian.add(impulse.add(image, b, faults), a, counting);
  },
  mean(image, given) {
    const v = valuesOf(given);
    const [m1] = impulseMoments(v);
    return Float64Array.from(image.data, (x) => (1 - v.density) * x + v.density * m1);
  },
  variance(image, given) {
    const v = valuesOf(given);
    const [m1, m2] = impulseMoments(v);
    const d = v.density;
    return Float64Array.from(image.data, (x) => {
      const mean = (1 - d) * x + d * m1;
      if (v.order === "impulse-last") {
        const second = x * x + x / v.photons + v.sigma ** 2;
        return (1 - d) * second + d * m2 - mean * mean;
      }
      return (1 - d) * x * x + d * m2 - mean * mean + mean / v.photons + v.sigma ** 2;
    });
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: mixed.variance(image, given) };
  },
};
