/**
 * Multivariate normal background with a stated covariance of pixels |r| apart:
 *
 *   squared-exponential  K(r) = σ² exp(−r² / 2ℓ²)
 *   exponential          K(r) = σ² exp(−r / ℓ)
 *   matern-3/2           K(r) = σ² (1 + √3 r/ℓ) exp(−√3 r/ℓ)
 *
 * Not periodic: drawn by embedding the image in a torus of twice the size or more
 * [dietrich1997fast], which is exact where the embedding's eigenvalues are not negative; it is
 * enlarged until they are.
 */
import { InputError } from "../core/errors.ts";
import { makeImage } from "../core/image.ts";
import { resolveParameters, type ParameterTable } from "../core/parameters.ts";
import { fftN, signedFrequency } from "../math/fft.ts";
import type { Phantom } from "./phantom.ts";
import { drawField } from "./power-law-field.ts";
import { numberRow } from "../core/parameter-rows.ts";
import { sizeRow } from "./shared-parameters.ts";

const parameters: ParameterTable = {
  size: sizeRow(64),
  covariance: {
    type: "choice",
    choices: ["squared-exponential", "exponential", "matern-3/2"],
    default: "squared-exponential",
    about: "Shape of the covariance: very smooth, rough, or between",
  },
  lengthPx: numberRow("px", [0.1, 5, 1000], "Correlation length ℓ; larger is smoother"),
  sigma: numberRow("1", [0, 1, 1e6], "Standard deviation of a pixel"),
  mean: numberRow("1", [-1e6, 0, 1e6], "Mean value"),
};

const shapes: Readonly<Record<string, (r: number) => number>> = {
  "squared-exponential": (r) => Math.exp((-r * r) / 2),
  exponential: (r) => Math.exp(-r),
  "matern-3/2": (r) => (1 + Math.sqrt(3) * r) * Math.exp(-Math.sqrt(3) * r),
};

/** The covariance as a function of the distance in pixels, for the given parameters. */
export function multivariateNormalCovariance(
  given?: Readonly<Record<string, unknown>>,
): (distancePx: number) => number {
  const p = resolveParameters("multivariate-normal", parameters, given);
  const shape = shapes[p.covariance as string]!;
  const ell = p.lengthPx as number;
  const variance = (p.sigma as number) ** 2;
  return (r) => variance * shape(r / ell);
}

const embeddings = new Map<string, { spectrum: Float64Array; side: number }>();

function embeddingOf(given: Readonly<Record<string, unknown>> | undefined): {
  spectrum: Float64Array;
  side: number;
  size: number;
} {
  const p = resolveParameters("multivariate-normal", parameters, given);
  const size = p.size as number;
  const key = JSON.stringify(p);
  const known = embeddings.get(key);
  if (known) return { ...known, size };
  const covariance = multivariateNormalCovariance(given);
  for (let side = 2 * size; side <= Math.max(16 * size, 256); side *= 2) {
    const c = new Float64Array(side * side);
    for (let j = 0; j < side; j++) {
      for (let i = 0; i < side; i++) {
        c[j * side + i] = covariance(
          Math.hypot(signedFrequency(j, side), signedFrequency(i, side)),
        );
      }
    }
    const { re } = fftN(c, new Float64Array(c.length), { shape: [side, side] });
    let least = Infinity;
    let most = 0;
    for (const v of re) {
      if (v < least) least = v;
      if (v > most) most = v;
    }
    // Eigenvalues below zero by rounding alone change the covariance by less than float32 shows.
    if (least >= -1e-9 * most) {
      const kept = { spectrum: re.map((v) => Math.max(0, v)), side };
      embeddings.set(key, kept);
      return { ...kept, size };
    }
  }
  throw new InputError(
    `Cannot draw a multivariate normal image: found a correlation length of ${String(p.lengthPx)} px, wanted one well below the image side of ${size} px`,
  );
}

export const multivariateNormal: Phantom = {
  name: "multivariate-normal",
  title: "Multivariate normal background",
  summary:
    "Normal pixels with a stated covariance (squared-exponential, exponential or Matérn), for which the ideal observer is linear and exact.",
  references: ["dietrich1997fast"],
  unit: "arbitrary",
  acquisition: "direct",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const { spectrum, side, size } = embeddingOf(given);
    const mean = (given?.mean as number | undefined) ?? 0;
    const field = drawField(stream, { spectrum, shape: [side, side] });
    const values = new Float32Array(size * size);
    for (let j = 0; j < size; j++) {
      for (let i = 0; i < size; i++) values[j * size + i] = mean + field[j * side + i]!;
    }
    return { image: makeImage(values, [size, size]), truth: {} };
  },
};
