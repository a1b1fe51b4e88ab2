/**
 * Maps one exported function of a module over a list of tasks, in this thread or in several. The
 * function must be a pure function of its task: what comes back is then the same for any number of
 * threads, in the order of the tasks.
 */
import { CancelledError, throwIfAborted } from "../core/errors.ts";
import type { MapOptions, ResultOptions, WorkerFunction } from "./task.ts";

export type {
  MapOptions,
  ResultOptions,
  TaskContext,
  WorkerFunction,
} from "./task.ts";

/** Lets timers and the abort signal's listeners run. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Shortest time in ms between two turns given away: a turn costs up to a millisecond itself. */
const turnEvery = 20;

/**
 * Results of `call` for every task, in order.
 *
 * Tasks and results pass to worker threads by structured cloning; typed arrays on a
 * `SharedArrayBuffer` are shared instead. Threads are kept for later calls and do not keep the process
 * alive. Where there are no worker threads (a browser) everything runs in this thread.
 *
 * @throws CancelledError when the signal is raised; whatever the function throws, with its class if it
 *   is one of the errors of core
 */
export async function mapInWorkers<Task, Result>(
  call: WorkerFunction<Task, Result>,
  tasks: readonly Task[],
  options: MapOptions & ResultOptions<Result> = {},
): Promise<Result[]> {
  const { threads = 1, signal, onProgress, onResult, label = call.name } = options;
  throwIfAborted(signal, label);
  const total = tasks.length;
  if (threads > 1 && total > 1 && isNode()) {
    const { mapInNodeWorkers } = await import("./node.ts");
    // The first import takes long enough for an abort to be raised, whose event then has gone by.
    throwIfAborted(signal, label);
    return mapInNodeWorkers(call, tasks, { ...options, threads, label });
  }
  const results: Result[] = [];
  let turned = performance.now();
  const pause = async () => {
    if (performance.now() - turned < turnEvery) return;
    await nextTurn();
    turned = performance.now();
    if (signal?.aborted) throw new CancelledError(label, { cause: signal.reason });
  };
  for (const [index, task] of tasks.entries()) {
    const result = await call.run(task, { pause });
    if (onResult) onResult(result, index);
    else results.push(result);
    onProgress?.({ done: index + 1, total, label });
    await pause();
    throwIfAborted(signal, label);
  }
  return results;
}

function isNode(): boolean {
  return typeof process !== "undefined" && typeof process.versions?.node === "string";
}

/** Number of threads that use the machine without crowding it: its cores, at most 16. */
export function defaultThreads(): number {
  // Node 20 has no `navigator`; its own count is reached without an import that browsers lack.
  const cores =
    typeof navigator !== "undefined"
      ? navigator.hardwareConcurrency
      : typeof process !== "undefined"
        ? process.getBuiltinModule?.("node:os").availableParallelism()
        : undefined;
  return Math.max(1, Math.min(16, cores ?? 1));
}
