/**
 * MP-PCA for series of volumes or planes (diffusion MRI, dynamic series, repeats) [veraart2016denoising]:
 * in a window of M voxels the T measurements form a matrix whose noise-only singular values follow the
 * Marchenko–Pastur law, so they are recognised, and removed, without tuning.
 *
 * With eigenvalues λ_1 ≥ … ≥ λ_r of X Xᵀ/q (r = min(M, T), q = max(M, T)), the largest tail p+1 … r is
 * noise for which the variance of its mean does not fall short of the law's width:
 *
 *   mean(λ_{p+1} … λ_r) ≥ (λ_{p+1} − λ_r) / (4 √γ),   γ = (r − p)/(q − p)
 *
 * ([cordero2019complex] for the corrected γ); that mean, corrected by q/(q − p), is σ². When σ is given,
 * a component is noise below σ² (1 + √(r/q))². Windows overlap; their estimates are averaged with weights
 * 1/(1 + kept components).
 *
 * Deviations: (1) the published method keeps only the central voxel of each window; (2) where every component
 * is noise, the window gets the mean of its values instead of zero.
 */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, makeImage, placeOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import { lowRankKernel } from "../kernels/low-rank.ts";
import { mapInWorkers, type TaskContext } from "../parallel/map-in-workers.ts";
import { referencePositions } from "./block-matching/bands.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { checkedSigma } from "./input.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  window: {
    type: "integer",
    unit: "px",
    min: 2,
    max: 25,
    about:
      "side of the window; larger separates noise better and mixes more tissue. Default: the smallest odd side of 5 or more whose voxels outnumber the series",
  },
  step: {
    type: "integer",
    unit: "px",
    min: 1,
    max: 25,
    default: 2,
    about: "distance of windows; larger is faster and averages less",
  },
};

/** MP-PCA; needs a series axis. */
export const mpPca: Denoiser = wellPosed({
  name: "mp-pca",
  title: "MP-PCA",
  summary:
    "Removes the noise-only components of a series of images of one object, found by random-matrix theory; keeps its resolution.",
  references: ["veraart2016denoising", "cordero2019complex"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters,
  reach: () => "it compares the members of a series",
  joins: "series",
  levelless: "it finds the noise of every window by itself",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    return (await denoiseByMpPca(image, given, context)).image;
  },
});

export interface MpPcaResult {
  readonly image: Image;
  /** Estimated noise standard deviation at each voxel, in the image's unit; the image's spatial axes. */
  readonly sigma: Image;
  /** Mean number of components kept by the windows over each voxel. */
  readonly components: Image;
}

/**
 * MP-PCA with its maps of noise and of components kept.
 *
 * @throws InputError when the image has no `t` axis of at least 4 members, or has channels
 */
export async function denoiseByMpPca(
  image: Image,
  given?: ParameterValues,
  context: DenoiseContext = {},
): Promise<MpPcaResult> {
  const values = resolveParameters("mp-pca", parameters, given);
  const sigma = checkedSigma("mp-pca", image, context);
  const { nz, ny, nx, blocks, volumetric } = layoutOf(image);
  if (!image.axes.startsWith("t") || image.axes.includes("c") || blocks < 4) {
    throw new InputError(
      `Cannot denoise by mp-pca: found axes "${image.axes}" with ${blocks} members, wanted a series "tyx" or "tzyx" of at least 4`,
    );
  }
  const deep = volumetric && nz > 1;
  let side = (values.window as number | undefined) ?? 5;
  if (values.window === undefined) while (side ** (deep ? 3 : 2) < blocks) side += 2;
  const window = {
    wz: deep ? Math.min(side, nz) : 1,
    wy: Math.min(side, ny),
    wx: Math.min(side, nx),
  };
  const step = Math.min(values.step as number, window.wy, window.wx);
  const voxels = nz * ny * nx;
  const tasks = referencePositions(nz, window.wz, Math.min(step, window.wz)).map(
    (z): SlabTask => ({
      data: slab(image.data, {
        series: blocks,
        voxels,
        from: z * ny * nx,
        count: window.wz * ny * nx,
      }),
      series: blocks,
      ny,
      nx,
      ...window,
      step,
      ...(sigma === undefined ? {} : { sigma }),
    }),
  );
  const starts = referencePositions(nz, window.wz, Math.min(step, window.wz));
  const sum = new Float32Array(image.data.length);
  const weights = new Float32Array(voxels);
  const maps = {
    variance: new Float32Array(voxels),
    kept: new Float32Array(voxels),
    count: new Float32Array(voxels),
  };
  const results = await mapInWorkers(
    { module: import.meta.url, name: "denoiseSlab", run: denoiseSlab },
    tasks,
    {
      label: "MP-PCA",
      ...(context.threads === undefined ? {} : { threads: context.threads }),
      ...(context.signal ? { signal: context.signal } : {}),
      ...(context.onProgress ? { onProgress: context.onProgress } : {}),
    },
  );
  results.forEach((result, k) => {
    const start = starts[k]! * ny * nx;
    const count = result.weights.length;
    for (let t = 0; t < blocks; t++) {
      for (let i = 0; i < count; i++) sum[t * voxels + start + i]! += result.sum[t * count + i]!;
    }
    for (let i = 0; i < count; i++) {
      weights[start + i]! += result.weights[i]!;
      maps.variance[start + i]! += result.variance[i]!;
      maps.kept[start + i]! += result.kept[i]!;
      maps.count[start + i]! += result.count[i]!;
    }
  });
  const shape = volumetric ? [nz, ny, nx] : [ny, nx];
  const map = (data: Float32Array) =>
    makeImage(data, shape, { ...placeOf(image), unit: image.unit });
  return {
    image: withData(
      image,
      sum.map((v, i) => v / weights[i % voxels]!),
    ),
    sigma: map(maps.variance.map((v, i) => Math.sqrt(v / maps.count[i]!))),
    components: map(maps.kept.map((v, i) => v / maps.count[i]!)),
  };
}

function slab(
  data: Float32Array,
  part: {
    readonly series: number;
    readonly voxels: number;
    readonly from: number;
    readonly count: number;
  },
): Float32Array {
  const { series, voxels, from, count } = part;
  const out = new Float32Array(series * count);
  for (let t = 0; t < series; t++) {
    out.set(data.subarray(t * voxels + from, t * voxels + from + count), t * count);
  }
  return out;
}

/** As many planes of the series as a window is deep. */
export interface SlabTask {
  /** Row-major [series][wz][ny][nx]. */
  readonly data: Float32Array;
  readonly series: number;
  readonly ny: number;
  readonly nx: number;
  readonly wz: number;
  readonly wy: number;
  readonly wx: number;
  readonly step: number;
  readonly sigma?: number;
}

export interface SlabResult {
  readonly sum: Float32Array;
  readonly weights: Float32Array;
  readonly variance: Float32Array;
  readonly kept: Float32Array;
  readonly count: Float32Array;
}

/**
 * Shrinks all windows of one slab.
 *
 * @worker
 */
export async function denoiseSlab(task: SlabTask, { pause }: TaskContext): Promise<SlabResult> {
  const { data, series, ny, nx, wz, wy, wx, step } = task;
  const size = wz * ny * nx;
  const members = wz * wy * wx;
  // Rows are the shorter side, so that the eigenproblem is the smaller one.
  const byTime = series <= members;
  const [rows, columns] = byTime ? [series, members] : [members, series];
  const kernel = lowRankKernel(rows, columns);
  const offsets = Int32Array.from({ length: members }, (_, i) => {
    const z = Math.floor(i / (wy * wx));
    return (z * ny + (Math.floor(i / wx) % wy)) * nx + (i % wx);
  });
  const result = {
    sum: new Float32Array(series * size),
    weights: new Float32Array(size),
    variance: new Float32Array(size),
    kept: new Float32Array(size),
    count: new Float32Array(size),
  };
  const place = (t: number, m: number) => (byTime ? t * kernel.stride + m : m * kernel.stride + t);
  for (const y of referencePositions(ny, wy, step)) {
    for (const x of referencePositions(nx, wx, step)) {
      await pause();
      const corner = y * nx + x;
      kernel.x.fill(0);
      for (let t = 0; t < series; t++) {
        for (let m = 0; m < members; m++) {
          kernel.x[place(t, m)] = data[t * size + corner + offsets[m]!]!;
        }
      }
      const mean = meanOfWindow(kernel.x, rows * columns);
      const squared = Float64Array.from(kernel.eigenvalues(), (v) => Math.max(0, v) / columns);
      const cut = marchenkoPasturCut(squared, {
        columns,
        ...(task.sigma === undefined ? {} : { sigma: task.sigma }),
      });
      if (cut.kept > 0) kernel.reweigh(squared.map((v) => (v > cut.bound ? 1 : 0)));
      const weight = 1 / (1 + cut.kept);
      for (let m = 0; m < members; m++) {
        const at = corner + offsets[m]!;
        result.weights[at]! += weight;
        result.variance[at]! += cut.variance;
        result.kept[at]! += cut.kept;
        result.count[at]! += 1;
        for (let t = 0; t < series; t++) {
          result.sum[t * size + at]! += weight * (cut.kept > 0 ? kernel.x[place(t, m)]! : mean);
        }
      }
    }
  }
  return result;
}

/** Mean over the values of a window; what pads its rows is zero. */
function meanOfWindow(x: ArrayLike<number>, count: number): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i]!;
  return sum / count;
}

export interface MarchenkoPasturCut {
  /** Components with eigenvalues above it are signal. */
  readonly bound: number;
  /** Number of signal components. */
  readonly kept: number;
  /** Noise variance. */
  readonly variance: number;
}

/**
 * Separates signal from noise among eigenvalues of X Xᵀ/columns; see the file's header.
 *
 * @param values in any order, as many as X has rows
 * @param options.columns q, at least the number of rows
 * @param options.sigma known noise standard deviation
 */
export function marchenkoPasturCut(
  values: ArrayLike<number>,
  options: { readonly columns: number; readonly sigma?: number },
): MarchenkoPasturCut {
  const { columns, sigma } = options;
  const sorted = Float64Array.from(values).sort().reverse();
  const rows = sorted.length;
  if (sigma !== undefined) {
    const bound = sigma ** 2 * (1 + Math.sqrt(rows / columns)) ** 2;
    return { bound, kept: sorted.filter((v) => v > bound).length, variance: sigma ** 2 };
  }
  let tail = sorted.reduce((s, v) => s + v, 0);
  const smallest = sorted[rows - 1]!;
  for (let p = 0; p < rows; p++) {
    const left = rows - p;
    const gamma = left / (columns - p);
    const mean = tail / left;
    if (mean >= (sorted[p]! - smallest) / (4 * Math.sqrt(gamma))) {
      return { bound: sorted[p]!, kept: p, variance: (mean * columns) / (columns - p) };
    }
    tail -= sorted[p]!;
  }
  return { bound: smallest, kept: rows - 1, variance: smallest };
}
