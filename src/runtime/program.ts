/**
 * Programs: expressions compiled for a provider, with state that stays inside between runs.
 *
 * State is what a training step carries along (weights, optimiser moments): an input whose next
 * value is one of the program's own results. It never leaves the runtime unless it is asked for.
 */
import { InputError, throwIfAborted } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { lower } from "../graph/lower.ts";
import type { Provider } from "../graph/lowering.ts";
import { type Node, shapeOf, topologicalOrder, type Type } from "../graph/node.ts";
import { inputName } from "../graph/ops/input.ts";
import { encodeModel } from "../onnx/encode.ts";
import type { Backend, Held, Value } from "./backend.ts";
import { blockSize } from "./blocked-layout.ts";
import { chooseBackend } from "./default-backend.ts";
import { type ProgramState, programState } from "./program-state.ts";

export interface ProgramSpec {
  /** Results by name. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** State by input name: its first value, and the expression of its next one. */
  readonly state?: Readonly<Record<string, { readonly initial: Value; readonly next?: Node }>>;
  /**
   * State that several programs of one backend share by input name: a name that is there keeps its value, a
   * new one starts at its `initial`. Whoever made it disposes of it.
   */
  readonly shared?: ProgramState;
}

export interface CompileOptions {
  readonly backend?: Backend;
  /** Defaults to the backend's first provider. */
  readonly provider?: Provider;
  /** Threads inside one operator; 0 means all cores. */
  readonly threads?: number;
  /** Whether the CPU's internal blocked layout may be used; on by default, it pays for training steps. */
  readonly blocked?: boolean;
  readonly signal?: AbortSignal;
}

export interface Program {
  readonly provider: Provider;
  /** Inputs to be given at each run, with their types. */
  readonly inputs: Readonly<Record<string, Type>>;
  /**
   * Runs once and moves the state on.
   *
   * @throws InputError on a missing, unknown or misshapen input; RunError when the provider fails
   */
  run(
    inputs?: Readonly<Record<string, Value>>,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Readonly<Record<string, Value>>>;
  /** Present value of a state. */
  state(name: string): Promise<Value>;
  setState(name: string, value: Value): void;
  dispose(): Promise<void>;
}

const nextName = (name: string) => `next ${name}`;
/** Results get names of their own in the model, so that one may be called like an input. */
const resultName = (name: string) => `result ${name}`;

/** Compiles expressions for a provider. */
export async function compile(spec: ProgramSpec, options: CompileOptions = {}): Promise<Program> {
  throwIfAborted(options.signal, "compile a program");
  const { backend, provider } = await chooseBackend(options);
  const state = Object.entries(spec.state ?? {});
  const nextValues = Object.fromEntries(
    state.flatMap(([name, { next }]) => (next === undefined ? [] : [[nextName(name), next]])),
  );
  const named = Object.entries(spec.outputs).map(([name, node]) => [resultName(name), node]);
  const roots: Record<string, Node> = { ...Object.fromEntries(named), ...nextValues };
  const types = inputTypes(Object.values(roots));
  for (const [name, { initial, next }] of state) {
    const type = types[name];
    if (type === undefined) continue;
    checkValue(`state "${name}"`, type, initial);
    if (next !== undefined && shapeOf(next).join() !== type.shape.join()) {
      throw new InputError(
        `Cannot compile: found next value of state "${name}" with shape [${shapeOf(next).join(", ")}], wanted [${type.shape.join(", ")}]`,
      );
    }
  }
  const held = spec.shared ?? programState();
  const own = state.map(([name]) => name).filter((name) => types[name] !== undefined);
  for (const name of own) {
    if (!held.names.includes(name)) continue;
    const { shape } = held.held(name);
    if (shape.join() !== types[name]!.shape.join()) {
      throw new InputError(
        `Cannot share state "${name}": found shape [${shape.join(", ")}], wanted ${describe(types[name]!)}`,
      );
    }
  }
  const block = provider === "cpu" && options.blocked !== false ? await blockSize(backend) : 0;
  const model = encodeModel(lower(roots, { provider, block }));
  const session = await backend.open(model, {
    provider,
    threads: options.threads ?? 0,
  });
  for (const name of own) held.start(name, spec.state![name]!.initial, session);
  const given = Object.fromEntries(Object.entries(types).filter(([name]) => !own.includes(name)));
  const results = Object.keys(roots);
  let disposed = false;
  let busy = false;

  return {
    provider,
    inputs: given,
    async run(inputs = {}, { signal } = {}) {
      throwIfAborted(signal, "run a program");
      if (disposed) throw new InputError("Cannot run: found a disposed program, wanted a live one");
      if (busy) throw new InputError("Cannot run: found a run under way, wanted one at a time");
      const feeds: Record<string, Held> = Object.fromEntries(
        own.map((name) => [name, held.held(name)]),
      );
      for (const [name, type] of Object.entries(given)) {
        const value = inputs[name];
        if (value === undefined) {
          throw new InputError(`Cannot run: found no input "${name}", wanted ${describe(type)}`);
        }
        checkValue(`input "${name}"`, type, value);
        feeds[name] = session.hold(value);
      }
      for (const name of Object.keys(inputs)) {
        if (given[name] === undefined) {
          throw new InputError(
            `Cannot run: found unknown input "${name}", wanted ${Object.keys(given).join(", ") || "none"}`,
          );
        }
      }
      busy = true;
      try {
        const computed = await session.run(feeds, results);
        for (const name of Object.keys(given)) feeds[name]!.dispose();
        for (const name of own) {
          const next = computed[nextName(name)];
          if (next !== undefined) held.move(name, next);
        }
        const values: Record<string, Value> = {};
        for (const name of Object.keys(spec.outputs)) {
          values[name] = await computed[resultName(name)]!.read();
        }
        return values;
      } finally {
        busy = false;
      }
    },
    state: (name) => held.read(name),
    setState(name, value) {
      const type = types[name];
      if (type !== undefined && own.includes(name)) checkValue(`state "${name}"`, type, value);
      held.set(name, value);
    },
    async dispose() {
      if (disposed) return;
      disposed = true;
      if (spec.shared === undefined) held.dispose();
      await session.dispose();
    },
  };
}

function inputTypes(roots: readonly Node[]): Record<string, Type> {
  const types: Record<string, Type> = {};
  for (const node of topologicalOrder(roots)) {
    const name = inputName(node);
    if (name !== undefined) types[name] = node.type;
  }
  return types;
}

const describe = (type: Type) => `${type.kind} [${type.shape.join(", ")}]`;

function checkValue(what: string, type: Type, value: Value): void {
  const fits =
    value.kind === type.kind &&
    value.shape.length === type.shape.length &&
    value.shape.every((size, i) => typeof type.shape[i] === "string" || size === type.shape[i]) &&
    value.data.length === sizeOf(value.shape);
  if (!fits) {
    throw new InputError(
      `Cannot use ${what}: found ${value.kind} [${value.shape.join(", ")}] with ${value.data.length} values, wanted ${describe(type)}`,
    );
  }
}
