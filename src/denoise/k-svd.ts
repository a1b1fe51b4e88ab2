/**
 * Sparse patches over a dictionary trained on the noisy image itself by K-SVD [elad2006image].
 *
 * 8×8 patches without their mean are coded over 256 atoms by orthogonal matching pursuit until the
 * error is (1.15 σ)² per pixel; ten training rounds start from the overcomplete DCT; all overlapping
 * patches are averaged with the noisy image at weight 30/σ (σ in grey levels of 255, for which the range
 * of the image's content stands).
 *
 * Deviations: 1. training uses at most `trainingPatches` patches, evenly spread, not all of them. 2. atoms
 * are updated by one power step in place of a full decomposition. 3. a volume trains one dictionary
 * over all its slices.
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { pursueKernel } from "../kernels/sparse-coding.ts";
import { mapInWorkers, type TaskContext } from "../parallel/map-in-workers.ts";
import { intensityRange } from "./block-matching/intensity-range.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { overcompleteDct, trainingRound } from "./dictionary/training.ts";
import { noiseLevelFor } from "./input.ts";
import { inPauses, inTurns } from "./turns.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  patch: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 16,
    default: 8,
    about: "side of a patch",
  },
  atoms: {
    type: "integer",
    unit: "atoms",
    min: 1,
    max: 64,
    default: 16,
    about:
      "atoms along each axis of the starting DCT: 16 makes a dictionary of 256; rounded up to a multiple of 4",
  },
  rounds: {
    type: "integer",
    unit: "1",
    min: 0,
    max: 100,
    default: 10,
    about: "training rounds; 0 keeps the overcomplete DCT",
  },
  error: {
    type: "number",
    unit: "σ",
    min: 0.1,
    max: 3,
    default: 1.15,
    about: "root-mean-square error at which a patch is coded well enough; larger is smoother",
  },
  mostAtoms: {
    type: "integer",
    unit: "atoms",
    min: 1,
    max: 64,
    default: 32,
    about: "atoms in one patch at most",
  },
  trainingPatches: {
    type: "integer",
    unit: "patches",
    min: 100,
    max: 10_000_000,
    default: 40_000,
    about: "patches used for training at most; larger is slower",
  },
  noisyWeight: {
    type: "number",
    unit: "1/grey level",
    min: 0,
    max: 1000,
    default: 30,
    about: "the noisy image takes part in the average with this over σ in grey levels of 255",
  },
};

/** K-SVD denoising; see the file's header. */
export const kSvd: Denoiser = wellPosed({
  name: "k-svd",
  title: "K-SVD",
  summary:
    "Codes patches by a few atoms of a dictionary learnt from the image itself: good on repeated texture.",
  references: ["elad2006image", "rubinstein2008efficient"],
  noise: "gaussian",
  dimensions: [2],
  parameters,
  reach: () => "the dictionary is learnt from the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("k-svd", parameters, given);
    const sigma = noiseLevelFor("k-svd", image, context);
    if (sigma === 0) return withData(image, image.data.slice());
    const { blocks, nz, ny, nx } = layoutOf(image);
    const patch = Math.min(values.patch as number, ny, nx);
    const n = patch * patch;
    const limit = n * ((values.error as number) * sigma) ** 2;
    const most = Math.min(values.mostAtoms as number, n);
    const rounds = values.rounds as number;
    const planes = blocks * nz;
    let dictionary = overcompleteDct(patch, 4 * Math.ceil((values.atoms as number) / 4));
    const signals = trainingSet(image, { patch, most: values.trainingPatches as number });
    for (let round = 0; round < rounds; round++) {
      const label = "K-SVD, training";
      context.onProgress?.({ done: round, total: rounds + planes, label });
      const steps = trainingRound(signals, { dictionary, n, limit, most });
      dictionary = await inTurns(steps, { signal: context.signal, label });
    }
    const range = intensityRange(image);
    const grey = range > 0 ? (255 * sigma) / range : Infinity;
    const weight = (values.noisyWeight as number) / grey;
    const tasks: BandTask[] = [];
    const bands = Math.max(1, Math.floor((ny - patch + 1) / 32));
    for (let plane = 0; plane < planes; plane++) {
      for (let b = 0; b < bands; b++) {
        const from = Math.floor((b * (ny - patch + 1)) / bands);
        const to = Math.floor(((b + 1) * (ny - patch + 1)) / bands) + patch - 1;
        const start = (plane * ny + from) * nx;
        tasks.push({
          data: image.data.slice(start, (plane * ny + to) * nx),
          start,
          nx,
          patch,
          dictionary,
          limit,
          most,
        });
      }
    }
    const results = await mapInWorkers(
      { module: import.meta.url, name: "codeBand", run: codeBand },
      tasks,
      {
        label: "K-SVD, coding",
        ...(context.threads === undefined ? {} : { threads: context.threads }),
        ...(context.signal ? { signal: context.signal } : {}),
        onProgress: ({ done }) =>
          context.onProgress?.({
            done: rounds + Math.floor((planes * done) / tasks.length),
            total: rounds + planes,
            label: "K-SVD, coding",
          }),
      },
    );
    const sum = image.data.map((v) => weight * v);
    const weights = new Float32Array(sum.length).fill(weight);
    results.forEach((result, k) => {
      const { start } = tasks[k]!;
      for (let i = 0; i < result.sum.length; i++) {
        sum[start + i]! += result.sum[i]!;
        weights[start + i]! += result.weights[i]!;
      }
    });
    return withData(
      image,
      sum.map((v, i) => v / weights[i]!),
    );
  },
});

/** Patches without their mean, evenly spread over the image, row-major [patches][patch²]. */
function trainingSet(
  image: Image,
  { patch, most }: { readonly patch: number; readonly most: number },
): Float32Array {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const perRow = nx - patch + 1;
  const perPlane = perRow * (ny - patch + 1);
  const total = perPlane * blocks * nz;
  // A step without common factor with the row length visits all columns alike.
  const count = Math.min(total, most);
  const n = patch * patch;
  const out = new Float32Array(count * n);
  for (let k = 0; k < count; k++) {
    const at = Math.floor((k * total) / count);
    const plane = Math.floor(at / perPlane);
    const y = Math.floor((at % perPlane) / perRow);
    copyPatch(out, k * n, {
      data: image.data,
      start: (plane * ny + y) * nx + ((at % perPlane) % perRow),
      nx,
      patch,
    });
  }
  return out;
}

/** Copies a patch and takes its mean off; returns the mean. */
function copyPatch(
  out: Float32Array,
  to: number,
  source: {
    readonly data: Float32Array;
    readonly start: number;
    readonly nx: number;
    readonly patch: number;
  },
): number {
  const { data, start, nx, patch } = source;
  let sum = 0;
  for (let y = 0; y < patch; y++) {
    for (let x = 0; x < patch; x++) {
      const v = data[start + y * nx + x]!;
      out[to + y * patch + x] = v;
      sum += v;
    }
  }
  const n = patch * patch;
  const mean = sum / n;
  for (let i = 0; i < n; i++) out[to + i]! -= mean;
  return mean;
}

/** Rows of one plane whose patches are coded together. */
export interface BandTask {
  readonly data: Float32Array;
  /** First value of the band in the image. */
  readonly start: number;
  readonly nx: number;
  readonly patch: number;
  readonly dictionary: Float32Array;
  readonly limit: number;
  readonly most: number;
}

/**
 * Codes all patches of a band; sums of their estimates and numbers of them, for each pixel.
 *
 * @worker
 */
export async function codeBand(
  task: BandTask,
  { pause }: TaskContext,
): Promise<{ sum: Float32Array; weights: Float32Array }> {
  const { data, nx, patch, dictionary, limit, most } = task;
  const n = patch * patch;
  const rows = data.length / nx - patch + 1;
  const perRow = nx - patch + 1;
  const signals = new Float32Array(rows * perRow * n);
  const means = new Float64Array(rows * perRow);
  for (let s = 0; s < means.length; s++) {
    const start = Math.floor(s / perRow) * nx + (s % perRow);
    means[s] = copyPatch(signals, s * n, { data, start, nx, patch });
  }
  const codes = await inPauses(pursueKernel({ signals, dictionary, n, limit, most }), pause);
  const sum = new Float32Array(data.length);
  const weights = new Float32Array(data.length);
  const estimate = new Float64Array(n);
  for (let s = 0; s < means.length; s++) {
    estimate.fill(means[s]!);
    for (let k = 0; k < codes.counts[s]!; k++) {
      const atom = codes.indices[s * most + k]! * n;
      const c = codes.coefficients[s * most + k]!;
      for (let i = 0; i < n; i++) estimate[i]! += c * dictionary[atom + i]!;
    }
    const start = Math.floor(s / perRow) * nx + (s % perRow);
    for (let i = 0; i < n; i++) {
      const at = start + Math.floor(i / patch) * nx + (i % patch);
      sum[at]! += estimate[i]!;
      weights[at]! += 1;
    }
  }
  return { sum, weights };
}
