/**
 * Runs one long task in a worker thread, with words going both ways while it runs: progress and
 * checkpoints out, a request to stop in.
 */
import { InputError, throwIfAborted } from "../core/errors.ts";
import type { LongWorkerFunction, RunInWorkerOptions } from "./task.ts";

export type {
  LongTaskContext,
  LongWorkerFunction,
  RunInWorkerOptions,
} from "./task.ts";

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
