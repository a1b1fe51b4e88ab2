/**
 * Local principal components of similar patches in two stages [zhang2010twostage]: the patches nearest
 * to each key patch share a basis of principal components; in it the linear minimum-mean-square-error
 * weight of a component with variance v is max(v − σ², 0)/v. The second stage repeats this on the first
 * result with the noise that it left, 0.35 √(σ² − mean (noisy − x)²).
 *
 * Deviations: 1. all pixels of all patches of a group are averaged back, not only the central one.
 * 2. volumes use cubes. 3. the mean is over the group, as in the paper, and patches are matched anew
 * in the second stage.
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { shrinkGroups } from "./low-rank/groups.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  patch: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 9,
    about: "side of a patch; larger suits stronger noise. Default 6, volumes 3",
  },
  matches: {
    type: "integer",
    unit: "patches",
    min: 8,
    max: 400,
    about:
      "patches that share a basis; must exceed the pixels of a patch to tell noise from structure. Default: twice the pixels of a patch",
  },
  reach: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 64,
    about:
      "search reach on each side; larger finds better matches and is slower. Default 17, volumes 4",
  },
  step: {
    type: "integer",
    unit: "px",
    min: 1,
    max: 9,
    default: 2,
    about: "distance of key patches; larger is faster and slightly worse",
  },
  stages: {
    type: "integer",
    unit: "1",
    min: 1,
    max: 2,
    default: 2,
    about: "2 removes what the first stage left",
  },
};

/** Two-stage local PCA; see the file's header. */
export const localPca: Denoiser = wellPosed({
  name: "local-pca",
  title: "Local PCA (LPG-PCA)",
  summary:
    "Shrinks similar patches in the basis of their own principal components: adapts to texture, for planes and volumes.",
  references: ["zhang2010twostage"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters,
  reach: () => "the second stage's noise level follows from the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("local-pca", parameters, given);
    const sigma = noiseLevelFor("local-pca", image, context);
    if (sigma === 0) return withData(image, image.data.slice());
    const { blocks, nz, ny, nx } = layoutOf(image);
    const cubes = nz > 1;
    const side = (values.patch as number | undefined) ?? (cubes ? 3 : 6);
    const n = Math.min(side, ny, nx);
    const bz = cubes ? Math.min(side, nz) : 1;
    const reach = (values.reach as number | undefined) ?? (cubes ? 4 : 17);
    const step = Math.min(values.step as number, n);
    const layout = { bz, n, step, stepZ: Math.min(step, bz), reach, reachZ: cubes ? reach : 0 };
    const most = (values.matches as number | undefined) ?? 2 * bz * n * n;
    const stages = values.stages as number;
    const size = nz * ny * nx;
    const out = new Float32Array(image.data.length);
    for (let block = 0; block < blocks; block++) {
      const noisy = image.data.slice(block * size, (block + 1) * size);
      let current: Float32Array = noisy;
      for (let stage = 0; stage < stages; stage++) {
        const pass = block * stages + stage;
        const result = await shrinkGroups(
          { data: current, nz, ny, nx },
          {
            pass: {
              ...layout,
              most,
              shrinkage: { rule: "wiener" },
              sigma: stage === 0 ? sigma : leftover(noisy, current, sigma),
            },
            ...(context.threads === undefined ? {} : { threads: context.threads }),
            ...(context.signal ? { signal: context.signal } : {}),
            ...(context.onProgress ? { onProgress: context.onProgress } : {}),
            label: `local PCA, stage ${stage + 1} of ${stages}`,
            share: [pass / (blocks * stages), (pass + 1) / (blocks * stages)],
          },
        );
        current = result.data;
      }
      out.set(current, block * size);
    }
    return withData(image, out);
  },
});

/** Noise left by the first stage, as published: 0.35 √|σ² − mean (noisy − x)²|. */
function leftover(noisy: Float32Array, current: Float32Array, sigma: number): number {
  let squares = 0;
  for (let i = 0; i < noisy.length; i++) squares += (noisy[i]! - current[i]!) ** 2;
  return 0.35 * Math.sqrt(Math.abs(sigma ** 2 - squares / noisy.length));
}
