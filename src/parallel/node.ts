/** Worker threads of Node: one pool for the process, grown on demand, idle threads unreferenced. */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { CancelledError, FormatError, InputError, RunError } from "../core/errors.ts";
import type { MapOptions, WorkerFunction } from "./map-in-workers.ts";
import type { PortableError, ResultMessage, TaskMessage } from "./worker.ts";

/** A thread and whom it answers; listeners are put on it once, at its start. */
interface Thread {
  readonly worker: Worker;
  onMessage: (message: ResultMessage) => void;
  onEnd: (error: Error) => void;
}

const idle: Thread[] = [];

const nobody = () => undefined;

function startThread(): Thread {
  const thread: Thread = { worker: startWorker(), onMessage: nobody, onEnd: nobody };
  const ended = (error: Error) => {
    const at = idle.indexOf(thread);
    if (at >= 0) idle.splice(at, 1);
    thread.onEnd(error);
  };
  thread.worker.on("message", (message: ResultMessage) => thread.onMessage(message));
  thread.worker.on("error", ended);
  thread.worker.on("exit", (code) => {
    ended(new RunError(`Cannot go on: found a worker thread ended with code ${code}`));
  });
  return thread;
}

/**
 * TypeScript sources run through tsx; a built package runs its own JavaScript. Under Node 20 a loader
 * named in `execArgv` does not reach a thread's entry, so a script registers it and imports the entry.
 */
function startWorker(): Worker {
  const typescript = import.meta.url.endsWith(".ts");
  const entry = new URL(typescript ? "./worker.ts" : "./worker.js", import.meta.url);
  if (!typescript) return new Worker(entry);
  // `resolve` answers with the CommonJS build, whose loader is its ES module's.
  const api = createRequire(import.meta.url)
    .resolve("tsx/esm/api")
    .replace(/\.cjs$/, ".mjs");
  const tsx = pathToFileURL(api).href;
  const script = `import(${JSON.stringify(tsx)}).then(({ register }) => {
    register();
    return import(${JSON.stringify(entry.href)});
  });`;
  return new Worker(script, { eval: true, execArgv: [] });
}

/** `mapInWorkers` with at least two threads. */
export function mapInNodeWorkers<Task, Result>(
  call: WorkerFunction<Task, Result>,
  tasks: readonly Task[],
  options: MapOptions & { readonly threads: number; readonly label: string },
): Promise<Result[]> {
  const { threads, signal, onProgress, label } = options;
  const results = new Array<Result>(tasks.length);
  const busy = new Set<Thread>();
  return new Promise<Result[]>((resolve, reject) => {
    let next = 0;
    let done = 0;
    const release = (thread: Thread) => {
      thread.onMessage = nobody;
      thread.onEnd = nobody;
      thread.worker.unref();
      busy.delete(thread);
      idle.push(thread);
    };
    const fail = (error: unknown) => {
      signal?.removeEventListener("abort", onAbort);
      // Other threads may be deep in a task nobody wants any more: end them.
      for (const thread of busy) {
        thread.onMessage = nobody;
        thread.onEnd = nobody;
        void thread.worker.terminate();
      }
      busy.clear();
      reject(error as Error);
    };
    const onAbort = () => fail(new CancelledError(label, { cause: signal?.reason }));
    const feed = (thread: Thread) => {
      if (next >= tasks.length) {
        release(thread);
        return;
      }
      const id = next++;
      const { module, name } = call;
      try {
        thread.worker.postMessage({
          id,
          call: { module, name },
          task: tasks[id],
        } satisfies TaskMessage);
      } catch (error) {
        release(thread);
        fail(error);
      }
    };
    const take = (thread: Thread) => {
      busy.add(thread);
      thread.worker.ref();
      thread.onEnd = (error) => {
        busy.delete(thread);
        fail(error);
      };
      thread.onMessage = (message) => {
        if ("error" in message) {
          release(thread);
          fail(revived(message.error));
          return;
        }
        results[message.id] = message.result as Result;
        done++;
        onProgress?.({ done, total: tasks.length, label });
        feed(thread);
        if (done < tasks.length) return;
        signal?.removeEventListener("abort", onAbort);
        resolve(results);
      };
      feed(thread);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const wanted = Math.min(threads, tasks.length);
    for (let k = 0; k < wanted; k++) take(idle.pop() ?? startThread());
  });
}

function revived(error: PortableError): Error {
  const { name, message, stack, format } = error;
  const kinds: Record<string, new (message: string) => Error> = {
    InputError,
    RunError,
    CancelledError,
    TypeError,
    RangeError,
  };
  let made: Error;
  if (format) {
    made = new FormatError(message, format);
    made.message = message;
  } else {
    made = new (kinds[name] ?? Error)(message);
    made.message = message;
  }
  if (stack) made.stack = stack;
  return made;
}

/** Ends all idle threads; for tests and orderly shutdown. */
export async function endIdleWorkers(): Promise<void> {
  await Promise.all(idle.splice(0).map((thread) => thread.worker.terminate()));
}
