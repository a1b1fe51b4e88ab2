/**
 * The training loop: steps by number, validation, best weights, checkpoints. A run that stops at any
 * checkpoint and goes on ends in the same weights as one that never stopped.
 */
import { throwIfAborted } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { streamOf } from "../core/random.ts";
import { concrete } from "../graph/dimension.ts";
import type { Weights } from "../learn/flat-weights.ts";
import { rateAt } from "../learn/schedule.ts";
import {
  freshState,
  openTrainer,
  type Trainer,
  type TrainerState,
  type UpdateRow,
  weightsIn,
} from "../learn/trainer.ts";
import type { Network } from "../nets/network.ts";
import type { CompileOptions } from "../runtime/program.ts";
import type { Batch, BatchSource, ValidationSource } from "./batch.ts";
import type { TrainingConfig } from "./config.ts";
import { drawAhead } from "./draw-ahead.ts";
import { type MethodGraph, methodGraph, trainerRoles } from "./method-graph.ts";
import { checkBatch, type OpenedMethod, openTrainingMethod } from "./open-training-method.ts";
import { type Reference, referenceOf } from "./reference.ts";
import type { Sample } from "./samples.ts";
import {
  type Bookkeeping,
  freshBook,
  readCheckpoint,
  writeCheckpoint,
} from "./training-checkpoint.ts";
import { openValidator, type ValidationResult, type Validator } from "./validation.ts";
import { type TrainingFinding, watchStep } from "./watch.ts";

export interface TrainingRow {
  /** Number of the step, counted from 0. */
  readonly step: number;
  /** Loss of the last update that trains the product. */
  readonly loss: number;
  /** The product's learning rate. */
  readonly rate: number;
  /** Norm of the product's gradient before clipping. */
  readonly norm: number;
  /** What every update reported in its last run. */
  readonly updates: Readonly<Record<string, UpdateRow>>;
  /** Norm of every term's own gradient, in the steps in which it is logged. */
  readonly termNorms?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly validation?: ValidationResult;
}

/** A network with weights by name. */
export interface TrainedRole {
  readonly network: Network;
  readonly options: ParameterValues;
  readonly weights: Weights;
  /** Shape of the batches that it was trained on, `[N, C, …]`. */
  readonly shape: readonly number[];
}

export interface TrainingResult extends TrainedRole {
  /** Weights of the product with the best validation, or those at the end where there is none. */
  readonly best: Weights;
  readonly bestValidation?: ValidationResult;
  readonly bestStep: number;
  readonly history: readonly TrainingRow[];
  /** Every role at the end, averaged where the description asks for it. */
  readonly roles: Readonly<Record<string, TrainedRole>>;
  /** Share of the time in which no step ran because its batch was being drawn. */
  readonly waitedShare: number;
  /** What went wrong without stopping the training. */
  readonly findings: readonly TrainingFinding[];
  /** What the validation gives without the network, where that was asked for. */
  readonly reference?: Reference;
}

export interface TrainOptions extends WorkOptions {
  readonly compile?: CompileOptions;
  readonly data: BatchSource;
  readonly validation?: ValidationSource;
  /** Bytes of the ONNX files that roles start from, by role. */
  readonly models?: Readonly<Record<string, Uint8Array>>;
  /** Bytes of a checkpoint to go on from. */
  readonly resume?: Uint8Array;
  /** Called with the bytes of each checkpoint; the step is the number of steps done. */
  readonly onCheckpoint?: (bytes: Uint8Array, step: number) => Promise<void>;
  readonly onRow?: (row: TrainingRow) => void;
  /** Hears what goes wrong without stopping the training, as soon as it is seen. */
  readonly onFinding?: (finding: TrainingFinding) => void;
  /** Measures noisy input and classical denoisers on the validation images, once for a training. */
  readonly compare?: boolean;
  readonly onReference?: (reference: Reference) => void;
  /** Hears what the network makes of a few validation images, as often as the description says. */
  readonly onSample?: (sample: Sample) => Promise<void> | void;
}

/**
 * Trains the networks of a method.
 *
 * @throws InputError on a description that cannot be met or a checkpoint of another one; RunError
 *   when a loss is not finite or explodes; CancelledError on abort, after a last checkpoint
 */
export async function runTraining(
  config: TrainingConfig,
  options: TrainOptions,
): Promise<TrainingResult> {
  const { data, models = {}, compile = {} } = options;
  const opened = await openTrainingMethod(config, { models });
  const graph = methodGraph(opened, data.shapes);
  const stream = streamOf(config.seed, "train");
  const { product } = opened.method;
  const roles = trainerRoles(graph, { roles: opened.roles, stream, product });
  const { accumulate, activationsMiB } = config;
  const mostBytes = activationsMiB === undefined ? undefined : activationsMiB * 2 ** 20;
  const spec = { roles, accumulate, mostBytes };
  let state = freshState(spec);
  let book = freshBook;
  if (options.resume !== undefined) {
    ({ state, book } = readCheckpoint(options.resume, { config, models, fresh: state }));
  }
  const validator = await validatorOf(config, { opened, options });
  const trainer = await openTrainer(
    { ...spec, updates: graph.updates, randoms: graph.randoms, stream, state },
    compile,
  );
  try {
    if (options.compare && validator !== undefined && book.reference === undefined) {
      const reference = await referenceOf(options.validation!, validator.validation, options);
      if (reference !== undefined) book = { ...book, reference };
    }
    if (book.reference !== undefined) options.onReference?.(book.reference);
    return await runSteps(config, { opened, graph, trainer, validator, book, options, models });
  } finally {
    await validator?.dispose();
    await trainer.dispose();
  }
}

async function validatorOf(
  config: TrainingConfig,
  { opened, options }: { opened: OpenedMethod; options: TrainOptions },
): Promise<Validator | undefined> {
  if (config.validation === undefined || options.validation === undefined) return undefined;
  const { network, options: networkOptions } = opened.roles[opened.method.product]!;
  return openValidator(config.validation.name, {
    network,
    options: networkOptions,
    source: options.validation,
    compile: options.compile ?? {},
  });
}

interface Run {
  readonly opened: OpenedMethod;
  readonly graph: MethodGraph;
  readonly trainer: Trainer;
  readonly validator: Validator | undefined;
  readonly book: Bookkeeping;
  readonly options: TrainOptions;
  readonly models: Readonly<Record<string, Uint8Array>>;
}

async function runSteps(config: TrainingConfig, run: Run): Promise<TrainingResult> {
  const { opened, graph, trainer, validator, options, models } = run;
  const { product } = opened.method;
  const validation = validator === undefined ? undefined : config.validation;
  let { book } = run;
  const history: TrainingRow[] = [];
  const losses: number[] = [];
  const save = async () => {
    if (options.onCheckpoint === undefined) return;
    const bytes = writeCheckpoint(await trainer.state(), { config, models, book });
    await options.onCheckpoint(bytes, book.step);
  };
  const reached = () =>
    validation?.enough !== undefined &&
    book.bestValidation !== undefined &&
    !validator!.better(validation.enough, book.bestValidation.value);
  const batches = drawAhead(options.data, {
    fields: graph.reads.filter((name) => trainer.fields.includes(name)),
    draws: trainer.draws,
    from: book.step,
    steps: config.steps,
  });
  const started = performance.now();
  let waited = 0;
  while (book.step < config.steps && !reached()) {
    const { step } = book;
    if (options.signal?.aborted) {
      await save();
      throwIfAborted(options.signal, `training ${config.name} at step ${step}`);
    }
    const asked = performance.now();
    const drawn = await batches(step);
    if (history.length === 0) checkBatch(opened, drawn[0]!);
    waited += performance.now() - asked;
    const row = await runStep(config, { ...run, step, drawn });
    const watch = watchStep(book.watch, row.updates, {
      step,
      name: config.name,
      rates: ratesAt(config, { opened, step }),
      batch: drawn[0]!,
    });
    for (const finding of watch.findings.slice(book.watch.findings.length)) {
      options.onFinding?.(finding);
    }
    book = { ...book, step: step + 1, watch };
    const last = book.step === config.steps;
    let result: ValidationResult | undefined;
    if (validation !== undefined && (book.step % validation.every === 0 || last)) {
      const now = await trainer.state();
      result = await validator!.validate(usedWeights(now, product, graph));
      if (
        book.bestValidation === undefined ||
        validator!.better(result.value, book.bestValidation.value)
      ) {
        const best = vectorsOfRole(now, product);
        book = { ...book, best, bestValidation: result, bestStep: book.step };
      }
    }
    const { samples } = config;
    const due = samples.every > 0 && (book.step % samples.every === 0 || last);
    if (due && validator !== undefined && options.onSample !== undefined) {
      const weights = usedWeights(await trainer.state(), product, graph);
      const groups = await validator.sample(weights, samples.count);
      await options.onSample({ step: book.step, groups });
    }
    const full = result === undefined ? row : { ...row, validation: result };
    history.push(full);
    losses.push(row.loss);
    options.onRow?.(full);
    options.onProgress?.({
      done: book.step,
      total: config.steps,
      label: `training ${config.name}`,
      figures: {
        loss: row.loss,
        rate: row.rate,
        ...(book.bestValidation === undefined
          ? {}
          : { [`best ${validator!.validation.name}`]: book.bestValidation.value }),
      },
      trace: losses,
    });
    if (book.step % config.checkpoint.every === 0 || last || reached()) await save();
  }
  const waitedShare = waited / Math.max(performance.now() - started, Number.MIN_VALUE);
  return resultOf({ state: await trainer.state(), opened, graph, book, history, waitedShare });
}

async function runStep(
  config: TrainingConfig,
  { opened, trainer, step, drawn }: Run & { step: number; drawn: readonly Batch[] },
): Promise<TrainingRow> {
  const { product } = opened.method;
  const rates = ratesAt(config, { opened, step });
  const batches = drawn.map((batch) => Object.fromEntries(Object.entries(batch)));
  const logged = config.termNormsEvery > 0 && step % config.termNormsEvery === 0;
  // Before the step, so that they belong to the weights whose loss is logged.
  const termNorms =
    logged && trainer.hasTerms ? await trainer.termNorms(batches[0]!, { step }) : undefined;
  const updates = await trainer.step(batches, { step, rates });
  const own = Object.values(updates)
    .filter(({ norms }) => norms[product] !== undefined)
    .at(-1)!;
  return {
    step,
    loss: own.loss,
    rate: rates[product]!,
    norm: own.norms[product]!,
    updates,
    ...(termNorms === undefined ? {} : { termNorms }),
  };
}

const ratesAt = (
  config: TrainingConfig,
  { opened, step }: { opened: OpenedMethod; step: number },
): Record<string, number> =>
  Object.fromEntries(
    Object.entries(opened.roles).map(([role, { schedule }]) => [
      role,
      rateAt(schedule, step, config.steps),
    ]),
  );

const vectorsOfRole = (state: TrainerState, role: string): TrainerState =>
  Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith(`${role}/`)));

/** A role's weights as they are used: averaged where an average is kept. */
const usedWeights = (state: TrainerState, role: string, { trainees }: MethodGraph): Weights =>
  weightsIn(state, role, { trainee: trainees[role]!, average: true });

function resultOf({
  state,
  opened,
  graph,
  book,
  history,
  waitedShare,
}: {
  state: TrainerState;
  opened: OpenedMethod;
  graph: MethodGraph;
  book: Bookkeeping;
  history: readonly TrainingRow[];
  waitedShare: number;
}): TrainingResult {
  const { product } = opened.method;
  const roles = Object.fromEntries(
    Object.entries(opened.roles).map(([role, { network, options }]) => [
      role,
      {
        network,
        options,
        weights: usedWeights(state, role, graph),
        shape: concrete(graph.trainees[role]!.applications[0]!.shape, "export a network"),
      },
    ]),
  );
  return {
    ...roles[product]!,
    roles,
    best:
      book.best === undefined ? roles[product]!.weights : usedWeights(book.best, product, graph),
    ...(book.bestValidation === undefined ? {} : { bestValidation: book.bestValidation }),
    bestStep: book.best === undefined ? book.step : book.bestStep,
    history,
    waitedShare,
    findings: book.watch.findings,
    ...(book.reference === undefined ? {} : { reference: book.reference }),
  };
}
