/**
 * The optimal bilateral filter: parameters found by a swarm [elhoseny2019bilateral], dragonfly or modified
 * firefly, or on a grid as control. Searched are the spatial σ_s (0.5 … 4 px) and the range σ_r (0.5 … 8 σ).
 *
 * With a reference the fitness is PSNR, here −10 log₁₀ MSE, as published; parameters found that way on
 * training images are frozen for test. Without one it is −10 log₁₀ of Stein's risk estimate with a random
 * probe (`monteCarloSure`): the no-reference version, which the denoiser uses. The J-invariant loss is
 * no substitute here: it never sees the noisy centre pixel, and prefers too narrow a range.
 */
import { CancelledError, InputError } from "../core/errors.ts";
import { type Image, layoutOf, sliceOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import type { WorkOptions } from "../core/progress.ts";
import { bilateral } from "./bilateral.ts";
import { monteCarloSure } from "./calibrate.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { dragonflySearch } from "./search/dragonfly.ts";
import { fireflySearch } from "./search/firefly.ts";
import { gridSearch } from "./search/grid.ts";
import type { Point, SearchResult } from "./search/search.ts";
import { wellPosed } from "./well-posed.ts";

export interface BilateralSearchOptions extends WorkOptions {
  readonly search?: "dragonfly" | "firefly" | "grid";
  /** Noise-free images, one for each noisy one; absent: the no-reference version. */
  readonly references?: readonly Image[];
  /** Noise level in the images' unit. */
  readonly sigma: number;
  readonly agents?: number;
  readonly rounds?: number;
  readonly seed?: number;
}

export interface OptimalBilateral extends SearchResult {
  /** Parameters of the `bilateral` denoiser, to be frozen. */
  readonly parameters: { readonly spatial: number; readonly range: number };
}

const low: Point = [0.5, 0.5];
const high: Point = [4, 8];

/**
 * Searches the bilateral filter's parameters on one or more images.
 *
 * @returns the parameters, their fitness in dB, and its course
 * @throws InputError when references and images do not match; CancelledError
 */
export async function optimiseBilateral(
  images: readonly Image[],
  options: BilateralSearchOptions,
): Promise<OptimalBilateral> {
  const { search = "dragonfly", references, sigma, signal, onProgress } = options;
  if (images.length === 0 || (references && references.length !== images.length)) {
    throw new InputError(
      `Cannot optimise the bilateral filter: found ${images.length} images and ${references?.length ?? 0} references, wanted as many references as images, and at least one`,
    );
  }
  const { agents = 8, rounds = 8, seed = 1 } = options;
  const total = search === "grid" ? 49 : (rounds + 1) * agents;
  let done = 0;
  const fitness = async ([spatial = 1, range = 1]: Point): Promise<number> => {
    if (signal?.aborted) {
      throw new CancelledError("searching bilateral parameters", { cause: signal.reason });
    }
    let sum = 0;
    let index = 0;
    for (const image of images) {
      const parameters = { spatial, range };
      const reference = references?.[index++];
      if (reference) {
        const result = await bilateral.denoise(image, parameters, { sigma, signal });
        let squares = 0;
        for (let i = 0; i < result.data.length; i++) {
          squares += (result.data[i]! - reference.data[i]!) ** 2 / result.data.length;
        }
        sum += squares;
      } else {
        const risk = await monteCarloSure(image, bilateral, { sigma, parameters, signal });
        // Chance may put a small risk below zero.
        sum += Math.max(risk, 1e-4 * sigma * sigma);
      }
    }
    onProgress?.({ done: Math.min(total, ++done), total, label: "searching parameters" });
    return -10 * Math.log10(sum / images.length);
  };
  const stream = streamOf(seed, "optimal-bilateral", search);
  const common = { low, high, fitness, stream, agents, rounds };
  const found =
    search === "grid"
      ? await gridSearch({ ...common, points: 7 })
      : search === "firefly"
        ? await fireflySearch(common)
        : await dragonflySearch(common);
  return { ...found, parameters: { spatial: found.best[0]!, range: found.best[1]! } };
}

const parameters: ParameterTable = {
  search: {
    type: "choice",
    choices: ["dragonfly", "firefly", "grid"],
    default: "dragonfly",
    about: "how parameters are searched; grid is the control",
  },
  agents: {
    type: "integer",
    unit: "1",
    min: 2,
    max: 100,
    default: 6,
    about: "size of the swarm; more search wider and take longer",
  },
  rounds: {
    type: "integer",
    unit: "1",
    min: 1,
    max: 200,
    default: 6,
    about: "rounds of the swarm",
  },
  seed: {
    type: "integer",
    unit: "1",
    min: 0,
    max: 2_147_483_647,
    default: 1,
    about: "seed of the swarm's random stream",
  },
};

/** Optimal bilateral filter, no-reference version; see the file's header. */
export const optimalBilateral: Denoiser = wellPosed({
  name: "optimal-bilateral",
  title: "Optimal bilateral filter",
  summary:
    "Bilateral filter whose parameters a dragonfly or firefly swarm finds on the image itself, without truth.",
  references: ["elhoseny2019bilateral", "mirjalili2016dragonfly", "yang2009firefly"],
  noise: "gaussian" as const,
  dimensions: bilateral.dimensions,
  parameters,
  reach: () => "its parameters are searched on the middle of the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("optimal-bilateral", parameters, given);
    const sigma = noiseLevelFor("optimal-bilateral", image, context);
    if (context.signal?.aborted) throw new CancelledError("denoising by optimal-bilateral");
    if (sigma === 0) return withData(image, image.data.slice());
    const { blocks, nz } = layoutOf(image);
    // A volume's parameters are searched on its middle slice.
    const sample = blocks * nz > 1 ? sliceOf(image, Math.floor((blocks * nz) / 2)) : image;
    const found = await optimiseBilateral([sample], {
      sigma,
      search: values.search as "dragonfly" | "firefly" | "grid",
      agents: values.agents as number,
      rounds: values.rounds as number,
      seed: values.seed as number,
      signal: context.signal,
      onProgress: context.onProgress,
    });
    return bilateral.denoise(image, found.parameters, { ...context, sigma });
  },
});
