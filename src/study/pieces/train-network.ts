/** Trains a network on pairs of the study's own task, as many of every class. */
import { z } from "zod";
import { InputError, throwIfAborted } from "../../core/errors.ts";
import { exportNetwork } from "../../learn/export-network.ts";
import { parseTrainingConfig, type TrainingConfig } from "../../train/config.ts";
import type { DataConfig } from "../../train/data/description.ts";
import { openData } from "../../train/data/open-data.ts";
import { runTraining, type TrainOptions } from "../../train/loop.ts";
import { planeData } from "../../train/plane-batches.ts";
import { drawnRole } from "../case-ranges.ts";
import { dependenciesOf } from "../dependencies.ts";
import { drawnImages } from "../drawn-cases.ts";
import { sidesOf, type TaskFacts } from "../facts.ts";
import { encodeNetwork, type NetworkWindow } from "../network-file.ts";
import { type NetworkPlan, networkSchema } from "../network-plan.ts";
import { pairData } from "../pair-batches.ts";
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
  /** dB on the validation images. */
  validationPsnr: z.number(),
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
    const own = await ownData(given, { config, facts, window, context });
    const result = await runTraining(config, {
      ...own,
      ...(plan.data === undefined
        ? {}
        : await describedData(config, { data: plan.data, seed, signal })),
      signal,
      compile: { threads: 1 },
      ...(resume === undefined ? {} : { resume: resume.state }),
      onRow: ({ step, validation: found }) => {
        if (found !== undefined) history.push([step + 1, found.value]);
      },
      onProgress: ({ done, total }) => onProgress(done / total),
      onCheckpoint: (bytes) => saveCheckpoint(joinCheckpoint(history, bytes)),
    });
    const { network, options, best: weights, bestStep } = result;
    const metadata = { seed: String(seed) };
    return {
      values: {
        steps: bestStep,
        validationPsnr: result.bestValidation!.value,
        weights: [...weights.values()].reduce((n, w) => n + w.length, 0),
        history,
      },
      blobs: {
        network: encodeNetwork({ network, options, weights, window }),
        onnx: exportNetwork(network, { options, weights, metadata }),
      },
    };
  },
};

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
  options.facts.white && options.facts.frame.shape.length === 2
    ? whiteData(given, { ...options, signal: options.context.signal })
    : drawnData(given, options);

/** Batches that the plan describes by itself. */
async function describedData(
  config: TrainingConfig,
  { data, seed, signal }: { data: DataConfig; seed: number; signal: AbortSignal },
): Promise<Pick<TrainOptions, "data">> {
  const { noise: _, validation: _v, sources: _s, ...rest } = config;
  const reads = ["noisy", "clean", "sigma"] as const;
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
  const sources = async (role: Role, count: number) => {
    const planes = [];
    for (let i = 0; i < count; i++) {
      throwIfAborted(signal, "drawing training images");
      const which = scene.classes[i % scene.classes.length]!;
      const index = Math.floor(i / scene.classes.length);
      const { reference } = await scene.draw({ role, which, index });
      planes.push({ data: reference.data, ny, nx });
    }
    return [{ planes, windows: [{ ...window, clip: false, weight: 1 }], weight: 1 }];
  };
  return planeData(config, {
    sources: await sources("network-training", plan.images),
    validation: await sources("validation", scene.classes.length * validation),
  });
}

/** Images with the noise of their acquisition. */
function drawnData(
  { seed }: Inputs,
  options: {
    readonly config: TrainingConfig;
    readonly facts: TaskFacts;
    readonly window: NetworkWindow;
    readonly context: Pick<PieceContext, "depends">;
  },
): Data {
  const { config, facts, window, context } = options;
  const images = (role: Role) =>
    facts.classes.flatMap((which) =>
      Object.keys(context.depends)
        .filter((name) => name.startsWith(drawnRole({ role, which })))
        .sort()
        .flatMap((name) => drawnImages(context.depends[name]!)),
    );
  return pairData(
    { training: images("network-training"), validation: images("validation") },
    { seed, count: config.batch, side: config.patch, window },
  );
}

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
    network: plan.network,
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
