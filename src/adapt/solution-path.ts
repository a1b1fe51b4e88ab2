/**
 * The whole path of solutions over β and γ, for the network linearised about θ₀ and linear templates.
 *
 * With d = g − F(θ₀) and K = J Jᵀ the adapted image is F(θ₀) + K z, (γ Q⁻¹ + K) z = d. Neither β nor
 * γ changes the block Krylov space that K spans from d and the templates, so one block Lanczos run
 * (a bidiagonalisation of J, carried out in the image's space) gives every solution: a small dense
 * system each, and a sum of a few images.
 */
import { InputError, RunError, throwIfAborted } from "../core/errors.ts";
import { cholesky, choleskySolve } from "../math/cholesky.ts";
import type { CompileOptions } from "../runtime/program.ts";
import { type Linearisation, linearise } from "./linearisation.ts";
import {
  type AdaptationGraph,
  type AdaptationWeights,
  dot,
  effectiveWeights,
  type Objective,
  squaredNorm,
} from "./problem.ts";
import { taskMetric } from "./task-metric.ts";

export interface PathOptions {
  /** Settings that the path must solve; the hardest one (large β, small γ) decides how long it grows. */
  readonly settings: readonly AdaptationWeights[];
  /** Residual relative to ‖d‖ below which a setting counts as solved. */
  readonly residual?: number;
  /** Greatest number of basis images. */
  readonly most?: number;
  readonly compile?: CompileOptions;
}

export interface PathSolution {
  readonly image: Float32Array;
  /** Terms of the linearised objective. */
  readonly objective: Objective;
  /** ‖(γQ⁻¹ + K)z − d‖ / ‖d‖. */
  readonly residual: number;
}

export interface SolutionPath {
  /** F(g; θ₀). */
  readonly start: Float32Array;
  /** Number of basis images. */
  readonly size: number;
  /** The adapted image for any α, β, γ: a few hundred thousand operations. */
  at(weights: AdaptationWeights): PathSolution;
}

export interface PathSolver {
  path(image: Float32Array, options?: { readonly signal?: AbortSignal }): Promise<SolutionPath>;
  dispose(): Promise<void>;
}

/** Compiles the solver for one network, template set and image size. */
export async function pathSolver(
  graph: AdaptationGraph,
  options: PathOptions,
): Promise<PathSolver> {
  const { statistics } = graph.spec;
  if (statistics.kind !== "linear") {
    throw new InputError(
      "Cannot follow a path: found scores that are not linear, wanted templates; use gauss-newton",
    );
  }
  if (options.settings.length === 0) {
    throw new InputError("Cannot follow a path: found no settings, wanted at least one");
  }
  const rows = statistics.templates.map((t) => Float64Array.from(t));
  let current: Float32Array = new Float32Array(graph.pixels);
  const model = await linearise(graph, {
    image: () => current,
    ...(options.compile === undefined ? {} : { compile: options.compile }),
  });
  return {
    async path(image, { signal } = {}) {
      current = image;
      return follow({ graph, model, rows }, image, { ...options, signal });
    },
    dispose: () => model.dispose(),
  };
}

/** A growing orthonormal basis V with the products K V and the projections that solutions need. */
interface Basis {
  readonly vectors: Float64Array[];
  readonly products: Float64Array[];
}

/** Part of a vector outside the basis, normalised; undefined when nothing is left. */
function remainder(vector: Float64Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const whole = Math.sqrt(squaredNorm(vector));
  const left = vector.slice();
  // Twice is enough: a second sweep removes what rounding left of the first.
  for (let sweep = 0; sweep < 2; sweep++) {
    for (const v of basis) {
      const share = dot(v, left);
      for (let i = 0; i < left.length; i++) left[i]! -= share * v[i]!;
    }
  }
  const norm = Math.sqrt(squaredNorm(left));
  return norm > 1e-10 * whole ? left.map((x) => x / norm) : undefined;
}

async function follow(
  {
    graph,
    model,
    rows,
  }: { graph: AdaptationGraph; model: Linearisation; rows: readonly Float64Array[] },
  image: Float32Array,
  options: PathOptions & { readonly signal: AbortSignal | undefined },
): Promise<SolutionPath> {
  const { residual = 1e-3, most = 120, settings, signal } = options;
  const start = await model.forward(graph.theta0);
  const d = Float64Array.from(image, (v, i) => v - start[i]!);
  const basis: Basis = { vectors: [], products: [] };
  const solutions = { graph, rows, start, d, basis };
  let front: Float64Array[] = [];
  for (const vector of [d, ...rows]) {
    const fresh = remainder(vector, [...basis.vectors, ...front]);
    if (fresh !== undefined) front.push(fresh);
  }
  while (front.length > 0) {
    for (const vector of front) {
      throwIfAborted(signal, "following a solution path");
      basis.vectors.push(vector);
      const { image: product } = await model.pull(graph.theta0, vector);
      basis.products.push(Float64Array.from(product));
    }
    if (settings.every((setting) => solveAt(solutions, setting).residual < residual)) break;
    if (basis.vectors.length >= most) break;
    const grown: Float64Array[] = [];
    for (const product of basis.products.slice(-front.length)) {
      const fresh = remainder(product, [...basis.vectors, ...grown]);
      if (fresh !== undefined) grown.push(fresh);
    }
    front = grown;
  }
  return {
    start,
    size: basis.vectors.length,
    at: (weights) => solveAt(solutions, weights),
  };
}

interface Solutions {
  readonly graph: AdaptationGraph;
  readonly rows: readonly Float64Array[];
  readonly start: Float32Array;
  readonly d: Float64Array;
  readonly basis: Basis;
}

function solveAt(
  { graph, rows, start, d, basis }: Solutions,
  weights: AdaptationWeights,
): PathSolution {
  const terms = effectiveWeights(weights, graph);
  const metric = taskMetric(rows, terms);
  const { vectors, products } = basis;
  const m = vectors.length;
  const damped = vectors.map((v) => metric.solve(v));
  const matrix = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      // VᵀKV is symmetric up to float32 rounding of the products: the mean of both halves.
      const k = 0.5 * (dot(vectors[i]!, products[j]!) + dot(vectors[j]!, products[i]!));
      matrix[i * m + j] = terms.gamma * dot(vectors[i]!, damped[j]!) + k;
      matrix[j * m + i] = matrix[i * m + j]!;
    }
  }
  const factor = cholesky(matrix, m);
  if (factor.status !== "ok") {
    throw new RunError(`Cannot solve on the path: found a singular system; ${factor.remedy}`);
  }
  const y = choleskySolve(
    factor.factor,
    Float64Array.from(vectors, (v) => dot(v, d)),
  );
  const change = new Float64Array(d.length);
  const error = d.map((v) => -v);
  for (let k = 0; k < m; k++) {
    for (let i = 0; i < change.length; i++) {
      change[i]! += y[k]! * products[k]![i]!;
      error[i]! += y[k]! * (terms.gamma * damped[k]![i]! + products[k]![i]!);
    }
  }
  const left = d.map((v, i) => v - change[i]!);
  let drift = 0;
  for (let k = 0; k < m; k++) drift += y[k]! * dot(vectors[k]!, change);
  const fidelity = squaredNorm(left);
  const task = rows.reduce((sum, row) => sum + dot(row, left) ** 2, 0);
  return {
    image: start.map((v, i) => v + change[i]!),
    objective: {
      fidelity,
      task,
      drift,
      total: terms.alpha * fidelity + terms.beta * task + terms.gamma * drift,
    },
    residual: Math.sqrt(squaredNorm(error) / squaredNorm(d)),
  };
}
