/** Entry of a worker thread: loads functions by module and name and answers tasks one at a time. */
import { parentPort } from "node:worker_threads";
import { FormatError } from "../core/errors.ts";
import type { TaskFunction } from "./map-in-workers.ts";

/** What the pool sends. */
export interface TaskMessage {
  readonly id: number;
  readonly call: { readonly module: string; readonly name: string };
  readonly task: unknown;
}

/** An error in a form that survives structured cloning with its class. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly format?: Pick<FormatError, "format" | "kind" | "offset">;
}

/** What comes back. */
export type ResultMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: PortableError };

async function taskFunction(call: TaskMessage["call"]): Promise<TaskFunction<unknown, unknown>> {
  const module = (await import(/* @vite-ignore */ call.module)) as Record<string, unknown>;
  const found = module[call.name];
  if (typeof found !== "function") {
    throw new TypeError(`Cannot map ${call.name}: found no such function in ${call.module}`);
  }
  return found as TaskFunction<unknown, unknown>;
}

const loaded = new Map<string, Promise<TaskFunction<unknown, unknown>>>();

async function answer({ id, call, task }: TaskMessage): Promise<void> {
  const key = `${call.name} of ${call.module}`;
  let run = loaded.get(key);
  if (!run) loaded.set(key, (run = taskFunction(call)));
  let message: ResultMessage;
  try {
    message = { id, result: await (await run)(task, { pause: () => Promise.resolve() }) };
  } catch (error) {
    message = { id, error: portable(error) };
  }
  parentPort?.postMessage(message, buffersOf(message));
}

function portable(error: unknown): PortableError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  if (!(error instanceof FormatError)) return { name, message, stack };
  const { format, kind, offset } = error;
  return { name, message, stack, format: { format, kind, offset } };
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

parentPort?.on("message", (message: TaskMessage) => void answer(message));
