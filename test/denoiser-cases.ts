/** What the contract suites of denoisers share: how members are called, and what each is tried on. */
import { type Image, withData } from "../src/core/image.ts";
import type { ParameterValues } from "../src/core/parameters.ts";
import { streamOf } from "../src/core/random.ts";
import type { Denoiser, NoiseKind } from "../src/denoise/denoiser.ts";
import { withGaussianNoise, withRicianNoise } from "./denoise-scene.ts";

/** Settings for members whose published ones take minutes; the promises do not depend on them. */
export const economies: readonly {
  readonly name: string;
  readonly parameters: ParameterValues;
  readonly reason: string;
}[] = [
  {
    name: "wnnm",
    parameters: { rounds: 4, matches: 40, reach: 8, step: 3 },
    reason: "a dozen rounds of thousands of matrix decompositions",
  },
  {
    name: "local-pca",
    parameters: { reach: 6, step: 3 },
    reason: "a matrix decomposition for every other pixel",
  },
  {
    name: "k-svd",
    parameters: { rounds: 3, trainingPatches: 3000 },
    reason: "trains a dictionary on each image",
  },
  {
    name: "total-generalised-variation",
    parameters: { maxIterations: 300 },
    reason: "solves a series of convex problems for its strength",
  },
];

/** Members that cannot take a single plane or volume, and where their promises are held. */
export const elsewhere: readonly { readonly name: string; readonly reason: string }[] = [
  {
    name: "mp-pca",
    reason: "needs a series of images; src/denoise/mp-pca.test.ts holds the same clauses",
  },
];

/** Wrapped denoisers that keep the same promises, one for each wrapper. */
export const wrapped = [
  "homomorphic+wavelet-shrinkage",
  "anscombe+wiener",
  "rician+wavelet-shrinkage",
  "preserving+wavelet-shrinkage",
];

/** Noise that a denoiser is tested on, and the level it is told. */
export function noisy(kind: NoiseKind, truth: Image, level: number): Image {
  if (kind === "rician") return withRicianNoise(truth, 12 * level, 1);
  const stream = streamOf(7, "contract", kind);
  if (kind === "speckle") {
    const looks = 1 / (0.2 * level) ** 2;
    return withData(
      truth,
      truth.data.map((v) => (v * stream.gamma(looks)) / looks),
    );
  }
  if (kind === "impulse") {
    return withData(
      truth,
      truth.data.map((v) => {
        const u = stream.uniform();
        return u < 0.05 * level ? 0 : u < 0.1 * level ? 255 : v;
      }),
    );
  }
  if (kind === "poisson-gaussian") {
    return withData(
      truth,
      truth.data.map((v) => 2 * stream.poisson(v / 2) + 3 * stream.normal()),
    );
  }
  return withGaussianNoise(truth, 12 * level, 1);
}

/** The noise level that goes with `noisy` at level 1. */
export function levelOf(kind: NoiseKind): number {
  return kind === "speckle" ? 0.2 : kind === "poisson-gaussian" ? 3 : 12;
}

/** The member with its row of economies as defaults. */
export function economical(denoiser: Denoiser): Denoiser {
  const economy = economies.find((row) => row.name === denoiser.name);
  if (!economy) return denoiser;
  return {
    ...denoiser,
    denoise: (image, given, context) =>
      denoiser.denoise(image, { ...economy.parameters, ...given }, context),
  };
}

/** Largest absolute difference; NaN when a value is none. */
export function worst(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (Number.isNaN(difference)) return NaN;
    if (difference > largest) largest = difference;
  }
  return largest;
}
