/**
 * The training loop: steps by number, validation, best weights, checkpoints. A run that stops at any
 * checkpoint and goes on ends in the same weights as one that never stopped.
 */
import { InputError, RunError, throwIfAborted } from "../core/errors.ts";
import { openMember } from "../core/member.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { catalogue as losses } from "../losses/catalogue.ts";
import { initialValues } from "../layers/scope.ts";
import { networkOf } from "../nets/open-network.ts";
import type { Network } from "../nets/network.ts";
import { floats } from "../runtime/backend.ts";
import type { CompileOptions } from "../runtime/program.ts";
import { programCache } from "../runtime/program-cache.ts";
import { decodeTensors, encodeTensors } from "../learn/checkpoint.ts";
import type { TrainingConfig } from "./config.ts";
import { joinValues, splitValues, type Weights } from "../learn/flat-weights.ts";
import { catalogue as optimisers } from "../learn/optimisers/catalogue.ts";
import { checkPlanes, drawBatch, type PlaneSource } from "./patches.ts";
import { rateAt } from "./schedule.ts";
import {
  compileStep,
  freshState,
  parametersOf,
  type StepProgram,
  type TrainingState,
} from "../learn/training-step.ts";
import { validate, type ValidationResult } from "./validation.ts";

export interface TrainingRow {
  readonly step: number;
  readonly loss: number;
  readonly rate: number;
  /** Norm of the gradient before clipping. */
  readonly norm: number;
  readonly validation?: ValidationResult;
}

export interface TrainingResult {
  readonly network: Network;
  readonly options: ParameterValues;
  /** Weights at the end, averaged where the description asks for it. */
  readonly weights: Weights;
  /** Weights with the best validation, or those at the end where there is none. */
  readonly best: Weights;
  readonly bestValidation?: ValidationResult;
  readonly bestStep: number;
  readonly history: readonly TrainingRow[];
}

export interface TrainOptions extends WorkOptions {
  readonly compile?: CompileOptions;
  readonly sources: readonly PlaneSource[];
  readonly validationSources?: readonly PlaneSource[];
  /** Bytes of a checkpoint to go on from. */
  readonly resume?: Uint8Array;
  /** Called with the bytes of each checkpoint; the step is the number of steps done. */
  readonly onCheckpoint?: (bytes: Uint8Array, step: number) => Promise<void>;
  readonly onRow?: (row: TrainingRow) => void;
}

/** Whatever decides the numbers of a run; a checkpoint of another description is refused. */
const identity = (config: TrainingConfig) =>
  JSON.stringify({ ...config, checkpoint: undefined, name: undefined });

interface Bookkeeping {
  readonly step: number;
  readonly usual: number;
  readonly best: TrainingState | undefined;
  readonly bestValidation: ValidationResult | undefined;
  readonly bestStep: number;
}

/**
 * Trains a network.
 *
 * @throws InputError on a description that cannot be met or a checkpoint of another one; RunError
 *   when the loss is not finite or explodes; CancelledError on abort, after a last checkpoint
 */
export async function train(
  config: TrainingConfig,
  options: TrainOptions,
): Promise<TrainingResult> {
  const { network, options: networkOptions } = await networkOf(config.network);
  const loss = await openMember(
    losses,
    config.loss.name,
    `Cannot train: found no loss ${config.loss.name}`,
  );
  const optimiser = await openMember(
    optimisers,
    config.optimiser.name,
    `Cannot train: found no optimiser ${config.optimiser.name}`,
  );
  const lossOptions = resolveParameters(`loss ${loss.name}`, loss.options, config.loss.options);
  const optimiserOptions = resolveParameters(
    `optimiser ${optimiser.name}`,
    optimiser.options,
    config.optimiser.options,
  );
  const multiple = network.multipleOf(networkOptions);
  if (config.patch % multiple !== 0) {
    throw new InputError(
      `Cannot train ${network.name}: found patch ${config.patch}, wanted a multiple of ${multiple}`,
    );
  }
  checkPlanes(options.sources, config.patch);
  const stream = streamOf(config.seed, "train");
  const { trained, buffers } = parametersOf(network, networkOptions);
  const first = initialValues([...trained, ...buffers], stream.child("weights"));
  let state = freshState(
    joinValues(first, trained),
    joinValues(first, buffers),
    optimiser.moments(optimiserOptions),
  );
  let book: Bookkeeping = {
    step: 0,
    usual: Number.NaN,
    best: undefined,
    bestValidation: undefined,
    bestStep: 0,
  };
  if (options.resume !== undefined) {
    ({ state, book } = readCheckpoint(options.resume, { config, state }));
  }
  const compiled = await compileStep(
    {
      network,
      networkOptions,
      loss,
      lossOptions,
      optimiser,
      optimiserOptions,
      shape: [config.batch, 1, config.patch, config.patch],
      clipNorm: config.clipNorm,
      averaging: config.averaging,
    },
    state,
    { ...options.compile, signal: undefined },
  );
  const programs = programCache();
  const history: TrainingRow[] = [];
  const save = async () => {
    if (options.onCheckpoint === undefined) return;
    const bytes = writeCheckpoint(await compiled.readState(), { config, book });
    await options.onCheckpoint(bytes, book.step);
  };
  try {
    let batch = drawStep(config, options.sources, book.step);
    while (book.step < config.steps && !reached(config, book)) {
      if (options.signal?.aborted) {
        await save();
        throwIfAborted(options.signal, `training ${config.name} at step ${book.step}`);
      }
      const running = runStep(compiled, config, { batch, network, step: book.step });
      // The next batch is drawn while the runtime computes this one on its own threads.
      if (book.step + 1 < config.steps) batch = drawStep(config, options.sources, book.step + 1);
      const row = await running;
      const usual = watchLoss(row, book.usual, config.name);
      book = { ...book, step: book.step + 1, usual };
      const validation = config.validation;
      let result: ValidationResult | undefined;
      const last = book.step === config.steps;
      if (validation !== undefined && (book.step % validation.every === 0 || last)) {
        const now = await compiled.readState();
        const weights = splitWeights(config.averaging > 0 ? now.average : now.weights, now, {
          trained,
          buffers,
        });
        result = await validate(config, {
          network,
          networkOptions,
          weights,
          sources: options.validationSources ?? [],
          compile: options.compile ?? {},
          programs,
        });
        if (book.bestValidation === undefined || result.psnr > book.bestValidation.psnr) {
          book = { ...book, best: now, bestValidation: result, bestStep: book.step };
        }
      }
      const full = result === undefined ? row : { ...row, validation: result };
      history.push(full);
      options.onRow?.(full);
      options.onProgress?.({
        done: book.step,
        total: config.steps,
        label: `training ${config.name}`,
        figures: {
          loss: row.loss,
          rate: row.rate,
          ...(book.bestValidation === undefined ? {} : { bestPsnr: book.bestValidation.psnr }),
        },
      });
      if (book.step % config.checkpoint.every === 0 || last || reached(config, book)) await save();
    }
    const end = await compiled.readState();
    const parts = { trained, buffers };
    const chosen = (s: TrainingState) => (config.averaging > 0 ? s.average : s.weights);
    const weights = splitWeights(chosen(end), end, parts);
    return {
      network,
      options: networkOptions,
      weights,
      best: book.best === undefined ? weights : splitWeights(chosen(book.best), book.best, parts),
      ...(book.bestValidation === undefined ? {} : { bestValidation: book.bestValidation }),
      bestStep: book.best === undefined ? book.step : book.bestStep,
      history,
    };
  } finally {
    await programs.dispose();
    await compiled.program.dispose();
  }
}

/** Whether the validation has come to the level at which the description lets the training end. */
function reached({ validation }: TrainingConfig, book: Bookkeeping): boolean {
  return validation?.enough !== undefined && (book.bestValidation?.psnr ?? 0) >= validation.enough;
}

function drawStep(config: TrainingConfig, sources: readonly PlaneSource[], step: number) {
  return drawBatch(
    sources,
    { count: config.batch, step, stream: streamOf(config.seed, "train") },
    { side: config.patch, noise: config.noise },
  );
}

async function runStep(
  { program }: StepProgram,
  config: TrainingConfig,
  { batch, network, step }: { batch: ReturnType<typeof drawStep>; network: Network; step: number },
): Promise<TrainingRow> {
  const shape = [config.batch, 1, config.patch, config.patch];
  const rate = rateAt(config.schedule, step, config.steps);
  const scalar = (value: number) => floats(Float32Array.of(value), []);
  const inputs = {
    image: floats(batch.image, shape),
    target: floats(batch.target, shape),
    ...(network.takesSigma ? { sigma: floats(batch.sigma, [config.batch, 1, 1, 1]) } : {}),
    rate: scalar(rate),
    step: scalar(step + 1),
  };
  const used = Object.fromEntries(
    Object.entries(inputs).filter(([name]) => program.inputs[name] !== undefined),
  );
  const { loss, norm } = await program.run(used);
  return {
    step,
    loss: loss!.data[0] as number,
    norm: norm!.data[0] as number,
    rate,
  };
}

/** A loss this many times its usual level has left the path for good. */
const explosion = 50;

/** Follows the usual loss; stops loudly when the loss is not finite or explodes. */
function watchLoss(row: TrainingRow, usual: number, name: string): number {
  const advice = "lower the rate, add warm-up, or set clipNorm";
  if (!Number.isFinite(row.loss) || !Number.isFinite(row.norm)) {
    throw new RunError(
      `Cannot train ${name}: found loss ${row.loss} and gradient norm ${row.norm} at step ${row.step} with rate ${row.rate}; ${advice}`,
    );
  }
  if (Number.isNaN(usual)) return row.loss;
  if (row.step > 20 && row.loss > explosion * usual + 1e-6) {
    throw new RunError(
      `Cannot train ${name}: found loss ${row.loss} at step ${row.step}, ${explosion} times the usual ${usual.toPrecision(3)}; ${advice}`,
    );
  }
  return 0.95 * usual + 0.05 * row.loss;
}

function splitWeights(
  vector: Float32Array,
  state: TrainingState,
  parts: Pick<StepProgram, "trained" | "buffers">,
): Map<string, Float32Array> {
  return new Map([
    ...splitValues(vector, parts.trained),
    ...splitValues(state.buffers, parts.buffers),
  ]);
}

function arraysOf(prefix: string, state: TrainingState) {
  const array = (data: Float32Array) => ({ shape: [data.length], data });
  return Object.fromEntries([
    [`${prefix}weights`, array(state.weights)],
    [`${prefix}buffers`, array(state.buffers)],
    [`${prefix}average`, array(state.average)],
    ...Object.entries(state.moments).map(([name, data]) => [
      `${prefix}moment ${name}`,
      array(data),
    ]),
  ]);
}

function writeCheckpoint(
  state: TrainingState,
  { config, book }: { config: TrainingConfig; book: Bookkeeping },
): Uint8Array {
  return encodeTensors({
    arrays: {
      ...arraysOf("", state),
      ...(book.best === undefined ? {} : arraysOf("best ", book.best)),
    },
    metadata: {
      dprime: "training checkpoint",
      config: identity(config),
      book: JSON.stringify({ ...book, best: undefined }),
    },
  });
}

function readCheckpoint(
  bytes: Uint8Array,
  { config, state }: { config: TrainingConfig; state: TrainingState },
): { state: TrainingState; book: Bookkeeping } {
  const { arrays, metadata } = decodeTensors(bytes);
  if (metadata["config"] !== identity(config)) {
    throw new InputError(
      "Cannot resume: found a checkpoint of another training description, wanted one of this",
    );
  }
  const read = (prefix: string): TrainingState => {
    const part = (name: string, length: number) => {
      const data = arrays[prefix + name]?.data;
      if (data?.length !== length) {
        throw new InputError(
          `Cannot resume: found ${data?.length ?? "no"} numbers for ${prefix + name}, wanted ${length}`,
        );
      }
      return data;
    };
    return {
      weights: part("weights", state.weights.length),
      buffers: part("buffers", state.buffers.length),
      average: part("average", state.average.length),
      moments: Object.fromEntries(
        Object.entries(state.moments).map(([name, old]) => [
          name,
          part(`moment ${name}`, old.length),
        ]),
      ),
    };
  };
  const book = JSON.parse(metadata["book"] ?? "{}") as Bookkeeping & { usual: number | null };
  return {
    state: read(""),
    book: {
      ...book,
      usual: book.usual ?? Number.NaN,
      best: arrays["best weights"] === undefined ? undefined : read("best "),
    },
  };
}
