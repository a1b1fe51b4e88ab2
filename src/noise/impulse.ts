import { withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { NoiseModel } from "./noise-model.ts";
import { numberRow } from "../core/parameter-rows.ts";

const parameters = {
  density: numberRow(
    "1",
    [0, 0.1, 1],
    "Share of pixels that are replaced; half of them by each extreme",
  ),
  low: numberRow("image unit", [-1e9, 0, 1e9], "Value of pepper, or lower end of random values"),
  high: numberRow("image unit", [-1e9, 1, 1e9], "Value of salt, or upper end of random values"),
  values: {
    type: "choice",
    choices: ["extremes", "random"],
    default: "extremes",
    about: "Replace by one of the two extremes (salt and pepper) or by an even random value",
  },
} as const satisfies ParameterTable;

export interface ImpulseValues {
  readonly density: number;
  readonly low: number;
  readonly high: number;
  readonly values: "extremes" | "random";
}

const valuesOf = (given?: ParameterValues): ImpulseValues =>
  resolveParameters("impulse", parameters, given);

/** First and second moment of the replacing value. */
export function impulseMoments({ low, high, values }: ImpulseValues): [number, number] {
  const first = (low + high) / 2;
  const second =
    values === "extremes"
      ? (low * low + high * high) / 2
      : (low * low + low * high + high * high) / 3;
  return [first, second];
}

/** Replaces a share d of the pixels: mean (1−d)x + d·m₁, second moment (1−d)x² + d·m₂. */
export const impulse: NoiseModel = {
  name: "impulse",
  title: "Impulse noise",
  summary: "Salt and pepper, or random values, in a set share of the pixels.",
  references: [],
  domain: "any",
  additive: false,
  parameters,
  add(image, stream, given) {
    const { density, low, high, values } = valuesOf(given);
    return withData(
      image,
      Float32Array.from(image.data, (x) => {
        // Both numbers are drawn for every pixel, so that a pixel's fate does not shift its neighbours'.
        const hit = stream.uniform() < density;
        const u = stream.uniform();
        if (!hit) return x;
        return values === "extremes" ? (u < 0.5 ? low : high) : low + (high - low) * u;
      }),
    );
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
    return Float64Array.from(
      image.data,
      (x) => (1 - d) * x * x + d * m2 - ((1 - d) * x + d * m1) ** 2,
    );
  },
  covariance(image, given) {
    return { kind: "diagonal", variance: impulse.variance(image, given) };
  },
};
