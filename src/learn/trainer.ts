/**
 * Trainees in training: the updates of a step as programs that share one state. Weights, moments, running
 * statistics and averages of every role are flat vectors that stay inside between runs.
 */
import { InputError } from "../core/errors.ts";
import type { Stream } from "../core/random.ts";
import type { Node } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { multiply } from "../graph/ops/multiply.ts";
import type { RandomInput } from "../layers/scope.ts";
import { sizeOf } from "../core/image.ts";
import { fillNormals } from "../math/normals.ts";
import { floats, type Value } from "../runtime/backend.ts";
import { compile, type CompileOptions, type Program } from "../runtime/program.ts";
import { programState } from "../runtime/program-state.ts";
import { flatLength, joinValues, splitValues, type Weights } from "./flat-weights.ts";
import { momentsOf, type StepRule, stepNodes } from "./step-rule.ts";
import type { NamedArray } from "./tensor-file.ts";
import type { Trainee } from "./trainee.ts";
import { termsOf, type Update } from "./update.ts";
import { termNorms, updateGraph, vectorName, vectorsOf } from "./update-graph.ts";

export interface TrainerRole {
  readonly trainee: Trainee;
  /** First values of all its parameters. */
  readonly weights: Weights;
  /** How it moves; needed where an update trains it. */
  readonly rule?: StepRule;
}

export interface TrainerSpec {
  readonly roles: Readonly<Record<string, TrainerRole>>;
  readonly updates: readonly Update[];
  /** Random numbers that losses read beside those of the networks. */
  readonly randoms?: readonly RandomInput[];
  /** Batches whose gradients are averaged before weights move; 1 by default. */
  readonly accumulate?: number;
  /** Bytes of the forward pass that may be in memory for its gradients; more is computed again. No limit by default. */
  readonly mostBytes?: number | undefined;
  /** Names random numbers: a run of an update at a step always draws the same. */
  readonly stream: Stream;
  /** State to go on from; fresh where absent. */
  readonly state?: TrainerState;
}

/** All vectors of a training by name, `ROLE/weights` and so on. */
export type TrainerState = Readonly<Record<string, Float32Array>>;

/** Arrays of one batch by field. */
export type Inputs = Readonly<Record<string, NamedArray>>;

export interface StepContext {
  /** Number of the step, counted from 0. */
  readonly step: number;
  /** Learning rate of each role that moves. */
  readonly rates: Readonly<Record<string, number>>;
}

/** What the last run of an update reported. */
export interface UpdateRow {
  readonly loss: number;
  /** Values of the terms; of one term, the loss itself. */
  readonly terms: Readonly<Record<string, number>>;
  /** Norm of each trained role's gradient, before clipping. */
  readonly norms: Readonly<Record<string, number>>;
  readonly figures: Readonly<Record<string, number>>;
  /** Mean scores of real and generated images. */
  readonly judged?: { readonly real: number; readonly generated: number };
}

export interface Trainer {
  /** Batches that a step reads; run k of an update reads those from k · accumulate on. */
  readonly draws: number;
  /** Names of the fields that the updates read. */
  readonly fields: readonly string[];
  /** Whether some update has several terms, whose gradients differ from the loss's. */
  readonly hasTerms: boolean;
  /**
   * Runs every update of a step in order.
   *
   * @param batches `draws` of them
   */
  step(
    batches: readonly Inputs[],
    context: StepContext,
  ): Promise<Readonly<Record<string, UpdateRow>>>;
  /** Norm of every term's own gradient at a batch, by update and term; moves nothing. */
  termNorms(
    batch: Inputs,
    context: Pick<StepContext, "step">,
  ): Promise<Readonly<Record<string, Readonly<Record<string, number>>>>>;
  state(): Promise<TrainerState>;
  dispose(): Promise<void>;
}

/** A role's first vectors: weights as given, averages equal to them, moments zero. */
function freshVectors(
  role: string,
  { trainee, weights, rule }: TrainerRole,
  accumulate: number,
): [string, Float32Array][] {
  const named = (vector: string) => vectorName(role, vector);
  const vectors = vectorsOf(trainee).map(([vector, own]): [string, Float32Array] => [
    named(vector),
    joinValues(weights, own),
  ]);
  const length = flatLength(trainee.trained);
  if (rule === undefined || length === 0) return vectors;
  const zeros = [...momentsOf(rule), ...(accumulate > 1 ? ["gradient"] : [])];
  return [
    ...vectors,
    ...((rule.averaging ?? 0) > 0
      ? [[named("average"), joinValues(weights, trainee.trained)] as [string, Float32Array]]
      : []),
    ...zeros.map((name): [string, Float32Array] => [named(name), new Float32Array(length)]),
  ];
}

/** The state with which a training begins. */
export function freshState({
  roles,
  accumulate = 1,
}: Pick<TrainerSpec, "roles" | "accumulate">): TrainerState {
  return Object.fromEntries(
    Object.entries(roles).flatMap(([role, own]) => freshVectors(role, own, accumulate)),
  );
}

/** A role's weights by name; averaged ones where `average` is asked for and kept. */
export function weightsIn(
  state: TrainerState,
  role: string,
  { trainee, average = false }: { trainee: Trainee; average?: boolean },
): Weights {
  return new Map(
    vectorsOf(trainee).flatMap(([vector, own]) => {
      const averaged =
        average && vector === "weights" ? state[vectorName(role, "average")] : undefined;
      return [...splitValues(averaged ?? state[vectorName(role, vector)]!, own)];
    }),
  );
}

interface CompiledUpdate {
  readonly update: Update;
  readonly randoms: readonly RandomInput[];
  /** Adds a batch's gradient up; absent where weights move at once. */
  readonly gather?: Program;
  /** Moves the weights. */
  readonly move: Program;
}

/** Compiles the updates. */
export async function openTrainer(
  spec: TrainerSpec,
  options: CompileOptions = {},
): Promise<Trainer> {
  const { roles, updates, accumulate = 1, stream } = spec;
  checkUpdates(updates, roles);
  const trainees = Object.fromEntries(Object.entries(roles).map(([role, r]) => [role, r.trainee]));
  const first = spec.state ?? freshState(spec);
  const shared = programState();
  const vector = (data: Float32Array) => floats(data, [data.length]);
  const build = (outputs: Readonly<Record<string, Node>>, next: Readonly<Record<string, Node>>) =>
    compile(
      {
        outputs,
        state: Object.fromEntries(
          Object.entries(first).map(([name, data]) => [
            name,
            { initial: vector(data), ...(next[name] === undefined ? {} : { next: next[name] }) },
          ]),
        ),
        shared,
      },
      { ...options, signal: undefined },
    );
  const compiled: CompiledUpdate[] = [];
  for (const update of updates) {
    const graph = updateGraph(update, {
      trainees,
      randoms: spec.randoms,
      mostBytes: spec.mostBytes,
    });
    const buffers = Object.fromEntries(
      Object.entries(graph.buffers).map(([role, next]) => [vectorName(role, "buffers"), next]),
    );
    const { randoms } = graph;
    if (accumulate === 1) {
      const { outputs, next } = moveNodes(update, { roles, gradients: graph.gradients });
      const move = await build({ ...graph.outputs, ...outputs }, { ...buffers, ...next });
      compiled.push({ update, randoms, move });
      continue;
    }
    const sums = Object.fromEntries(
      Object.entries(graph.gradients).map(([role, slope]) => {
        const name = vectorName(role, "gradient");
        return [name, add(input(name, slope.type.shape), slope)];
      }),
    );
    const { outputs, next } = moveNodes(update, {
      roles,
      gradients: Object.fromEntries(
        update.trains.map((role) => [
          role,
          multiply(
            input(vectorName(role, "gradient"), [flatLength(trainees[role]!.trained)]),
            constant(1 / accumulate),
          ),
        ]),
      ),
      reset: true,
    });
    compiled.push({
      update,
      randoms,
      gather: await build(graph.outputs, { ...buffers, ...sums }),
      move: await build(outputs, next),
    });
  }
  const probes = new Map<string, Promise<Program>>();
  const runsOf = (role: string) =>
    updates.reduce((n, u) => n + (u.trains.includes(role) ? (u.times ?? 1) : 0), 0);
  const drawn = (randoms: readonly RandomInput[], ...path: (string | number)[]) =>
    Object.fromEntries(
      randoms.map(({ name, shape, kind }) => [
        name,
        floats(drawRandom(kind, sizeOf(shape), stream.child(...path, name)), shape),
      ]),
    );
  return {
    draws: Math.max(...updates.map(({ times = 1 }) => times)) * accumulate,
    fields: fieldsOf(compiled),
    hasTerms: updates.some((update) => termsOf(update).length > 1),
    async step(batches, { step, rates }) {
      const rows: Record<string, UpdateRow> = {};
      const moved: Record<string, number> = {};
      for (const { update, randoms, gather, move } of compiled) {
        const { times = 1, trains } = update;
        for (let run = 0; run < times; run++) {
          for (const role of trains) moved[role] = (moved[role] ?? 0) + 1;
          const scalars = Object.fromEntries(
            trains.flatMap((role) => [
              [`rate ${role}`, scalar(rates[role]!)],
              // Moments are corrected by the number of the role's own steps.
              [`step ${role}`, scalar(step * runsOf(role) + moved[role]!)],
            ]),
          );
          const values = (part: number): Record<string, Value> => ({
            ...fieldValues(batches[run * accumulate + part]!),
            ...drawn(randoms, "random", step, update.name, run, part),
          });
          if (gather === undefined) {
            rows[update.name] = rowOf(update, await runWith(move, { ...values(0), ...scalars }));
            continue;
          }
          const parts: Results[] = [];
          for (let part = 0; part < accumulate; part++) {
            parts.push(await runWith(gather, values(part)));
          }
          const last = await runWith(move, scalars);
          rows[update.name] = rowOf(update, { ...averageOf(parts), ...last });
        }
      }
      return rows;
    },
    async termNorms(batch, { step }) {
      const found: Record<string, Record<string, number>> = {};
      for (const { update, randoms } of compiled) {
        let probe = probes.get(update.name);
        if (probe === undefined) {
          probe = build(termNorms(update, { trainees }), {});
          probes.set(update.name, probe);
        }
        found[update.name] = await runWith(await probe, {
          ...fieldValues(batch),
          ...drawn(randoms, "random", step, update.name, 0, 0),
        });
      }
      return found;
    },
    async state() {
      const values: Record<string, Float32Array> = {};
      for (const name of Object.keys(first)) {
        // A vector that no program reads, such as a role that no loss applies, is as it was.
        values[name] = shared.names.includes(name)
          ? ((await shared.read(name)).data as Float32Array)
          : first[name]!;
      }
      return values;
    },
    async dispose() {
      for (const { gather, move } of compiled) {
        await gather?.dispose();
        await move.dispose();
      }
      for (const probe of probes.values()) await (await probe).dispose();
      shared.dispose();
    },
  };
}

function checkUpdates(
  updates: readonly Update[],
  roles: Readonly<Record<string, TrainerRole>>,
): void {
  const names = updates.map(({ name }) => name);
  if (updates.length === 0 || new Set(names).size < names.length) {
    throw new InputError(
      `Cannot train: found updates ${names.join(", ") || "none"}, wanted at least one, each with a name of its own`,
    );
  }
  for (const update of updates) {
    const { name, trains } = update;
    if (termsOf(update).length === 0) {
      throw new InputError(`Cannot train: found no term in update ${name}, wanted at least one`);
    }
    for (const role of trains) {
      const { trainee, rule } = roles[role] ?? {};
      if (trainee === undefined || rule === undefined || trainee.trained.length === 0) {
        throw new InputError(
          `Cannot train: found update ${name} of role ${role}, which ${trainee === undefined ? "does not exist" : "has no weights that move"}, wanted one of ${Object.keys(roles).join(", ")}`,
        );
      }
    }
  }
}

/** Weights and what they carry along, moved by given gradients. */
function moveNodes(
  update: Update,
  {
    roles,
    gradients,
    reset = false,
  }: {
    roles: TrainerSpec["roles"];
    gradients: Readonly<Record<string, Node>>;
    reset?: boolean;
  },
): { outputs: Record<string, Node>; next: Record<string, Node> } {
  const outputs: Record<string, Node> = {};
  const next: Record<string, Node> = {};
  for (const role of update.trains) {
    const { trainee, rule } = roles[role]!;
    const prefix = vectorName(role, "");
    const moved = stepNodes(rule!, {
      theta: input(vectorName(role, "weights"), [flatLength(trainee.trained)]),
      gradient: gradients[role]!,
      rate: input(`rate ${role}`, []),
      step: input(`step ${role}`, []),
      prefix,
      limit: update.limit,
    });
    outputs[`norm ${role}`] = moved.norm;
    next[vectorName(role, "weights")] = moved.theta;
    Object.assign(next, moved.carried);
    if (reset) next[vectorName(role, "gradient")] = multiply(gradients[role]!, constant(0));
  }
  return { outputs, next };
}

const scalar = (value: number) => floats(Float32Array.of(value), []);

const fieldValues = (batch: Inputs): Record<string, Value> =>
  Object.fromEntries(
    Object.entries(batch).map(([name, { data, shape }]) => [name, floats(data, shape)]),
  );

type Results = Readonly<Record<string, number>>;

/** Runs a program with those of the given values that it reads; its results are scalars. */
async function runWith(
  program: Program,
  values: Readonly<Record<string, Value>>,
): Promise<Results> {
  const used = Object.fromEntries(
    Object.entries(values).filter(([name]) => program.inputs[name] !== undefined),
  );
  const results = await program.run(used);
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data[0] as number]),
  );
}

function averageOf(parts: readonly Results[]): Results {
  return Object.fromEntries(
    Object.keys(parts[0]!).map((name) => [
      name,
      parts.reduce((total, part) => total + part[name]!, 0) / parts.length,
    ]),
  );
}

function rowOf(update: Update, results: Results): UpdateRow {
  const under = (prefix: string) =>
    Object.fromEntries(
      Object.entries(results).flatMap(([name, value]) =>
        name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
      ),
    );
  const loss = results["loss"]!;
  const names = termsOf(update).map(([name]) => name);
  return {
    loss,
    terms: names.length === 1 ? { [names[0]!]: loss } : under("term "),
    norms: under("norm "),
    figures: under("figure "),
    ...(update.judges === undefined
      ? {}
      : { judged: { real: results["real"]!, generated: results["generated"]! } }),
  };
}

function drawRandom(kind: RandomInput["kind"], count: number, stream: Stream): Float32Array {
  const values = new Float32Array(count);
  if (kind === "normal") fillNormals(stream, values);
  // Rounding to float32 may give 1, which the interval leaves out.
  else for (let i = 0; i < count; i++) values[i] = Math.min(stream.uniform(), 1 - 2 ** -24);
  return values;
}

function fieldsOf(compiled: readonly CompiledUpdate[]): string[] {
  const fields = new Set<string>();
  for (const { update, randoms, gather, move } of compiled) {
    const others = new Set([
      ...randoms.map(({ name }) => name),
      ...update.trains.flatMap((role) => [`rate ${role}`, `step ${role}`]),
    ]);
    for (const name of Object.keys((gather ?? move).inputs))
      if (!others.has(name)) fields.add(name);
  }
  return [...fields];
}
