/**
 * BM3D [dabov2007image], for volumes BM4D [maggioni2013nonlocal]: similar blocks are stacked,
 * transformed together and shrunk, twice; the first time by a hard threshold, the second by Wiener
 * weights from the first estimate.
 *
 * Parameters as published. Planes, normal: 8×8 blocks every 3 px, 39×39 search, 16 matches, bior1.5 and
 * Haar, threshold 2.7 σ; then DCT and Haar, 32 matches; Kaiser window β = 2. Above σ = 40/255 of the
 * range (profile `strong`): 32 matches every 4 px, 2.8 σ; then 11×11 blocks every 6 px. Volumes: 4×4×4
 * blocks every 3 voxels, 11×11×11 search.
 *
 * Deviations: 1. the limits of block distance (2500 and 400 for 8-bit images; 25000 and 3500) scale
 * with the range of the image's content, and are never below 1.25 times what noise alone brings.
 * 2. the mean of a group always stays, so that an offset of the image changes nothing. 3. the volume
 * version uses the planar limits, and no Kaiser window.
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { filterVolume, type Stage } from "./block-matching/bands.ts";
import { intensityRange } from "./block-matching/intensity-range.ts";
import { blockTransform, kaiserWindow } from "./block-matching/transforms.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  profile: {
    type: "choice",
    choices: ["auto", "normal", "strong"],
    default: "auto",
    about:
      "settings for moderate or strong noise; auto is strong above σ = 40/255 of the range of the image's content",
  },
  stages: {
    type: "integer",
    unit: "1",
    min: 1,
    max: 2,
    default: 2,
    about: "1 stops after the hard threshold, 2 adds the Wiener stage",
  },
  volume: {
    type: "choice",
    choices: ["blocks", "slices"],
    default: "blocks",
    about: "volumes by 4-D groups of cubes (BM4D), or slice by slice",
  },
  threshold: {
    type: "number",
    unit: "σ",
    min: 0.1,
    max: 10,
    about: "hard threshold of the first stage; larger is smoother. Default 2.7, strong 2.8",
  },
  reach: {
    type: "integer",
    unit: "px",
    min: 1,
    max: 64,
    about:
      "search reach on each side; larger finds more matches and is slower. Default 19, volumes 5",
  },
  step: {
    type: "integer",
    unit: "px",
    min: 1,
    max: 4,
    about:
      "distance of reference blocks in the first stage; smaller is slower and slightly better. Default 3, strong 4",
  },
};

/** BM3D and BM4D; see the file's header. */
export const bm3d: Denoiser = wellPosed({
  name: "bm3d",
  title: "BM3D / BM4D",
  summary:
    "Stacks similar blocks and shrinks them together: the strongest classical baseline for white Gaussian noise.",
  references: ["dabov2007image", "maggioni2013nonlocal", "lebrun2012analysis"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters,
  reach: () => "limits of block distance follow from the range of the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("bm3d", parameters, given);
    const sigma = noiseLevelFor("bm3d", image, context);
    if (sigma === 0) return withData(image, image.data.slice());
    const range = intensityRange(image);
    const strong =
      values.profile === "strong" || (values.profile === "auto" && sigma > (40 / 255) * range);
    const { blocks, nz, ny, nx, volumetric } = layoutOf(image);
    const cubes = volumetric && nz > 1 && values.volume === "blocks";
    const depth = cubes ? nz : 1;
    const units = cubes ? blocks : blocks * nz;
    const size = depth * ny * nx;
    const settings = stagesFor({ nz: depth, ny, nx, sigma, range, strong, values });
    const out = new Float32Array(image.data.length);
    const passes = units * settings.length;
    for (let unit = 0; unit < units; unit++) {
      const noisy = {
        data: image.data.subarray(unit * size, (unit + 1) * size),
        nz: depth,
        ny,
        nx,
      };
      let estimate: Float32Array | undefined;
      for (const [k, stage] of settings.entries()) {
        const pass = unit * settings.length + k;
        estimate = await filterVolume(noisy, {
          ...context,
          stage,
          label: k === 0 ? "BM3D, hard threshold" : "BM3D, Wiener",
          share: [pass / passes, (pass + 1) / passes],
          ...(estimate ? { estimate } : {}),
        });
      }
      out.set(estimate!, unit * size);
    }
    return withData(image, out);
  },
});

interface Case {
  readonly nz: number;
  readonly ny: number;
  readonly nx: number;
  readonly sigma: number;
  readonly range: number;
  readonly strong: boolean;
  readonly values: ParameterValues;
}

/** Settings of the first and, when wanted, the second stage; blocks shrink to fit small images. */
function stagesFor(problem: Case): Stage[] {
  const { nz, ny, nx, sigma, range, strong, values } = problem;
  const cubes = nz > 1;
  const grey = (range / 255) ** 2;
  const fit = (n: number) => Math.min(n, ny, nx);
  const reach = (values.reach as number | undefined) ?? (cubes ? 5 : 19);
  const stage = (part: {
    family: "bior1.5" | "dct";
    n: number;
    step: number;
    most: number;
    limit: number;
  }) => {
    const n = fit(part.n);
    const bz = cubes ? Math.min(4, nz) : 1;
    return {
      bz,
      n,
      stepZ: Math.min(part.step, bz),
      step: Math.min(part.step, n),
      reachZ: cubes ? reach : 0,
      reach,
      most: part.most,
      limit: part.limit,
      transform: blockTransform(part.family, { bz, n }),
      window: cubes ? new Float64Array(bz * n * n).fill(1) : kaiserWindow({ bz, n }, 2),
    };
  };
  const step = (values.step as number | undefined) ?? (strong && !cubes ? 4 : 3);
  const hard: Stage = {
    ...stage({
      family: "bior1.5",
      n: cubes ? 4 : 8,
      step,
      most: strong ? 32 : 16,
      limit: Math.max((strong ? 25_000 : 2500) * grey, 2.5 * sigma ** 2),
    }),
    threshold: ((values.threshold as number | undefined) ?? (strong ? 2.8 : 2.7)) * sigma,
  };
  if (values.stages === 1) return [hard];
  const wiener: Stage = {
    ...stage({
      family: "dct",
      n: cubes ? 4 : strong ? 11 : 8,
      step: cubes ? step : strong ? 6 : step,
      most: 32,
      limit: Math.max((strong ? 3500 : 400) * grey, 0.25 * sigma ** 2),
    }),
    variance: sigma ** 2,
  };
  return [hard, wiener];
}
