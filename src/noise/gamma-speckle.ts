import { withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { logGamma } from "../math/gamma.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { requireNonNegative } from "./parameter-rows.ts";

const parameters = {
  looks: numberRow("looks", [0.05, 4, 1e6], "Independent intensities averaged; more is less noisy"),
  scale: {
    type: "choice",
    choices: ["intensity", "amplitude"],
    default: "intensity",
    about: "Whether the image holds intensities (gamma) or amplitudes (its square root)",
  },
} as const satisfies ParameterTable;

const valuesOf = (given?: ParameterValues) => resolveParameters("gamma-speckle", parameters, given);

/** E[√g] for g gamma with shape L and mean 1: Γ(L+½) / (Γ(L) √L). */
const rootMean = (looks: number): number =>
  Math.exp(logGamma(looks + 0.5) - logGamma(looks)) / Math.sqrt(looks);

/**
 * Fully developed speckle of L looks. Intensity: y = x·g, g ~ Gamma(L)/L, mean x, variance x²/L.
 * Amplitude: y = x·√g, mean x·m, variance x²(1 − m²), m = Γ(L+½)/(Γ(L)√L).
 */
export const gammaSpeckle: NoiseModel = {
  name: "gamma-speckle",
  title: "Gamma speckle",
  summary:
    "Multiplicative speckle of L looks in intensity or amplitude, independent from pixel to pixel.",
  references: ["goodman1976some"],
  domain: "non-negative",
  additive: false,
  parameters,
  add(image, stream, given) {
    const { looks, scale } = valuesOf(given);
    requireNonNegative("gamma speckle", image);
    const shape = (g: number): number => (scale === "intensity" ? g : Math.sqrt(g));
    return withData(
      image,
      Float32Array.from(image.data, (x) => x * shape(stream.gamma(looks) / looks)),
    );
  },
  mean(image, given) {
    const { looks, scale } = valuesOf(given);
    const m = scale === "intensity" ? 1 : rootMean(looks);
    return Float64Array.from(image.data, (x) => x * m);
  },
  variance(image, given) {
    const { looks, scale } = valuesOf(given);
    const v = scale === "intensity" ? 1 / looks : 1 - rootMean(looks) ** 2;
    return Float64Array.from(image.data, (x) => x * x * v);
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: gammaSpeckle.variance(image, given) };
  },
};
