/**
 * The Rudin–Osher–Fatemi problem [rudin1992nonlinear], solved to a stated duality gap.
 *
 *   min over u of  P(u) = ½ (u − f)ᵀ Q (u − f) + λ Σ_voxels |D u|,     Q = I + c w wᵀ,
 *
 * D holds forward differences (zero across the far edge). |·| is the Euclidean norm over directions
 * and channels (isotropic, for several channels the vectorial TV of [blomgren1998color]) or the sum
 * of absolute values (anisotropic). Without a template Q is the identity. The dual problem, over
 * fields p in the unit ball at each voxel, has u(p) = f − λ Q⁻¹ Dᵀ p and
 *
 *   gap(p) = P(u(p)) − dual(p) = λ Σ ( |D u| − ⟨D u, p⟩ ) ≥ 0.
 *
 * P is 1-strongly convex (Q ≥ I), so ‖u(p) − u*‖² ≤ 2 gap: the gap certifies the error. The dual is
 * climbed by projected gradients with momentum (k − 1)/(k + 4) [beck2009fast] [chambolle2015convergence];
 * Q⁻¹ ≤ I leaves the step 1/(λ 4 Σ weights²) valid. Q⁻¹ is exact by Sherman–Morrison:
 * Q⁻¹ v = v − c w (wᵀ v)/(1 + c ‖w‖²).
 */
import type { WorkOptions } from "../../core/progress.ts";
import { tvKernel } from "../../kernels/total-variation.ts";
import { plainGap, type TvShape, type TvWorkspace } from "./steps.ts";
import { atOnce, type Steps } from "../turns.ts";

export interface RankOne {
  /** Template w, same layout as the data. */
  readonly template: ArrayLike<number>;
  /** c ≥ 0 in 1/(units of the template)². */
  readonly weight: number;
}

export interface TvOptions extends WorkOptions {
  /** `isotropic` (default): Euclidean norm of the gradient over directions and channels. */
  readonly norm?: "isotropic" | "anisotropic";
  /** Weights of the x, y and z differences (default 1 each). */
  readonly weights?: readonly number[];
  /** Stop once √(2 gap / N) ≤ tolerance · λ; that root bounds the RMS distance to the minimiser. Default 0.01. */
  readonly tolerance?: number;
  /** Default 2000. */
  readonly maxIterations?: number;
  readonly rankOne?: RankOne;
  /** Workspace to reuse for many problems of one shape; its dual field is the starting point when `warm`. */
  readonly workspace?: TvWorkspace;
  readonly warm?: boolean;
}

export interface TvSolution {
  readonly status: "ok" | "not-converged";
  readonly u: Float32Array;
  /** Final duality gap, in squared intensity units (sum over voxels, ½-scaled objective). */
  readonly gap: number;
  /** √(2 gap / N): the RMS distance to the exact minimiser is no larger. */
  readonly rmsBound: number;
  readonly iterations: number;
  /** What to do when not converged. */
  readonly remedy?: string;
}

/**
 * Iterations until the next look at the gap, which costs more than half an iteration: a few while
 * every iteration still gains much, later a quarter of those done.
 */
function untilNextCheck(iterations: number): number {
  return Math.min(20, Math.max(5, iterations >> 2));
}

type TvProblem = TvOptions & { readonly shape: TvShape; readonly lambda: number };

/**
 * Minimises ½ (u − f)ᵀ Q (u − f) + λ TV(u).
 *
 * @param f values [channel, z, y, x]
 * @param lambda λ ≥ 0 in the unit of f
 * @throws CancelledError when the signal is raised
 */
export function solveTv(f: ArrayLike<number>, problem: TvProblem): TvSolution {
  return atOnce(tvSteps(f, problem), problem);
}

/** `solveTv` as steps of one iteration each, for `inTurns`; `signal` and `onProgress` are left to it. */
export function* tvSteps(f: ArrayLike<number>, problem: TvProblem): Steps<TvSolution> {
  const { shape, lambda, rankOne } = problem;
  const size = f.length;
  if (lambda === 0) {
    return { status: "ok", u: Float32Array.from(f), gap: 0, rmsBound: 0, iterations: 0 };
  }
  const work = problem.workspace ?? tvWorkspace(shape);
  const weights = problem.weights ?? [1, 1, 1];
  const isotropic = problem.norm !== "anisotropic";
  const tolerance = (problem.tolerance ?? 0.01) * lambda;
  const maxIterations = problem.maxIterations ?? 2000;
  let squares = 0;
  for (let d = 0; d < shape.directions; d++) squares += weights[d]! ** 2;
  const step = 1 / (lambda * 4 * squares);
  const correct = rankOne ? rankOneCorrection(rankOne, f) : undefined;

  work.f.set(f);
  if (problem.warm) work.q.set(work.p);
  else {
    work.p.fill(0);
    work.q.fill(0);
  }
  let iterations = 0;
  let gap = Infinity;
  let rmsBound = Infinity;
  // The gap of a field of zeros is no news.
  let nextCheck = problem.warm ? 0 : Math.min(untilNextCheck(0), maxIterations);
  for (;;) {
    if (iterations === nextCheck) {
      work.primal("p", lambda, weights);
      correct?.(work.u);
      gap = lambda * Math.max(0, work.gap(weights, isotropic));
      rmsBound = Math.sqrt((2 * gap) / size);
      if (rmsBound <= tolerance || iterations >= maxIterations) break;
      nextCheck = Math.min(maxIterations, iterations + untilNextCheck(iterations));
      yield {
        done: iterations,
        total: maxIterations,
        label: "minimising total variation",
        figures: { rmsBound },
      };
    }
    iterations++;
    const momentum = (iterations - 1) / (iterations + 4);
    if (correct) {
      work.primal("q", lambda, weights);
      correct(work.u);
      work.dual(step, momentum, weights, isotropic);
    } else work.step({ lambda, step, momentum }, weights, isotropic);
    yield undefined;
  }
  const u = work.u.slice(0, size);
  if (problem.workspace === undefined) work.release();
  const ok = rmsBound <= tolerance;
  return {
    status: ok ? "ok" : "not-converged",
    u,
    gap,
    rmsBound,
    iterations,
    ...(ok ? {} : { remedy: "raise maxIterations or the tolerance" }),
  };
}

/** Workspace for problems of one shape. */
export function tvWorkspace(shape: TvShape): TvWorkspace {
  return tvKernel(shape);
}

/**
 * u ← f + Q⁻¹ (u − f) in place. With u = f + v this is u − c w (wᵀ v)/(1 + c ‖w‖²), summed over the
 * support of w only.
 */
function rankOneCorrection(rankOne: RankOne, f: ArrayLike<number>): (u: Float32Array) => void {
  const support: number[] = [];
  let energy = 0;
  let atData = 0;
  for (let i = 0; i < rankOne.template.length; i++) {
    const w = rankOne.template[i]!;
    if (w === 0) continue;
    support.push(i);
    energy += w * w;
    atData += w * Math.fround(f[i]!);
  }
  const index = Uint32Array.from(support);
  const values = Float64Array.from(support, (i) => rankOne.template[i]!);
  const scale = rankOne.weight / (1 + rankOne.weight * energy);
  return (u) => {
    let dot = -atData;
    for (let k = 0; k < index.length; k++) dot += values[k]! * u[index[k]!]!;
    const amount = scale * dot;
    for (let k = 0; k < index.length; k++) u[index[k]!]! -= amount * values[k]!;
  };
}

/** Total variation Σ |D u| of an array, as `solveTv` defines it. */
export function totalVariationOf(
  u: Float32Array,
  problem: { shape: TvShape; weights?: readonly number[]; isotropic?: boolean },
): number {
  return plainGap(
    { u, p: new Float32Array(u.length * problem.shape.directions) },
    {
      shape: problem.shape,
      weights: problem.weights ?? [1, 1, 1],
      isotropic: problem.isotropic ?? true,
    },
  );
}
