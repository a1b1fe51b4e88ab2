/**
 * Weighted nuclear norm minimisation [gu2014weighted]: groups of similar patches are nearly of low
 * rank; their singular values are shrunk by weights that spare the large ones, in rounds that feed
 * part of the residual back.
 *
 * In round t: y ← x + δ (noisy − x); groups are matched anew every second round with ten patches fewer;
 * a group's noise level is σ in the first round and λ √|σ² − mean (noisy − x)²| afterwards; singular
 * values by `factorsOf`.
 *
 * Defaults by σ in grey levels of 255 (the range of the image's content standing for 255), as published:
 *
 *   σ ≤ 20: patch 6, 70 patches, 8 rounds, λ 0.54;   σ ≤ 40: 7, 90, 12, 0.56;
 *   σ ≤ 60: 8, 120, 14, 0.58;   above: 9, 140, 14, 0.58;   key patches every ⌊patch/2⌋ − 1 px.
 *
 * All of them are parameters, which makes the tuned version of [cammarasana2022realtime] a choice of
 * values: its authors' settings are `patch` 7, `matches` 90, `fewestMatches` 50.
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { intensityRange } from "./block-matching/intensity-range.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { type MatchLists, shrinkGroups } from "./low-rank/groups.ts";
import { wellPosed } from "./well-posed.ts";

const followsNoise = "Default follows from the noise level";

const parameters: ParameterTable = {
  patch: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 16,
    about: `side of a patch; larger suits stronger noise. ${followsNoise} (6 to 9)`,
  },
  matches: {
    type: "integer",
    unit: "patches",
    min: 4,
    max: 400,
    about: `patches in a group at first; more average more and blur rare detail. ${followsNoise} (70 to 140)`,
  },
  fewerEach: {
    type: "integer",
    unit: "patches",
    min: 0,
    max: 100,
    default: 10,
    about: "by how many patches groups shrink at each new matching",
  },
  fewestMatches: {
    type: "integer",
    unit: "patches",
    min: 2,
    max: 400,
    default: 20,
    about: "groups do not become smaller than this",
  },
  rounds: {
    type: "integer",
    unit: "1",
    min: 1,
    max: 50,
    about: `rounds of shrinkage and feedback. ${followsNoise} (8 to 14)`,
  },
  matchEvery: {
    type: "integer",
    unit: "rounds",
    min: 1,
    max: 50,
    default: 2,
    about: "rounds between two searches for similar patches; larger is faster",
  },
  reach: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 64,
    default: 30,
    about: "search reach on each side; larger finds better matches and is slower",
  },
  step: {
    type: "integer",
    unit: "px",
    min: 1,
    max: 16,
    about:
      "distance of key patches; larger is faster and slightly worse. Default: half the patch less one",
  },
  feedback: {
    type: "number",
    unit: "1",
    min: 0,
    max: 1,
    default: 0.1,
    about: "share δ of the residual that comes back each round; larger keeps more detail and noise",
  },
  residual: {
    type: "number",
    unit: "1",
    min: 0.01,
    max: 2,
    about: `λ: scale of the noise level left after a round; larger is smoother. ${followsNoise} (0.54 to 0.58)`,
  },
  weight: {
    type: "number",
    unit: "1",
    min: 0.01,
    max: 100,
    default: 2.8284271247461903,
    about: "c of the singular-value weights, published as 2√2; larger is smoother",
  },
  reweightings: {
    type: "integer",
    unit: "1",
    min: 1,
    max: 20,
    default: 3,
    about: "how often the weights are computed anew from the shrunk values",
  },
};

/** WNNM with all its parameters; see the file's header. */
export const wnnm: Denoiser = wellPosed({
  name: "wnnm",
  title: "WNNM",
  summary:
    "Low-rank shrinkage of groups of similar patches in rounds: slow, and among the best classical results for white Gaussian noise.",
  references: ["gu2014weighted", "cammarasana2022realtime"],
  noise: "gaussian",
  dimensions: [2],
  parameters,
  reach: () => "settings follow from the range of the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("wnnm", parameters, given);
    const sigma = noiseLevelFor("wnnm", image, context);
    if (sigma === 0) return withData(image, image.data.slice());
    const { blocks, nz, ny, nx } = layoutOf(image);
    const range = intensityRange(image);
    const published = publishedSettings(range > 0 ? (255 * sigma) / range : Infinity);
    const number = (name: string, otherwise: number) =>
      (values[name] as number | undefined) ?? otherwise;
    const patch = Math.min(number("patch", published.patch), ny, nx);
    const settings: Settings = {
      patch,
      step: number("step", Math.max(1, Math.floor(patch / 2) - 1)),
      matches: number("matches", published.matches),
      rounds: number("rounds", published.rounds),
      residual: number("residual", published.residual),
      fewerEach: number("fewerEach", 10),
      fewestMatches: number("fewestMatches", 20),
      matchEvery: number("matchEvery", 2),
      reach: number("reach", 30),
      feedback: number("feedback", 0.1),
      weight: number("weight", 2 * Math.SQRT2),
      reweightings: number("reweightings", 3),
    };
    const size = ny * nx;
    const planes = blocks * nz;
    const out = new Float32Array(image.data.length);
    for (let plane = 0; plane < planes; plane++) {
      const noisy = image.data.slice(plane * size, (plane + 1) * size);
      const share = [plane / planes, (plane + 1) / planes] as const;
      out.set(await denoisePlane(noisy, { ny, nx, sigma, settings, context, share }), plane * size);
    }
    return withData(image, out);
  },
});

interface Settings {
  readonly patch: number;
  readonly step: number;
  readonly matches: number;
  readonly rounds: number;
  readonly residual: number;
  readonly fewerEach: number;
  readonly fewestMatches: number;
  readonly matchEvery: number;
  readonly reach: number;
  readonly feedback: number;
  readonly weight: number;
  readonly reweightings: number;
}

function publishedSettings(grey: number) {
  if (grey <= 20) return { patch: 6, matches: 70, rounds: 8, residual: 0.54 };
  if (grey <= 40) return { patch: 7, matches: 90, rounds: 12, residual: 0.56 };
  if (grey <= 60) return { patch: 8, matches: 120, rounds: 14, residual: 0.58 };
  return { patch: 9, matches: 140, rounds: 14, residual: 0.58 };
}

async function denoisePlane(
  noisy: Float32Array,
  work: {
    readonly ny: number;
    readonly nx: number;
    readonly sigma: number;
    readonly settings: Settings;
    readonly context: DenoiseContext;
    readonly share: readonly [number, number];
  },
): Promise<Float32Array> {
  const { ny, nx, sigma, settings, context, share } = work;
  const { rounds } = settings;
  let current = noisy;
  let lists: MatchLists | undefined;
  let most = settings.matches;
  for (let round = 0; round < rounds; round++) {
    const mixed = current.map((v, i) => v + settings.feedback * (noisy[i]! - v));
    if (round % settings.matchEvery === 0) {
      if (round > 0) most = Math.max(settings.fewestMatches, most - settings.fewerEach);
      lists = undefined;
    }
    const portion = (k: number) => share[0] + ((share[1] - share[0]) * k) / rounds;
    const result = await shrinkGroups(
      { data: mixed, nz: 1, ny, nx },
      {
        pass: {
          bz: 1,
          n: settings.patch,
          stepZ: 1,
          step: Math.min(settings.step, settings.patch),
          reachZ: 0,
          reach: settings.reach,
          most: Math.max(2, most),
          sigma,
          shrinkage: {
            rule: "weighted-nuclear-norm",
            c: settings.weight,
            reweightings: settings.reweightings,
          },
          ...(round > 0 ? { residualFactor: settings.residual } : {}),
        },
        noisy,
        ...(lists ? { lists } : {}),
        ...(context.threads === undefined ? {} : { threads: context.threads }),
        ...(context.signal ? { signal: context.signal } : {}),
        ...(context.onProgress ? { onProgress: context.onProgress } : {}),
        label: `WNNM, round ${round + 1} of ${rounds}`,
        share: [portion(round), portion(round + 1)],
      },
    );
    current = result.data;
    lists = result.lists;
  }
  return current;
}
