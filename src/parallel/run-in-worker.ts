/**
 * Runs one long task in a worker thread, with words going both ways while it runs: progress and
 * checkpoints out, a request to stop in.
 */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { TaskContext, WorkerFunction } from "./map-in-workers.ts";

/** What a long task may use besides its task. */
export interface LongTaskContext extends TaskContext {
  /** Raised when the caller's signal is; asking `aborted` tells at once, even without a pause. */
  readonly signal: AbortSignal;
  /** Sends a message to the caller and goes on. */
  readonly post: (message: unknown) => void;
  /** Sends a message to the caller and waits for what its `onMessage` answers. */
  readonly ask: (message: unknown) => Promise<unknown>;
}

export type LongTaskFunction<Task, Result> = (
  task: Task,
  context: LongTaskContext,
) => Promise<Result>;

/** A long function that worker threads can find: an export of a module, with the module's address. */
export type LongWorkerFunction<Task, Result> = Omit<WorkerFunction<Task, Result>, "run"> & {
  readonly run: LongTaskFunction<Task, Result>;
};

export interface RunInWorkerOptions {
  readonly signal?: AbortSignal;
  /** Receives what the task posts and asks; its answer goes back to a task that asked. */
  readonly onMessage?: (message: unknown) => unknown;
  /** Buffers of the task that are moved to the thread, and empty here afterwards. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Seconds that a task gets to end by itself after the signal was raised; then its thread is ended. */
  readonly graceSeconds?: number;
  /** Label of the CancelledError. */
  readonly label?: string;
}

/**
 * Result of `call` for one task, computed in a thread of the pool that `mapInWorkers` uses. The caller's
 * thread stays free.
 *
 * @throws CancelledError when the signal is raised and the task does not come to its end within the
 *   time of grace; InputError where there are no worker threads; whatever the function throws, with its
 *   class if it is one of the errors of core
 */
export async function runInWorker<Task, Result>(
  call: LongWorkerFunction<Task, Result>,
  task: Task,
  options: RunInWorkerOptions = {},
): Promise<Result> {
  const { signal, label = call.name } = options;
  throwIfAborted(signal, label);
  if (typeof process === "undefined" || typeof process.versions?.node !== "string") {
    throw new InputError(`Cannot run ${label}: found no worker threads, wanted Node`);
  }
  const { runInNodeWorker } = await import("./node.ts");
  throwIfAborted(signal, label);
  return runInNodeWorker(call, task, { ...options, label });
}
