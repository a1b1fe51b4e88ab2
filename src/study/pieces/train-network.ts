/** Trains a network on pairs of the study's own task, as many of every class. */
import { z } from "zod";
import { InputError, throwIfAborted } from "../../core/errors.ts";
import { openMember } from "../../core/member.ts";
import { exportNetwork } from "../../learn/export-network.ts";
import { linearObserver } from "../../nets/linear-observer.ts";
import type { FieldName } from "../../train/batch.ts";
import { parseTrainingConfig, type TrainingConfig } from "../../train/config.ts";
import type { DataConfig } from "../../train/data/description.ts";
import { openData } from "../../train/data/open-data.ts";
import { runTraining, type TrainOptions } from "../../train/loop.ts";
import { catalogue as trainingMethods } from "../../train/methods/catalogue.ts";
import { planeData } from "../../train/plane-batches.ts";
import { drawnRole } from "../case-ranges.ts";
import { dependenciesOf, partName } from "../dependencies.ts";
import { drawnImages } from "../drawn-cases.ts";
import { sidesOf, type TaskFacts } from "../facts.ts";
import { encodeNetwork, type NetworkWindow } from "../network-file.ts";
import { needsDrawnPairs, type NetworkPlan, networkSchema } from "../network-plan.ts";
import { type PairedImages, pairData } from "../pair-batches.ts";
import type { PieceContext, PieceKind } from "../piece.ts";
import { openScene, taskInputs, type TaskInputs } from "../task-inputs.ts";
import type { Role } from "../tasks/task-kind.ts";

const inputs = z.object({
  ...taskInputs,
  plan: networkSchema,
  /** Validation images of each class. */
  validation: z.int().positive(),
});

type Inputs = z.output<typeof inputs>;

const values = z.object({
  steps: z.int(),
  /** dB on the validation images; null of a network that gives scores. */
  validationPsnr: z.number().nullable(),
  weights: z.int(),
  /** Step and dB of every validation. */
  history: z.array(z.tuple([z.number(), z.number()])),
});

/** Steps between validations where the plan does not say: forty in all, or often where one may end it. */
const usualEvery = ({ steps, stopAt }: NetworkPlan): number =>
  stopAt === undefined ? Math.max(50, Math.floor(steps / 40)) : 50;

export const trainNetwork: PieceKind<Inputs, z.output<typeof values>> = {
  name: "train-network",
  version: 2,
  summary: "Trains a network on noisy and clean pairs of the task.",
  resumes: true,
  inputs,
  values,
  async run(given, context) {
    const { plan, seed } = given;
    const { signal, onProgress, checkpoint, saveCheckpoint } = context;
    const facts = dependenciesOf(context.depends).facts();
    const window = windowOf(plan, facts);
    const config = configOf(given, { facts, window });
    // A checkpoint begins with the validations before it: the history is part of the result.
    const history: [number, number][] = [];
    const resume = checkpoint === undefined ? undefined : splitCheckpoint(checkpoint);
    if (resume !== undefined) history.push(...resume.history);
    const method = await openMember(
      trainingMethods,
      config.method.name,
      `Cannot train: found no training method ${config.method.name}`,
    );
    const own = await ownData(given, { config, facts, window, context });
    const { validation, ...described } = {
      ...own,
      ...(plan.data === undefined
        ? {}
        : await describedData(config, { data: plan.data, reads: method.reads, seed, signal })),
    };
    const images = method.roles[method.product]!.gives === "image";
    const result = await runTraining(config, {
      ...described,
      ...(images ? { validation } : {}),
      models: await startingModels(plan, { context, facts, window, config }),
      signal,
      compile: { threads: 1 },
      ...(resume === undefined ? {} : { resume: resume.state }),
      onRow: ({ step, validation: found }) => {
        if (found !== undefined) history.push([step + 1, found.value]);
      },
      onProgress: ({ done, total }) => onProgress(done / total),
      onCheckpoint: (bytes) => saveCheckpoint(joinCheckpoint(history, bytes)),
    });
    const last = plan.keep === "last";
    const { network, options, bestStep, shape } = result;
    const weights = last ? result.weights : result.best;
    const metadata = { seed: String(seed) };
    const parts = Object.entries(result.roles).filter(
      ([role]) => role !== method.product && !method.roles[role]!.frozen,
    );
    return {
      values: {
        steps: last ? plan.steps : bestStep,
        validationPsnr: (last ? history.at(-1)?.[1] : result.bestValidation?.value) ?? null,
        weights: [...weights.values()].reduce((n, w) => n + w.length, 0),
        history,
      },
      blobs: {
        network: encodeNetwork({ network, options, weights, window }),
        onnx: exportNetwork(network, { options, weights, metadata, shape }),
        ...Object.fromEntries(
          parts.flatMap(([role, part]) => [
            [partName(role), encodeNetwork({ ...part, window })],
            [`onnx ${role}`, exportNetwork(part.network, { ...part, metadata })],
          ]),
        ),
      },
    };
  },
};

/** ONNX bytes that the roles of a training start from: those of other networks, or a template as a linear observer. */
async function startingModels(
  { roles = {} }: NetworkPlan,
  options: {
    readonly context: Pick<PieceContext, "depends">;
    readonly facts: TaskFacts;
    readonly window: NetworkWindow;
    readonly config: TrainingConfig;
  },
): Promise<Record<string, Uint8Array>> {
  const { context, facts, window } = options;
  const models: Record<string, Uint8Array> = {};
  for (const [role, { from, part, template }] of Object.entries(roles)) {
    if (from !== undefined) {
      const name = part === undefined ? "onnx" : `onnx ${part}`;
      const bytes = context.depends[`start ${role}`]?.blobs[name];
      if (bytes === undefined) {
        throw new InputError(
          `Cannot start role ${role}: found no ${part ?? "network"} among the results of the training that it starts from`,
        );
      }
      models[role] = bytes;
    }
    if (template !== undefined) {
      const [row] = dependenciesOf(context.depends).template(`template of ${role}`) ?? [];
      const images = classImages(context, { facts, roles: "network-training" });
      models[role] = linearStart(row!, { images, facts, window });
    }
  }
  return models;
}

/**
 * A template as a linear observer whose score is the logarithm of the odds, were the statistic normal with one
 * variance in both classes: (m₁ − m₀)/s² (t − (m₁ + m₀)/2).
 */
function linearStart(
  row: Float64Array,
  {
    images,
    facts,
    window,
  }: { images: readonly PairedImages[]; facts: TaskFacts; window: NetworkWindow },
): Uint8Array {
  const width = window.high - window.low;
  const scores = [0, 1].map((present) =>
    images
      .filter(({ classNumber = 0 }) => Math.min(1, classNumber) === present)
      .map(({ noisy }) => {
        let sum = 0;
        for (let i = 0; i < row.length; i++)
          sum += (row[i]! * (noisy.data[i]! - window.low)) / width;
        return sum;
      }),
  );
  const [absent, present] = scores.map(momentsOf) as [Moments, Moments];
  const variance = (absent.variance + present.variance) / 2;
  const gain = variance > 0 ? (present.mean - absent.mean) / variance : 0;
  const { ny, nx } = sidesOf(facts.frame);
  return exportNetwork(linearObserver, {
    options: {},
    weights: new Map([
      ["weight", Float32Array.from(row, (v) => gain * v)],
      ["bias", Float32Array.of((-gain * (present.mean + absent.mean)) / 2)],
    ]),
    shape: [1, 1, ny, nx],
  });
}

interface Moments {
  readonly mean: number;
  readonly variance: number;
}

function momentsOf(values: readonly number[]): Moments {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const square = values.reduce((a, b) => a + (b - mean) ** 2, 0);
  return { mean, variance: square / Math.max(1, values.length - 1) };
}

function windowOf({ window }: NetworkPlan, { frame }: TaskFacts): NetworkWindow {
  if (window !== undefined) return window;
  if (frame.unit === "normalised" || frame.unit === "arbitrary") return { low: 0, high: 1 };
  throw new InputError(
    `Cannot train a network: found images in ${frame.unit} and no window, wanted window: { low, high } in its description`,
  );
}

type Data = Pick<TrainOptions, "data" | "validation">;

/** What the task itself gives: clean images where its noise is white, else images with their noise. */
const ownData = async (
  given: Inputs,
  options: {
    readonly config: TrainingConfig;
    readonly facts: TaskFacts;
    readonly window: NetworkWindow;
    readonly context: Pick<PieceContext, "depends" | "signal">;
  },
): Promise<Data> =>
  needsDrawnPairs(given.plan, {
    white: options.facts.white,
    shape: options.facts.frame.shape,
  })
    ? drawnData(given, options)
    : whiteData(given, { ...options, signal: options.context.signal });

/** Batches that the plan describes by itself. */
async function describedData(
  config: TrainingConfig,
  {
    data,
    reads: fields,
    seed,
    signal,
  }: { data: DataConfig; reads: readonly FieldName[]; seed: number; signal: AbortSignal },
): Promise<Pick<TrainOptions, "data">> {
  const { noise: _, validation: _v, sources: _s, ...rest } = config;
  const reads = [...new Set([...fields, "sigma" as const])];
  const opened = await openData({ ...rest, data }, { seed, reads, dataFolder: ".", signal });
  return { data: opened.data };
}

/** Clean images, to which the training adds white noise anew in every step. */
async function whiteData(
  { task, seed, plan, validation }: Inputs,
  options: {
    readonly config: TrainingConfig;
    readonly facts: TaskFacts;
    readonly window: NetworkWindow;
    readonly signal: AbortSignal;
  },
): Promise<Data> {
  const { config, facts, window, signal } = options;
  const { ny, nx } = sidesOf(facts.frame);
  const scene = await openScene({ task, seed } satisfies TaskInputs);
  const classes = plan.classes ?? scene.classes;
  const sources = async (role: Role, count: number) => {
    const planes = [];
    for (let i = 0; i < count; i++) {
      throwIfAborted(signal, "drawing training images");
      const which = classes[i % classes.length]!;
      const index = Math.floor(i / classes.length);
      const { reference } = await scene.draw({ role, which, index });
      planes.push({ data: reference.data, ny, nx });
    }
    return [{ planes, windows: [{ ...window, clip: false, weight: 1 }], weight: 1 }];
  };
  return planeData(config, {
    sources: await sources("network-training", plan.images),
    validation: await sources("validation", classes.length * validation),
  });
}

/** Images with the noise of their acquisition. */
function drawnData(
  { seed, plan }: Inputs,
  options: {
    readonly config: TrainingConfig;
    readonly facts: TaskFacts;
    readonly window: NetworkWindow;
    readonly context: Pick<PieceContext, "depends">;
  },
): Data {
  const { config, facts, window, context } = options;
  const images = (roles: Role) => classImages(context, { facts, roles, classes: plan.classes });
  return pairData(
    { training: images("network-training"), validation: images("validation") },
    { seed, count: config.batch, side: config.patch, window },
  );
}

/** Drawn cases of a role with the numbers of their classes. */
const classImages = (
  context: Pick<PieceContext, "depends">,
  {
    facts,
    roles,
    classes = facts.classes,
  }: { facts: TaskFacts; roles: Role; classes?: readonly string[] | undefined },
): PairedImages[] =>
  classes.flatMap((which, classNumber) =>
    Object.keys(context.depends)
      .filter((name) => name.startsWith(drawnRole({ role: roles, which })))
      .sort()
      .flatMap((name) => drawnImages(context.depends[name]!))
      .map((one) => ({ ...one, classNumber })),
  );

function configOf(
  { plan, seed, validation, task }: Inputs,
  { facts, window }: { facts: TaskFacts; window: NetworkWindow },
): TrainingConfig {
  const { ny, nx } = sidesOf(facts.frame);
  const sigma = facts.sigma / (window.high - window.low);
  // The images are handed over; a description has to name some all the same.
  const stand = {
    kind: "phantom",
    name: task.kind,
    count: 1,
    windows: [{ low: window.low, high: window.high }],
  };
  return parseTrainingConfig({
    name: "study-network",
    seed,
    ...(plan.method === undefined ? {} : { method: plan.method }),
    network: plan.network,
    ...(plan.roles === undefined ? {} : { roles: rolesOf(plan) }),
    // A method without a loss of its own ignores the usual one.
    loss: plan.loss,
    optimiser: plan.optimiser,
    schedule: { kind: plan.schedule, rate: plan.rate, warmup: plan.warmup },
    steps: plan.steps,
    batch: plan.batch,
    patch: plan.patch ?? Math.min(ny, nx),
    noise: { low: sigma, high: sigma },
    averaging: plan.averaging,
    sources: [stand],
    validation: {
      sources: [stand],
      every: plan.validateEvery ?? usualEvery(plan),
      patches: facts.classes.length * validation,
      sigmas: [sigma],
      ...(plan.stopAt === undefined ? {} : { enough: plan.stopAt }),
    },
    checkpoint: { every: 100 },
  });
}

/** Roles as descriptions of trainings have them. */
const rolesOf = ({ roles = {}, schedule, warmup }: NetworkPlan) =>
  Object.fromEntries(
    Object.entries(roles).map(([name, { network, from, template, last, rate }]) => [
      name,
      {
        ...(network === undefined ? {} : { network }),
        ...(from === undefined && template === undefined ? {} : { from: from ?? template }),
        ...(last === undefined ? {} : { last }),
        ...(rate === undefined ? {} : { schedule: { kind: schedule, rate, warmup } }),
      },
    ]),
  );

function joinCheckpoint(history: readonly (readonly [number, number])[], state: Uint8Array) {
  const numbers = Float64Array.of(history.length, ...history.flat());
  const out = new Uint8Array(numbers.byteLength + state.length);
  out.set(new Uint8Array(numbers.buffer));
  out.set(state, numbers.byteLength);
  return out;
}

function splitCheckpoint(bytes: Uint8Array): { history: [number, number][]; state: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getFloat64(0, true);
  const history = Array.from({ length: count }, (_, i): [number, number] => [
    view.getFloat64(8 + 16 * i, true),
    view.getFloat64(16 + 16 * i, true),
  ]);
  return { history, state: new Uint8Array(bytes.subarray(8 + 16 * count)) };
}
