/**
 * Penalised least squares with a total-variation penalty, plain and task-based.
 *
 *   plain:       f̂ = argmin ‖g − f‖² + λ TV(f)
 *   task-based:  f̂ = argmin ‖g − f‖² + λ TV(f) + β (wᵀg − wᵀf)² / (2 wᵀ K_n w)
 *
 * The added term is the negative log-likelihood of the linear test statistic wᵀg given f under
 * Gaussian noise of covariance K_n [chen2025taskbased]. It is a rank-one change of the metric, inverted
 * exactly by Sherman–Morrison inside the solver. Both are the ROF problem of `solver.ts`
 * at λ/2, because that one carries the factor ½.
 *
 * Deviations from the paper: 1. the scaling of the three terms is the one written above; the paper's
 * own λ, β and solver could not be read.
 */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf, withData } from "../../core/image.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { type RankOne, solveTv, tvWorkspace } from "./solver.ts";
import type { TvShape, TvWorkspace } from "./steps.ts";

export interface PlsTvOptions extends WorkOptions {
  /** λ ≥ 0 in the image's unit, for the full square ‖g − f‖²: twice the λ of the ½-scaled ROF model. */
  readonly lambda: number;
  readonly norm?: "isotropic" | "anisotropic";
  /** Certified RMS distance to the minimiser in multiples of λ/2; default 0.01. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
}

export interface TaskPlsTvOptions extends PlsTvOptions {
  /** Weight β ≥ 0 of the task term, without unit. */
  readonly beta: number;
  /** Template w, same number of values as one image. */
  readonly template: ArrayLike<number>;
  /** White noise of this standard deviation: wᵀK_n w = σ² ‖w‖². Give this or `statisticVariance`. */
  readonly sigma?: number;
  /** wᵀK_n w directly, for noise that is not white: variance of wᵀn. */
  readonly statisticVariance?: number;
}

export interface PlsTvResult {
  readonly image: Image;
  readonly status: "ok" | "not-converged";
  /** Duality gap in the scaling of the objective above (sum over pixels). */
  readonly gap: number;
  /** The RMS distance to the exact minimiser is no larger, in the image's unit. */
  readonly rmsBound: number;
  readonly iterations: number;
  readonly remedy?: string;
}

/** A solver for many images of one size; `release` frees its arrays. */
export interface PlsTvSolver {
  solve(image: Image): PlsTvResult;
  release(): void;
}

/**
 * argmin ‖g − f‖² + λ TV(f) [+ β (wᵀg − wᵀf)²/(2 wᵀK_n w)] for one image (`yx` or `zyx`), differences in
 * voxels.
 *
 * @throws InputError when λ or β is negative or not finite, the template does not fit, or its noise variance
 *   is neither given nor positive
 */
export function solvePlsTv(image: Image, options: PlsTvOptions | TaskPlsTvOptions): PlsTvResult {
  const solver = plsTvSolver(image.shape, options);
  try {
    return solver.solve(image);
  } finally {
    solver.release();
  }
}

/**
 * A solver that keeps its arrays, for thousands of images of one shape.
 *
 * @param shape `[ny, nx]` or `[nz, ny, nx]`
 */
export function plsTvSolver(
  shape: readonly number[],
  options: PlsTvOptions | TaskPlsTvOptions,
): PlsTvSolver {
  const { lambda } = options;
  if (!(lambda >= 0) || !Number.isFinite(lambda)) {
    throw new InputError(
      `Cannot solve PLS-TV: found lambda ${lambda}, wanted a finite number >= 0`,
    );
  }
  if (shape.length !== 2 && shape.length !== 3) {
    throw new InputError(
      `Cannot solve PLS-TV: found ${shape.length} axes, wanted a plane or a volume`,
    );
  }
  const [nx = 1, ny = 1, nz = 1] = [...shape].reverse();
  const tvShape: TvShape = { channels: 1, nz, ny, nx, directions: nz > 1 ? 3 : 2 };
  const rankOne = "beta" in options ? taskTerm(options, nz * ny * nx) : undefined;
  let workspace: TvWorkspace | undefined;
  return {
    solve(image) {
      const layout = layoutOf(image);
      if (layout.blocks !== 1 || layout.nz !== nz || layout.ny !== ny || layout.nx !== nx) {
        throw new InputError(
          `Cannot solve PLS-TV: found an image of shape [${image.shape.join(", ")}], wanted [${shape.join(", ")}]`,
        );
      }
      workspace ??= tvWorkspace(tvShape);
      const { signal, onProgress, norm, tolerance, maxIterations } = options;
      const solution = solveTv(image.data, {
        shape: tvShape,
        lambda: lambda / 2,
        workspace,
        ...(norm ? { norm } : {}),
        ...(tolerance === undefined ? {} : { tolerance }),
        ...(maxIterations === undefined ? {} : { maxIterations }),
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress } : {}),
        ...(rankOne ? { rankOne } : {}),
      });
      const { u, gap, ...rest } = solution;
      return { ...rest, image: withData(image, u), gap: 2 * gap };
    },
    release() {
      workspace?.release();
      workspace = undefined;
    },
  };
}

/**
 * c of Q = I + c w wᵀ: half of the doubled coefficient, so that ½ (f−g)ᵀQ(f−g) is half the objective.
 *
 * @throws InputError on a template or weights that do not fit
 */
export function taskTerm(
  options: Pick<TaskPlsTvOptions, "beta" | "template" | "sigma" | "statisticVariance">,
  size: number,
): RankOne {
  const { beta, template, sigma, statisticVariance } = options;
  if (template.length !== size) {
    throw new InputError(
      `Cannot solve task-based PLS-TV: found a template of ${template.length} values, wanted ${size}`,
    );
  }
  if (!(beta >= 0) || !Number.isFinite(beta)) {
    throw new InputError(
      `Cannot solve task-based PLS-TV: found beta ${beta}, wanted a finite number >= 0`,
    );
  }
  let energy = 0;
  for (let i = 0; i < size; i++) energy += template[i]! ** 2;
  const variance = statisticVariance ?? (sigma ?? NaN) ** 2 * energy;
  if (!(variance > 0) || !Number.isFinite(variance)) {
    throw new InputError(
      `Cannot solve task-based PLS-TV: found noise variance ${variance} of the test statistic, wanted sigma or statisticVariance that make it positive`,
    );
  }
  return { template, weight: beta / (2 * variance) };
}
