/**
 * Total-variation denoising (the ROF model) of planes, volumes and several channels.
 *
 *   min over u of ½ ‖u − f‖² + λ TV(u),
 *
 * solved to a stated duality gap (`variation/solver.ts`). λ follows from the noise level by the
 * discrepancy principle, up to `largestLambda`, unless a strength is given. Differences between voxels of
 * unequal pitch are weighted by (smallest in-plane pitch / pitch of the axis).
 */
import { type Image, layoutOf, withData } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { DenoiseContext, Denoiser } from "./denoiser.ts";
import { noiseLevelFor } from "./input.ts";
import { iterationsRow, strengthRow } from "./variation/parameters.ts";
import { discrepancyLambda, largestLambda } from "./variation/discrepancy.ts";
import { tvSteps, tvWorkspace } from "./variation/solver.ts";
import type { TvShape } from "./variation/steps.ts";
import { inTurns } from "./turns.ts";
import { wellPosed } from "./well-posed.ts";

const parameters: ParameterTable = {
  strength: strengthRow,
  norm: {
    type: "choice",
    choices: ["isotropic", "anisotropic"],
    default: "isotropic",
    about:
      "length of the gradient: Euclidean, or sum of absolute differences (favours axis-parallel edges)",
  },
  channels: {
    type: "choice",
    choices: ["joint", "separate"],
    default: "joint",
    about: "channels share their edges (vectorial TV), or are denoised one by one",
  },
  tolerance: {
    type: "number",
    unit: "λ",
    min: 1e-3,
    max: 1,
    default: 0.01,
    about:
      "bound on the RMS distance to the exact minimiser that the duality gap must certify; smaller takes longer, and below 0.001 float32 rounding hides the gap",
  },
  maxIterations: iterationsRow(5000),
};

/** ROF by a dual method; see the file's header. */
export const totalVariation: Denoiser = wellPosed({
  name: "total-variation",
  title: "Total variation (ROF)",
  summary:
    "Keeps edges and flattens the rest: the convex baseline, solved to a certified accuracy, for planes, volumes and channels.",
  references: ["rudin1992nonlinear", "chambolle2004algorithm", "beck2009fast"],
  noise: "gaussian",
  dimensions: [2, 3],
  parameters,
  reach: () => "it solves one problem for the whole volume",
  async denoise(image: Image, given?: ParameterValues, context: DenoiseContext = {}) {
    const values = resolveParameters("total-variation", parameters, given);
    const sigma = noiseLevelFor("total-variation", image, context);
    const result = await denoiseByTotalVariation(image, {
      sigma,
      norm: values.norm as "isotropic" | "anisotropic",
      channels: values.channels as "joint" | "separate",
      tolerance: values.tolerance as number,
      maxIterations: values.maxIterations as number,
      ...(values.strength === undefined ? {} : { lambda: (values.strength as number) * sigma }),
      signal: context.signal,
      onProgress: context.onProgress,
    });
    return result.image;
  },
});

export interface TotalVariationOptions extends WorkOptions {
  /** Noise standard deviation in the image's unit: sets λ by the discrepancy principle, up to `largestLambda`, when λ is absent. */
  readonly sigma?: number;
  /** λ in the image's unit, for ½ ‖u − f‖² + λ TV(u). */
  readonly lambda?: number;
  readonly norm?: "isotropic" | "anisotropic";
  readonly channels?: "joint" | "separate";
  /** Certified RMS error in multiples of λ; default 0.01. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
}

export interface TotalVariationResult {
  readonly image: Image;
  /** One λ for each independent block (frame, or channel when separate), in the image's unit. */
  readonly lambdas: readonly number[];
  /** Largest certified RMS distance to the minimiser over the blocks, in the image's unit. */
  readonly rmsBound: number;
  readonly iterations: number;
  readonly status: "ok" | "not-converged";
  readonly remedy?: string;
}

/**
 * Total-variation denoising with the figures of the solution; see `totalVariation`.
 *
 * @throws CancelledError when the signal is raised
 */
export async function denoiseByTotalVariation(
  image: Image,
  options: TotalVariationOptions,
): Promise<TotalVariationResult> {
  const { nz, ny, nx, volumetric } = layoutOf(image);
  const voxels = nz * ny * nx;
  const joint = (options.channels ?? "joint") === "joint" && image.axes.includes("c");
  const perBlock = joint ? image.shape[image.axes.indexOf("c")]! : 1;
  const shape: TvShape = {
    channels: perBlock,
    nz,
    ny,
    nx,
    directions: volumetric && nz > 1 ? 3 : 2,
  };
  const [sz, sy, sx] = image.spacing;
  const fine = Math.min(sy, sx);
  const common = {
    shape,
    weights: [fine / sx, fine / sy, fine / sz],
    norm: options.norm ?? "isotropic",
    maxIterations: options.maxIterations ?? 5000,
  };
  const { signal, onProgress, sigma = 0 } = options;
  const most = largestLambda(sigma, common.weights.slice(0, shape.directions));
  const workspace = tvWorkspace(shape);
  const out = new Float32Array(image.data.length);
  const size = perBlock * voxels;
  const lambdas: number[] = [];
  let rmsBound = 0;
  let iterations = 0;
  let converged = true;
  try {
    for (let start = 0; start < out.length; start += size) {
      const f = image.data.subarray(start, start + size);
      const solve = async (lambda: number, tolerance: number, warm: boolean) => {
        const steps = tvSteps(f, { ...common, lambda, tolerance, workspace, warm });
        const solution = await inTurns(steps, { signal, onProgress, label: "total variation" });
        iterations += solution.iterations;
        return solution;
      };
      const lambda = options.lambda ?? (await searchLambda(f, { solve, sigma, most }));
      lambdas.push(lambda);
      const solution = await solve(lambda, options.tolerance ?? 0.01, options.lambda === undefined);
      out.set(solution.u, start);
      rmsBound = Math.max(rmsBound, solution.rmsBound);
      if (solution.status !== "ok") converged = false;
    }
  } finally {
    workspace.release();
  }
  return {
    image: withData(image, out),
    lambdas,
    rmsBound,
    iterations,
    status: converged ? "ok" : "not-converged",
    ...(converged ? {} : { remedy: "raise maxIterations or the tolerance" }),
  };
}

/** λ by the discrepancy principle, up to the most allowed. */
async function searchLambda(
  f: Float32Array,
  problem: {
    solve: (
      lambda: number,
      tolerance: number,
      warm: boolean,
    ) => Promise<{ readonly u: Float32Array }>;
    sigma: number;
    most: number;
  },
): Promise<number> {
  const { solve, sigma, most } = problem;
  if (sigma === 0) return 0;
  let warm = false;
  const found = await discrepancyLambda(
    async (lambda) => {
      // An error of 0.05 λ changes the residual by well below a per cent, since errors add in squares.
      const { u } = await solve(lambda, 0.05, warm);
      warm = true;
      return rmsBetween(u, f);
    },
    { sigma, most },
  );
  return found.lambda;
}

function rmsBetween(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum / a.length);
}
