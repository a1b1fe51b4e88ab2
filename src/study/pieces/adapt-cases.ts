/** A chunk of cases through a network that is adapted to each of them, for one or several β. */
import type { Image } from "../../core/image.ts";
import { throwIfAborted } from "../../core/errors.ts";
import { type AdamSolver, adamSolver } from "../../adapt/adam-solver.ts";
import { type GaussNewtonSolver, gaussNewtonSolver } from "../../adapt/gauss-newton.ts";
import { adaptationGraph, type AdaptationGraph, type Objective } from "../../adapt/problem.ts";
import { pathSolver } from "../../adapt/solution-path.ts";
import { type MetricPlan, shortNumber, type StudyTask } from "../description.ts";
import { type CaseRange, drawCases, measure, piecesOutput, planeOf } from "../measured-cases.ts";
import { decodeNetwork } from "../network-file.ts";
import type { PieceKind } from "../piece.ts";
import { openScene } from "../scene.ts";
import { templateRows } from "./denoise-cases.ts";

export interface AdaptCasesInputs {
  readonly task: StudyTask;
  readonly seed: number;
  readonly alpha: number;
  readonly betas: readonly number[];
  readonly gamma: number;
  readonly solver: "gauss-newton" | "path" | "adam";
  readonly reduction: "sum" | "mean";
  /** Beginnings of the names of weights that may change. */
  readonly weights?: readonly string[];
  /** Adam's alone. */
  readonly steps?: number;
  readonly rate?: number;
  readonly cases: CaseRange;
  readonly metrics: Readonly<Record<string, MetricPlan>>;
}

/** One image's result for every β. */
type AdaptAll = (image: Float32Array) => Promise<
  readonly {
    readonly image: Float32Array;
    readonly objective: Objective;
    readonly iterations: number;
  }[]
>;

export const adaptCases: PieceKind = {
  version: 1,
  summary: "Adapts a network to each case of a chunk and measures the images against the truth.",
  async run(inputs, { depends, signal, onProgress }) {
    const given = inputs as unknown as AdaptCasesInputs;
    const scene = await openScene(given.task, given.seed);
    const drawn = drawCases(scene, given.cases);
    const trained = await decodeNetwork(depends["network"]!.blobs["network"]!);
    const graph = adaptationGraph({
      ...trained,
      statistics: { kind: "linear", templates: templateRows(depends, scene) },
      ny: scene.ny,
      nx: scene.nx,
      sigma: scene.sigma,
      ...(given.weights === undefined
        ? {}
        : { adapts: (name) => given.weights!.some((start) => name.startsWith(start)) }),
    });
    const { adapt, dispose } = await openSolver(graph, given, signal);
    const images: Image[][] = given.betas.map(() => []);
    const figures = given.betas.map(() => ({
      total: [] as number[],
      fidelity: [] as number[],
      task: [] as number[],
      drift: [] as number[],
      iterations: [] as number[],
    }));
    try {
      for (let i = 0; i < drawn.length; i++) {
        throwIfAborted(signal, "adapting");
        const results = await adapt(drawn[i]!.noisy.data);
        results.forEach(({ image, objective, iterations }, b) => {
          images[b]!.push(planeOf(image, scene));
          figures[b]!.total.push(objective.total);
          figures[b]!.fidelity.push(objective.fidelity);
          figures[b]!.task.push(objective.task);
          figures[b]!.drift.push(objective.drift);
          figures[b]!.iterations.push(iterations);
        });
        onProgress((i + 1) / drawn.length);
      }
    } finally {
      await dispose();
    }
    const out: Parameters<typeof piecesOutput>[0] = Object.fromEntries(
      await Promise.all(
        given.betas.map(async (beta, b) => {
          const pairs = images[b]!.map((result, i) => ({ clean: drawn[i]!.clean, result }));
          const measured = { metrics: await measure(pairs, given.metrics), figures: figures[b]! };
          const own = { images: images[b]!.map(({ data }) => data), measured };
          return [shortNumber(beta), own] as const;
        }),
      ),
    );
    return piecesOutput(out);
  },
};

async function openSolver(
  graph: AdaptationGraph,
  given: AdaptCasesInputs,
  signal: AbortSignal,
): Promise<{ adapt: AdaptAll; dispose: () => Promise<void> }> {
  const { alpha, betas, gamma, reduction, steps, rate } = given;
  const settings = betas.map((beta) => ({ alpha, beta, gamma, reduction }));
  const compile = { threads: 1 };
  if (given.solver === "path") {
    const solver = await pathSolver(graph, { settings, compile });
    return {
      async adapt(image) {
        const path = await solver.path(image, { signal });
        return settings.map((setting) => ({ ...path.at(setting), iterations: path.size }));
      },
      dispose: () => solver.dispose(),
    };
  }
  const solvers: (AdamSolver | GaussNewtonSolver)[] = [];
  for (const setting of settings) {
    solvers.push(
      given.solver === "adam"
        ? await adamSolver(graph, setting, { steps, rate, compile })
        : await gaussNewtonSolver(graph, setting, { compile }),
    );
  }
  return {
    async adapt(image) {
      const results = [];
      for (const solver of solvers) results.push(await solver.adapt(image, { signal }));
      return results;
    },
    async dispose() {
      for (const solver of solvers) await solver.dispose();
    },
  };
}
