/** The published solver: Adam steps on the whole objective, every step one run of one program. */
import { CancelledError } from "../core/errors.ts";
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { gradient, jacobianVector } from "../graph/gradient.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { sum } from "../graph/ops/sum.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions } from "../runtime/program.ts";
import { adam } from "../learn/optimisers/adam.ts";
import { momentsOf, stepNodes, type StepRule } from "../learn/step-rule.ts";
import {
  type Adapted,
  type AdaptationGraph,
  type AdaptationWeights,
  effectiveWeights,
  type Objective,
  statisticsNode,
} from "./problem.ts";

export interface AdamSolverOptions {
  /** Learning rate; 1e-4 as published. */
  readonly rate?: number;
  /** Steps; 500 as published. */
  readonly steps?: number;
  /**
   * Replaces ‖g − F‖² by Stein's unbiased estimate of ‖y − F‖² less nσ² [stein1981estimation], ‖g − F‖² + 2σ² div F,
   * for white noise of that level; the divergence by a probe drawn anew in every step [ramani2008montecarlo].
   */
  readonly sure?: { readonly sigma: number; readonly seed: number };
  readonly compile?: CompileOptions;
}

export interface AdamSolver {
  adapt(image: Float32Array, options?: { readonly signal?: AbortSignal }): Promise<Adapted>;
  dispose(): Promise<void>;
}

/** Compiles the solver for one problem; images of its size follow one by one. */
export async function adamSolver(
  graph: AdaptationGraph,
  weights: AdaptationWeights,
  { rate = 1e-4, steps = 500, sure, compile: options = {} }: AdamSolverOptions = {},
): Promise<AdamSolver> {
  const { alpha, beta, gamma } = effectiveWeights(weights, graph);
  const { output, image, theta, theta0, pixels, spec } = graph;
  const square = (x: ReturnType<typeof sum>) => sum(multiply(x, x));
  const read = (x: typeof image) => statisticsNode(x, { statistics: spec.statistics, pixels });
  const start = input("start", [theta0.length]);
  const probe = input("probe", [1, 1, spec.ny, spec.nx]);
  const data = square(subtract(image, output));
  const fidelity =
    sure === undefined
      ? data
      : add(
          data,
          multiply(
            constant(2 * sure.sigma ** 2),
            sum(multiply(probe, jacobianVector(output, [{ x: image, v: probe }]))),
          ),
        );
  const task = square(subtract(read(image), read(output)));
  const drift = square(subtract(theta, start));
  const total = add(
    add(multiply(constant(alpha), fidelity), multiply(constant(beta), task)),
    multiply(constant(gamma), drift),
  );
  const rule: StepRule = { optimiser: adam, options: resolveParameters("adam", adam.options) };
  const next = stepNodes(rule, {
    theta,
    gradient: gradient(total, [theta])[0]!,
    rate: constant(rate),
    step: input("step", []),
    prefix: "",
  });
  const moments = momentsOf(rule);
  const vector = (data: Float32Array) => floats(data, [data.length]);
  const zeros = () => vector(new Float32Array(theta0.length));
  const program = await compile(
    {
      outputs: { total, fidelity, task, drift, output },
      state: {
        theta: { initial: vector(theta0), next: next.theta },
        ...Object.fromEntries(
          moments.map((name) => [name, { initial: zeros(), next: next.carried[name]! }]),
        ),
        start: { initial: vector(theta0) },
      },
    },
    options,
  );
  return {
    async adapt(data, { signal } = {}) {
      const began = performance.now();
      program.setState("theta", vector(theta0));
      for (const name of moments) program.setState(name, zeros());
      const run = async (step: number) => {
        const result = await program.run({
          image: floats(data, [1, 1, spec.ny, spec.nx]),
          ...(sure === undefined
            ? {}
            : {
                probe: floats(
                  Float32Array.from(streamOf(sure.seed, "probe", step).normals(pixels)),
                  [1, 1, spec.ny, spec.nx],
                ),
              }),
          step: floats(Float32Array.of(step), []),
        });
        const number = (name: string) => result[name]!.data[0] as number;
        const objective: Objective = {
          total: number("total"),
          fidelity: number("fidelity"),
          task: number("task"),
          drift: number("drift"),
        };
        return { objective, image: result["output"]!.data as Float32Array };
      };
      const first = await run(1);
      for (let step = 2; step <= steps; step++) {
        if (signal?.aborted) throw new CancelledError(`adapting at step ${step}`);
        await run(step);
      }
      // One more run reads the objective and image at the weights that the last step left.
      const last = await run(steps + 1);
      return {
        image: last.image,
        objective: last.objective,
        initial: first.objective,
        iterations: steps,
        status: "stopped",
        milliseconds: performance.now() - began,
      };
    },
    dispose: () => program.dispose(),
  };
}
