/**
 * Choosing a denoiser's parameters without truth by J-invariance [batson2019noise2self]. Pixels on a
 * grid are replaced by the mean of their neighbours, the image is denoised, and the result there is compared with
 * the noisy values that it has not seen:
 *
 *   loss(θ) = mean over masked pixels of (D_θ(masked y)(p) − y(p))²  ≈  MSE(θ) + σ²,
 *
 * for noise that is independent from pixel to pixel with mean zero. Differences of losses between
 * parameters are then differences of mean squared error. Correlated noise (filtered backprojection) breaks
 * the assumption: losses favour too little smoothing.
 */
import { CancelledError, InputError } from "../core/errors.ts";
import { type Image, layoutOf, withData } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import type { Denoiser, DenoiseContext } from "./denoiser.ts";

export interface CalibrationOptions extends WorkOptions {
  /** Distance of masked pixels along each axis in px; default 4. */
  readonly stride?: number;
  /** How many of the stride² masks are used, spread evenly; default 4. */
  readonly masks?: number;
  /** Passed to the denoiser: noise level, guide, threads. */
  readonly context?: DenoiseContext;
}

export interface CalibrationRow {
  readonly parameters: ParameterValues;
  /** Self-supervised loss in squared units of the image. */
  readonly loss: number;
}

export interface Calibration {
  /** The parameters of least loss. */
  readonly best: ParameterValues;
  readonly rows: readonly CalibrationRow[];
}

/** All combinations of lists of values, the first name slowest. */
export function parameterGrid(
  lists: Readonly<Record<string, readonly (number | string | boolean)[]>>,
): ParameterValues[] {
  let grid: ParameterValues[] = [{}];
  for (const [name, values] of Object.entries(lists)) {
    grid = grid.flatMap((partial) => values.map((value) => ({ ...partial, [name]: value })));
  }
  return grid;
}

/**
 * Self-supervised loss of a denoiser with given parameters; see the file's header.
 *
 * @throws InputError for a stride below 2 or more masks than there are
 */
export async function selfSupervisedLoss(
  image: Image,
  denoiser: Denoiser,
  options: CalibrationOptions & { readonly parameters?: ParameterValues },
): Promise<number> {
  const { stride = 4, masks = 4, parameters = {}, context = {}, signal } = options;
  const all = stride * stride;
  if (!Number.isInteger(stride) || stride < 2 || !(masks >= 1) || masks > all) {
    throw new InputError(
      `Cannot calibrate: found stride ${stride} with ${masks} masks, wanted a whole stride >= 2 and 1 to stride² masks`,
    );
  }
  const { nx } = layoutOf(image);
  let sum = 0;
  let count = 0;
  for (let m = 0; m < masks; m++) {
    const phase = Math.floor((m * all) / masks);
    // Masks of neighbouring numbers lie on different rows and columns.
    const py = phase % stride;
    const px = (Math.floor(phase / stride) + 2 * py) % stride;
    const { masked, places } = maskedCopy(image, { stride, py, px });
    const result = await denoiser.denoise(masked, parameters, { ...context, signal });
    for (const i of places) sum += (result.data[i]! - image.data[i]!) ** 2;
    count += places.length;
  }
  if (nx < stride) throw new InputError(`Cannot calibrate: found ${nx} columns, wanted ${stride}`);
  return sum / count;
}

/** A copy whose masked pixels hold the weighted mean of their eight neighbours, and their indices. */
function maskedCopy(
  image: Image,
  { stride, py, px }: { stride: number; py: number; px: number },
): { masked: Image; places: number[] } {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const out = image.data.slice();
  const places: number[] = [];
  for (let p = 0; p < blocks * nz; p++) {
    for (let y = py; y < ny; y += stride) {
      for (let x = px; x < nx; x += stride) {
        let sum = 0;
        let weights = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) {
            const yy = y + dy;
            const xx = x + dx;
            if ((dy === 0 && dx === 0) || yy < 0 || yy >= ny || xx < 0 || xx >= nx) continue;
            const w = dy === 0 || dx === 0 ? 2 : 1;
            sum += w * image.data[(p * ny + yy) * nx + xx]!;
            weights += w;
          }
        }
        const i = (p * ny + y) * nx + x;
        out[i] = sum / weights;
        places.push(i);
      }
    }
  }
  return { masked: withData(image, out), places };
}

/**
 * Stein's unbiased estimate of the mean squared error for white Gaussian noise of known σ, its divergence
 * found with one random probe b of ±1 [ramani2008montecarlo]:
 *
 *   SURE = ‖D(y) − y‖²/N − σ² + 2σ²/(Nε) bᵀ(D(y + εb) − D(y)),   ε = σ/10.
 *
 * It judges the denoiser as it is used, where the J-invariant loss judges it on a masked image; but it
 * needs σ, and noise that is Gaussian and white.
 *
 * @returns estimate of the mean squared error in squared units of the image; small ones may be negative
 */
export async function monteCarloSure(
  image: Image,
  denoiser: Denoiser,
  options: {
    readonly sigma: number;
    readonly parameters?: ParameterValues;
    readonly context?: DenoiseContext;
    /** Seed of the probe; default 1. */
    readonly seed?: number;
    readonly signal?: AbortSignal;
  },
): Promise<number> {
  const { sigma, parameters = {}, seed = 1, signal } = options;
  const context = { ...options.context, sigma, signal: signal ?? options.context?.signal };
  const stream = streamOf(seed, "sure-probe");
  const probe = Float32Array.from(image.data, () => (stream.uniform() < 0.5 ? -1 : 1));
  const step = sigma / 10;
  const plain = await denoiser.denoise(image, parameters, context);
  const moved = await denoiser.denoise(
    withData(
      image,
      image.data.map((v, i) => v + step * probe[i]!),
    ),
    parameters,
    context,
  );
  let squares = 0;
  let divergence = 0;
  for (let i = 0; i < probe.length; i++) {
    squares += (plain.data[i]! - image.data[i]!) ** 2;
    divergence += probe[i]! * (moved.data[i]! - plain.data[i]!);
  }
  const n = probe.length;
  return squares / n - sigma ** 2 + (2 * sigma ** 2 * divergence) / (n * step);
}

/**
 * The best of several parameter sets for this very image, without truth.
 *
 * @throws CancelledError when the signal is raised
 */
export async function calibrateDenoiser(
  image: Image,
  denoiser: Denoiser,
  options: CalibrationOptions & { readonly grid: readonly ParameterValues[] },
): Promise<Calibration> {
  const { grid, signal, onProgress } = options;
  if (grid.length === 0)
    throw new InputError("Cannot calibrate: found an empty grid of parameters");
  const rows: CalibrationRow[] = [];
  for (const parameters of grid) {
    if (signal?.aborted) throw new CancelledError("calibrating", { cause: signal.reason });
    rows.push({
      parameters,
      loss: await selfSupervisedLoss(image, denoiser, { ...options, parameters }),
    });
    onProgress?.({ done: rows.length, total: grid.length, label: "calibrating" });
  }
  const best = rows.reduce((a, b) => (b.loss < a.loss ? b : a));
  return { best: best.parameters, rows };
}
