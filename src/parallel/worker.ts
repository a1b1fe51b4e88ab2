/** Entry of a worker thread: loads functions by module and name and answers tasks one at a time. */
import { parentPort } from "node:worker_threads";
import { type PortableError, portable, revived } from "./portable-error.ts";
import type { LongTaskContext, LongTaskFunction } from "./task.ts";

/** What the pool sends. */
export interface TaskMessage {
  readonly id: number;
  readonly call: { readonly module: string; readonly name: string };
  readonly task: unknown;
  /** Of a long task: one shared number that becomes 1 when it is to stop. */
  readonly stop?: Int32Array;
}

/** What the pool sends to a long task under way: to stop, or the answer to what it asked. */
export type WordMessage =
  | { readonly id: number; readonly stop: true }
  | { readonly id: number; readonly asked: number; readonly answer: unknown }
  | { readonly id: number; readonly asked: number; readonly refusal: PortableError };

/** What comes back. */
export type ResultMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: PortableError };

/** What a long task says while it runs; `asked` numbers what wants an answer. */
export interface SaidMessage {
  readonly id: number;
  readonly said: unknown;
  readonly asked?: number;
}

async function taskFunction(
  call: TaskMessage["call"],
): Promise<LongTaskFunction<unknown, unknown>> {
  const module = (await import(/* @vite-ignore */ call.module)) as Record<string, unknown>;
  const found = module[call.name];
  if (typeof found !== "function") {
    throw new TypeError(`Cannot map ${call.name}: found no such function in ${call.module}`);
  }
  return found as LongTaskFunction<unknown, unknown>;
}

const loaded = new Map<string, Promise<LongTaskFunction<unknown, unknown>>>();

/** The long task under way: a thread has one at a time. */
let hear: ((message: WordMessage) => void) | undefined;

/** Shortest time in ms between two turns given away by `pause`. */
const turnEvery = 20;

function longContext(id: number, stop: Int32Array): LongTaskContext {
  const control = new AbortController();
  const { signal } = control;
  const raised = (): boolean => Reflect.get(AbortSignal.prototype, "aborted", signal) as boolean;
  // Work that computes without a turn for messages would not see the request in time.
  Object.defineProperty(signal, "aborted", {
    get: () => {
      if (Atomics.load(stop, 0) === 1 && !raised()) control.abort();
      return raised();
    },
  });
  const waiting = new Map<number, { resolve: (a: unknown) => void; reject: (e: Error) => void }>();
  let questions = 0;
  hear = (message) => {
    if (message.id !== id) return;
    if ("stop" in message) {
      control.abort();
      return;
    }
    const one = waiting.get(message.asked);
    waiting.delete(message.asked);
    if ("refusal" in message) one?.reject(revived(message.refusal));
    else one?.resolve(message.answer);
  };
  let turned = performance.now();
  return {
    signal,
    pause: async () => {
      if (performance.now() - turned < turnEvery) return;
      await new Promise((resolve) => setTimeout(resolve, 0));
      turned = performance.now();
    },
    post: (said, transfer = []) =>
      parentPort?.postMessage({ id, said } satisfies SaidMessage, [...transfer]),
    ask: (said) =>
      new Promise((resolve, reject) => {
        const asked = questions++;
        waiting.set(asked, { resolve, reject });
        parentPort?.postMessage({ id, said, asked } satisfies SaidMessage);
      }),
  };
}

/** The mapped functions of `mapInWorkers` take `pause` alone, as their type says. */
const shortContext = { pause: () => Promise.resolve() } as LongTaskContext;

async function answer({ id, call, task, stop }: TaskMessage): Promise<void> {
  const key = `${call.name} of ${call.module}`;
  let run = loaded.get(key);
  if (!run) loaded.set(key, (run = taskFunction(call)));
  let message: ResultMessage;
  try {
    message = { id, result: await (await run)(task, stop ? longContext(id, stop) : shortContext) };
  } catch (error) {
    message = { id, error: portable(error) };
  }
  hear = undefined;
  parentPort?.postMessage(message, buffersOf(message));
}

/** A result that is one typed array, or an object of them, is moved, not copied. */
function buffersOf(message: ResultMessage): ArrayBuffer[] {
  if (!("result" in message)) return [];
  const { result } = message;
  const parts =
    typeof result === "object" && result !== null && !ArrayBuffer.isView(result)
      ? Object.values(result)
      : [result];
  const buffers = new Set<ArrayBuffer>();
  for (const part of parts) {
    if (ArrayBuffer.isView(part) && part.buffer instanceof ArrayBuffer) buffers.add(part.buffer);
  }
  return [...buffers];
}

parentPort?.on("message", (message: TaskMessage | WordMessage) => {
  if ("call" in message) void answer(message);
  else hear?.(message);
});
