/**
 * Damped Gauss–Newton for per-image adaptation.
 *
 * About weights θₖ the objective is a least-squares problem in δ = θ − θ₀ whose solution lies in the
 * range of Jᵀ: δ = Jᵀz, z an image. With f = F(θₖ) − J(θₖ − θ₀), Q = αI + βWᵀW and c the statistics
 * that the image should have,
 *
 *   (γ Q⁻¹ + J Jᵀ) z = Q⁻¹ (α (g − f) + β Wᵀ(c − W f)),
 *
 * a positive definite system as large as the image, solved by conjugate gradients with one product
 * J Jᵀ per iteration. The step is halved until the objective falls; linearisation goes on until the
 * objective is what the linearised network predicted for the full step, or falls no more.
 */
import { throwIfAborted } from "../core/errors.ts";
import type { CompileOptions } from "../runtime/program.ts";
import { type Linearisation, linearise } from "./linearisation.ts";
import {
  type Adapted,
  type AdaptationGraph,
  type AdaptationWeights,
  dot,
  effectiveWeights,
  type Objective,
  squaredNorm,
} from "./problem.ts";
import { type TaskMetric, taskMetric } from "./task-metric.ts";

export interface GaussNewtonOptions {
  /**
   * Relative difference between the objective and its prediction, or relative decrease of the
   * objective, below which no further linearisation is made; 1e-3 by default.
   */
  readonly tolerance?: number;
  /** Greatest number of linearisations. */
  readonly outer?: number;
  /** Greatest number of conjugate-gradient iterations per linearisation. */
  readonly inner?: number;
  /** Residual, relative to the right-hand side, at which conjugate gradients stop. */
  readonly residual?: number;
  readonly compile?: CompileOptions;
}

export interface GaussNewtonSolver {
  adapt(image: Float32Array, options?: { readonly signal?: AbortSignal }): Promise<Adapted>;
  dispose(): Promise<void>;
}

/** Compiles the solver for one problem; images of its size follow one by one. */
export async function gaussNewtonSolver(
  graph: AdaptationGraph,
  weights: AdaptationWeights,
  options: GaussNewtonOptions = {},
): Promise<GaussNewtonSolver> {
  const { tolerance = 1e-3, outer = 12, inner = 40, residual = 1e-2 } = options;
  const terms = effectiveWeights(weights, graph);
  let current: Float32Array = new Float32Array(graph.pixels);
  const model = await linearise(graph, {
    image: () => current,
    ...(options.compile === undefined ? {} : { compile: options.compile }),
  });
  return {
    async adapt(image, { signal } = {}) {
      current = image;
      const began = performance.now();
      const reading = await readingOf(graph, model, image);
      const objectiveAt = async (theta: Float32Array) => {
        const output = await model.forward(theta);
        return {
          output,
          objective: await evaluate({ graph, terms, reading, image }, theta, output),
        };
      };
      let theta = graph.theta0;
      let { output, objective } = await objectiveAt(theta);
      const initial = objective;
      let iterations = 0;
      let status: Adapted["status"] = "stopped";
      let start: Float64Array | undefined;
      for (let round = 0; round < outer; round++) {
        throwIfAborted(signal, "adapting");
        const aim = await reading.about(output);
        const moved = theta === graph.theta0 ? undefined : subtract(theta, graph.theta0);
        const pushed = moved === undefined ? undefined : await model.push(theta, moved);
        const f = Float64Array.from(output, (v, i) => v - (pushed?.[i] ?? 0));
        const solution = await solve(model, theta, {
          metric: taskMetric(aim.rows, terms),
          rows: aim.rows,
          target: aim.target,
          image,
          f,
          terms,
          limits: { inner, residual },
          start,
          signal,
        });
        iterations += solution.iterations;
        const next = await descend({ graph, theta, delta: solution.delta }, objective, objectiveAt);
        if (next === undefined) {
          status = round === 0 ? "no decrease" : "converged";
          break;
        }
        const gain = objective.total - next.objective.total;
        const predicted = predictedTotal(solution, { terms, image, aim });
        const small = gain <= tolerance * next.objective.total;
        const asPredicted =
          next.share === 1 &&
          Math.abs(next.objective.total - predicted) <= tolerance * next.objective.total;
        ({ theta, output, objective } = next);
        start = next.share === 1 ? solution.z : solution.z.map((v) => next.share * v);
        if (small || asPredicted) {
          status = "converged";
          break;
        }
      }
      return {
        image: output,
        objective,
        initial,
        iterations,
        status,
        milliseconds: performance.now() - began,
      };
    },
    dispose: () => model.dispose(),
  };
}

interface Reading {
  /** t(f) − t(g) as a squared norm. */
  distance(output: Float32Array): Promise<number>;
  /** Rows W and aimed values c of the statistics linearised about an image. */
  about(output: Float32Array): Promise<{ rows: Float64Array[]; target: Float64Array }>;
}

async function readingOf(
  graph: AdaptationGraph,
  model: Linearisation,
  image: Float32Array,
): Promise<Reading> {
  const { statistics } = graph.spec;
  if (statistics.kind === "linear") {
    const rows = statistics.templates.map((t) => Float64Array.from(t));
    const target = Float64Array.from(rows, (row) => dot(row, image));
    return {
      distance: async (output) => squaredNorm(target.map((c, k) => c - dot(rows[k]!, output))),
      about: async () => ({ rows, target }),
    };
  }
  const { values: wanted } = await model.statistics(image);
  return {
    async distance(output) {
      const { values } = await model.statistics(output);
      return squaredNorm(wanted.map((v, k) => v - values[k]!));
    },
    async about(output) {
      const { values, rows } = await model.statistics(output);
      const target = wanted.map((v, k) => v - values[k]! + dot(rows[k]!, output));
      return { rows, target };
    },
  };
}

type Terms = { readonly alpha: number; readonly beta: number; readonly gamma: number };

async function evaluate(
  {
    graph,
    terms,
    reading,
    image,
  }: { graph: AdaptationGraph; terms: Terms; reading: Reading; image: Float32Array },
  theta: Float32Array,
  output: Float32Array,
): Promise<Objective> {
  let fidelity = 0;
  for (let i = 0; i < output.length; i++) fidelity += (image[i]! - output[i]!) ** 2;
  let drift = 0;
  for (let i = 0; i < theta.length; i++) drift += (theta[i]! - graph.theta0[i]!) ** 2;
  const task = await reading.distance(output);
  return {
    fidelity,
    task,
    drift,
    total: terms.alpha * fidelity + terms.beta * task + terms.gamma * drift,
  };
}

interface System {
  readonly metric: TaskMetric;
  readonly rows: readonly Float64Array[];
  readonly target: Float64Array;
  readonly image: Float32Array;
  readonly f: Float64Array;
  readonly terms: Terms;
  readonly limits: { readonly inner: number; readonly residual: number };
  /** z of the linearisation before, from which to go on. */
  readonly start: Float64Array | undefined;
  readonly signal: AbortSignal | undefined;
}

interface Solution {
  readonly z: Float64Array;
  /** θ − θ₀ of the linearised problem's solution. */
  readonly delta: Float64Array;
  /** The linearised network's image there. */
  readonly output: Float64Array;
  readonly iterations: number;
}

/** The objective that the linearised network and statistics have at the solution. */
function predictedTotal(
  { delta, output }: Solution,
  {
    terms,
    image,
    aim,
  }: {
    terms: Terms;
    image: Float32Array;
    aim: { rows: Float64Array[]; target: Float64Array };
  },
): number {
  const fidelity = squaredNorm(output.map((v, i) => image[i]! - v));
  const task = squaredNorm(aim.target.map((c, k) => c - dot(aim.rows[k]!, output)));
  return terms.alpha * fidelity + terms.beta * task + terms.gamma * squaredNorm(delta);
}

/** Conjugate gradients for z; δ = Jᵀz and J δ are gathered along the way. */
async function solve(
  model: Linearisation,
  theta: Float32Array,
  { metric, rows, target, image, f, terms, limits, start, signal }: System,
): Promise<Solution> {
  const weighted = f.map((v, i) => terms.alpha * (image[i]! - v));
  rows.forEach((row, k) => {
    const scale = terms.beta * (target[k]! - dot(row, f));
    for (let i = 0; i < weighted.length; i++) weighted[i]! += scale * row[i]!;
  });
  let residual = metric.solve(weighted);
  const stop = limits.residual ** 2 * squaredNorm(residual);
  const delta = new Float64Array(theta.length);
  const output = f.slice();
  const z = start?.slice() ?? new Float64Array(f.length);
  let iterations = 0;
  if (start !== undefined) {
    const { weights, image: pulled } = await model.pull(theta, start);
    const damped = metric.solve(start);
    residual = residual.map((v, i) => v - terms.gamma * damped[i]! - pulled[i]!);
    delta.set(weights);
    for (let i = 0; i < output.length; i++) output[i]! += pulled[i]!;
    iterations++;
  }
  let direction = residual.slice();
  let size = squaredNorm(residual);
  while (iterations < limits.inner && size > stop) {
    throwIfAborted(signal, "adapting");
    const { weights, image: pulled } = await model.pull(theta, direction);
    const damped = metric.solve(direction);
    const product = damped.map((v, i) => terms.gamma * v + pulled[i]!);
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const step = size / curvature;
    for (let i = 0; i < delta.length; i++) delta[i]! += step * weights[i]!;
    for (let i = 0; i < output.length; i++) output[i]! += step * pulled[i]!;
    for (let i = 0; i < z.length; i++) z[i]! += step * direction[i]!;
    residual = residual.map((v, i) => v - step * product[i]!);
    const next = squaredNorm(residual);
    const keep = next / size;
    direction = residual.map((v, i) => v + keep * direction[i]!);
    size = next;
    iterations++;
  }
  return { z, delta, output, iterations };
}

interface Trial {
  readonly theta: Float32Array;
  readonly output: Float32Array;
  readonly objective: Objective;
  /** Part of the full step that was taken. */
  readonly share: number;
}

/** The full step to θ₀ + δ, halved until the objective falls; undefined when it never does. */
async function descend(
  { graph, theta, delta }: { graph: AdaptationGraph; theta: Float32Array; delta: Float64Array },
  objective: Objective,
  objectiveAt: (theta: Float32Array) => Promise<Omit<Trial, "theta" | "share">>,
): Promise<Trial | undefined> {
  for (let share = 1; share > 1e-3; share /= 2) {
    const trial = theta.map((t, i) => t + share * (graph.theta0[i]! + delta[i]! - t));
    const result = await objectiveAt(trial);
    if (result.objective.total < objective.total) return { theta: trial, share, ...result };
  }
  return undefined;
}

function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((v, i) => v - b[i]!);
}
