/**
 * Second-order total generalised variation [bredies2010total], solved to a stated duality gap.
 *
 *   min over u, w of  ½ ‖u − f‖² + α₁ Σ |∇u − w| + α₀ Σ |E w|,     E w = ½ (∇w + ∇wᵀ),
 *
 * by the primal–dual method of [chambolle2011first] with τ = σ = 1/√L. ∇ and E are forward differences
 * taken only where both neighbours exist, so that an affine image costs nothing, up to the border. With
 * the norm bounds of both difference operators 4d (d directions), L is the larger eigenvalue of
 * [[4d, √(4d)], [√(4d), 4d + 1]].
 *
 * Any q with |q| ≤ α₀ and |Eᵀq| ≤ α₁ gives the lower bound ⟨f, ∇ᵀp⟩ − ½ ‖∇ᵀp‖² with p = Eᵀq; the
 * iterate is scaled to satisfy the second condition, with the best scale. The objective is 1-strongly
 * convex in u, so ½ ‖u − u*‖² ≤ gap. Iterates are float32 about the mean of f; the gap is summed in float64.
 */
import type { WorkOptions } from "../../core/progress.ts";
import { tgvKernel } from "../../kernels/total-generalised-variation.ts";
import type { TvSolution } from "./solver.ts";
import {
  plainSums,
  type TgvBuffers,
  type TgvShape,
  type TgvSizes,
  type TgvSums,
  type TgvWorkspace,
} from "./tgv-steps.ts";
import { atOnce, type Steps } from "../turns.ts";

export interface TgvOptions extends WorkOptions {
  readonly shape: TgvShape;
  /** α₁ > 0 in the unit of f. */
  readonly first: number;
  /** α₀ > 0 in the unit of f times px. */
  readonly second: number;
  /** Weights of the x, y and z differences; default 1 each. */
  readonly weights?: readonly number[];
  /** Stop once √(2 gap / N) ≤ tolerance · α₁; default 0.05. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
  /** Arrays to reuse; their iterates are the starting point when `warm`. */
  readonly workspace?: TgvWorkspace;
  readonly warm?: boolean;
}

/** Iterations until the next look at the gap, which costs about four of them. */
function untilNextCheck(iterations: number): number {
  return Math.min(100, Math.max(20, iterations >> 3));
}

/**
 * Minimises the TGV functional; see the file's header.
 *
 * @throws CancelledError when the signal is raised
 */
export function solveTgv(f: ArrayLike<number>, options: TgvOptions): TvSolution {
  return atOnce(tgvSteps(f, options), options);
}

/** Workspace for problems of one shape. */
export function tgvWorkspace(shape: TgvShape): TgvWorkspace {
  return tgvKernel(shape);
}

/** `solveTgv` as steps of one iteration each, for `inTurns`; `signal` and `onProgress` are left to it. */
export function* tgvSteps(f: ArrayLike<number>, options: TgvOptions): Steps<TvSolution> {
  const { shape, first, second, weights = [1, 1, 1] } = options;
  const { tolerance = 0.05, maxIterations = 3000 } = options;
  const size = f.length;
  const work = options.workspace ?? tgvWorkspace(shape);
  const directions = shape.nz > 1 ? 3 : 2;
  const used = weights.slice(0, directions);
  let mean = 0;
  for (let i = 0; i < size; i++) mean += f[i]! / size;
  for (let i = 0; i < size; i++) work.f[i] = f[i]! - mean;
  if (!options.warm) {
    work.u.set(work.f);
    for (const part of [work.w, work.p, work.q]) part.fill(0);
  }
  work.uBar.set(work.u);
  work.wBar.set(work.w);
  const bound = 4 * Math.max(...used.map((v) => v * v)) * directions;
  const step = 1 / Math.sqrt((2 * bound + 1 + Math.sqrt(1 + 4 * bound)) / 2);
  const sizes: TgvSizes = { step, first, second, weights: used };
  const limit = tolerance * first;
  let gap = Infinity;
  let rmsBound = Infinity;
  let iterations = 0;
  for (;;) {
    gap = gapOf(work.sums(sizes), sizes);
    rmsBound = Math.sqrt((2 * gap) / size);
    if (rmsBound <= limit || iterations >= maxIterations) break;
    yield {
      done: iterations,
      total: maxIterations,
      label: "minimising total generalised variation",
      figures: { rmsBound },
    };
    const end = Math.min(maxIterations, iterations + untilNextCheck(iterations));
    for (; iterations < end; iterations++) {
      work.step(sizes);
      yield undefined;
    }
  }
  const ok = rmsBound <= limit;
  const u = work.u.map((v) => v + mean);
  if (options.workspace === undefined) work.release();
  return {
    status: ok ? "ok" : "not-converged",
    u,
    gap,
    rmsBound,
    iterations,
    ...(ok ? {} : { remedy: "raise maxIterations or the tolerance" }),
  };
}

/** Primal value at (u, w) minus the best lower bound from q. */
function gapOf(sums: TgvSums, { first, second }: TgvSizes): number {
  const { primal, inner, squares, largest, radius } = sums;
  // |q| ≤ α₀ limits the scale too: q is projected, so a scale above 1 may leave its ball.
  const most = Math.min(
    largest > 0 ? first / Math.sqrt(largest) : Infinity,
    radius > 0 ? second / Math.sqrt(radius) : Infinity,
  );
  const scale = squares > 0 ? Math.max(0, Math.min(most, inner / squares)) : 0;
  return Math.max(0, primal - (scale * inner - 0.5 * scale * scale * squares));
}

/** ½ ‖u − f‖² + α₁ Σ |∇u − w| + α₀ Σ |E w| at a point, for tests and comparisons; unit weights. */
export function tgvValue(
  point: Pick<TgvBuffers, "f" | "u" | "w">,
  options: { readonly shape: TgvShape; readonly first: number; readonly second: number },
): number {
  const pairs = options.shape.nz > 1 ? 6 : 3;
  const q = new Float32Array(pairs * point.u.length);
  return plainSums({ ...point, q }, options.shape, { ...options, weights: [1, 1, 1] }).primal;
}
