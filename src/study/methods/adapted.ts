import { z } from "zod";
import { type AdamSolver, adamSolver } from "../../adapt/adam-solver.ts";
import { type GaussNewtonSolver, gaussNewtonSolver } from "../../adapt/gauss-newton.ts";
import { adaptationGraph, type AdaptationGraph, type Objective } from "../../adapt/problem.ts";
import { pathSolver } from "../../adapt/solution-path.ts";
import { InputError } from "../../core/errors.ts";
import { imageIn, sidesOf } from "../facts.ts";
import { meanOf } from "../../metrics/result.ts";
import type { ReportSection } from "../report.ts";
import { id, ids, positive, shortNumber } from "../schema-words.ts";
import type { MethodFigures, MethodKind } from "./method-kind.ts";

const reduction = z.enum(["sum", "mean"]);

const schema = z
  .strictObject({
    kind: z.literal("adapted"),
    network: id,
    templates: ids,
    alpha: z.number().nonnegative().default(1),
    beta: z
      .union([z.number().nonnegative(), z.array(z.number().nonnegative()).min(1)])
      .describe("A list makes one method of each value."),
    gamma: positive,
    solver: z.enum(["gauss-newton", "path", "adam"]).default("gauss-newton"),
    reduction: z
      .union([
        reduction,
        z.strictObject({ fidelity: reduction, task: reduction, drift: reduction }),
      ])
      .default("sum"),
    batchNorm: z
      .enum(["running", "image"])
      .optional()
      .describe("Moments of batch normalisation: the training's, as usual, or the image's own."),
    fidelity: z
      .enum(["data", "sure"])
      .optional()
      .describe(
        "Distance from the noisy image, as published, or Stein's unbiased estimate of that from the truth, for white noise and Adam.",
      ),
    weights: z
      .array(z.string())
      .default([])
      .describe("Only weights whose name begins so may change; all when empty."),
    steps: z.int().positive().default(500).describe("Steps of Adam."),
    rate: positive.default(1e-4).describe("Learning rate of Adam."),
  })
  .describe("A network adapted to every image and the task.");

type Plan = z.output<typeof schema>;

const betasOf = ({ beta }: Plan): readonly number[] => (Array.isArray(beta) ? beta : [beta]);

/** β of one of the methods that an entry makes. */
const betaOf = (plan: Plan, setting: string): number =>
  betasOf(plan).find((beta) => shortNumber(beta) === setting) ?? betasOf(plan)[0]!;

export const adapted: MethodKind<Plan> = {
  name: "adapted",
  summary: "A network adapted to every image and the task.",
  schema,
  weight: 0.5,
  verb: "adapt",
  settings: ({ beta }) => (Array.isArray(beta) ? beta.map(shortNumber) : []),
  refers: ({ network, templates }) => [
    { role: "network", of: "networks", id: network, field: "network" },
    ...templates.map((one, k) => ({
      role: `template ${k}`,
      of: "templates" as const,
      id: one,
      field: "templates",
    })),
  ],
  check({ fidelity, solver }, { at, shape }) {
    if (shape.length !== 2) {
      throw new InputError(`${at}: found objects of ${shape.length} axes, wanted planes`);
    }
    if (fidelity === "sure" && solver !== "adam") {
      throw new InputError(`${at}.solver: found ${solver}, wanted adam for fidelity sure`);
    }
  },
  anonymous: ({ templates, steps, rate, ...plan }) => ({
    ...plan,
    network: "network",
    templates: templates.map((_, k) => `template-${k}`),
    // Adam's numbers decide nothing for other solvers.
    ...(plan.solver === "adam" ? { steps, rate } : { steps: 1, rate: 1 }),
  }),
  parameter: (plan, name, setting) =>
    name === "beta"
      ? betaOf(plan, setting)
      : name === "gamma" || name === "alpha"
        ? plan[name]
        : undefined,
  async open({ plan, frame, facts, depends, signal }) {
    const { ny, nx } = sidesOf(frame);
    const trained = await depends.network("network");
    // The network sees its own window, and so do the templates.
    const { low, high } = trained.window;
    const width = high - low;
    const own = low === 0 && width === 1;
    const graph = adaptationGraph({
      ...trained,
      statistics: { kind: "linear", templates: depends.templates() },
      ny,
      nx,
      sigma: facts.sigma / width,
      ...(plan.batchNorm === undefined ? {} : { batchNorm: plan.batchNorm }),
      ...(plan.weights.length === 0
        ? {}
        : { adapts: (name) => plan.weights.some((start) => name.startsWith(start)) }),
    });
    const { adapt, dispose } = await openSolver(graph, {
      plan,
      sigma: facts.sigma / width,
      signal,
    });
    return {
      denoise: async ({ noisy }) =>
        (await adapt(own ? noisy.data : noisy.data.map((v) => (v - low) / width))).map(
          ({ image, objective, iterations }) => ({
            image: imageIn(frame, own ? image : image.map((v) => low + width * v)),
            figures: { ...objective, iterations },
          }),
        ),
      dispose,
    };
  },
  sections: objectiveSections,
};

/** One image's result for every β. */
type AdaptAll = (image: Float32Array) => Promise<
  readonly {
    readonly image: Float32Array;
    readonly objective: Objective;
    readonly iterations: number;
  }[]
>;

async function openSolver(
  graph: AdaptationGraph,
  { plan, sigma, signal }: { plan: Plan; sigma: number; signal: AbortSignal },
): Promise<{ adapt: AdaptAll; dispose: () => Promise<void> }> {
  const { alpha, gamma, reduction, steps, rate } = plan;
  const settings = betasOf(plan).map((beta) => ({ alpha, beta, gamma, reduction }));
  const compile = { threads: 1 };
  if (plan.solver === "path") {
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
      plan.solver === "adam"
        ? await adamSolver(graph, setting, {
            steps,
            rate,
            compile,
            ...(plan.fidelity === "sure" ? { sure: { sigma, seed: 1 } } : {}),
          })
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

function objectiveSections(methods: readonly MethodFigures<Plan>[]): readonly ReportSection[] {
  const rows = methods
    .filter(({ figures }) => figures["total"] !== undefined)
    .map(({ id: method, plan, setting, figures }) => {
      const mean = (name: string) => meanOf(figures[name] ?? []);
      const beta = betaOf(plan, setting);
      return [
        method,
        plan.solver,
        shortNumber(beta),
        shortNumber(plan.gamma),
        mean("total"),
        plan.alpha * mean("fidelity"),
        beta * mean("task"),
        plan.gamma * mean("drift"),
        mean("iterations"),
      ];
    });
  if (rows.length === 0) return [];
  return [
    {
      heading: "Terms of the adaptation's objective",
      text: [
        "Means over the test images at the solution: α‖g − F‖² + β‖t(g) − t(F)‖² + γ‖θ − θ₀‖². Of the solver `path` they are those of the network linearised about θ₀.",
      ],
      tables: [
        {
          name: "objective",
          caption: "Terms of the objective, mean over the test images",
          columns: [
            { name: "method" },
            { name: "solver" },
            { name: "β" },
            { name: "γ" },
            { name: "objective", digits: 3 },
            { name: "fidelity", digits: 3 },
            { name: "task", digits: 4 },
            { name: "drift", digits: 4 },
            { name: "iterations", digits: 1 },
          ],
          rows,
        },
      ],
    },
  ];
}
