/**
 * Worker threads of Node: one pool for the process, grown on demand, idle threads unreferenced. Node's own
 * modules are asked for when a thread starts: bundlers for the browser meet this file and must pass.
 */
import type { Worker } from "node:worker_threads";
import { CancelledError, RunError } from "../core/errors.ts";
import type { MapOptions, ResultOptions, WorkerFunction } from "./task.ts";
import { portable, revived } from "./portable-error.ts";
import type { LongWorkerFunction, RunInWorkerOptions } from "./task.ts";
import type { ResultMessage, SaidMessage, TaskMessage, WordMessage } from "./worker.ts";

/** A thread and whom it answers; listeners are put on it once, at its start. */
interface Thread {
  readonly worker: Worker;
  onMessage: (message: ResultMessage | SaidMessage) => void;
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
  thread.worker.on("message", (message: ResultMessage | SaidMessage) => thread.onMessage(message));
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
  const { Worker } = process.getBuiltinModule("node:worker_threads");
  const typescript = import.meta.url.endsWith(".ts");
  const entry = new URL(typescript ? "./worker.ts" : "./worker.js", import.meta.url);
  if (!typescript) return new Worker(entry);
  // `resolve` answers with the CommonJS build, whose loader is its ES module's.
  const { createRequire } = process.getBuiltinModule("node:module");
  const { pathToFileURL } = process.getBuiltinModule("node:url");
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

/** Puts a thread that has ended its task back among the idle ones. */
function letGo(thread: Thread): void {
  thread.onMessage = nobody;
  thread.onEnd = nobody;
  thread.worker.unref();
  idle.push(thread);
}

/** `mapInWorkers` with at least two threads. */
export function mapInNodeWorkers<Task, Result>(
  call: WorkerFunction<Task, Result>,
  tasks: readonly Task[],
  options: MapOptions &
    ResultOptions<Result> & { readonly threads: number; readonly label: string },
): Promise<Result[]> {
  const { threads, signal, onProgress, onResult, label } = options;
  const results = new Array<Result>(tasks.length);
  const early = new Map<number, Result>();
  const busy = new Set<Thread>();
  return new Promise<Result[]>((resolve, reject) => {
    let next = 0;
    let done = 0;
    let given = 0;
    const giveInTurn = () => {
      while (early.has(given)) {
        const result = early.get(given)!;
        early.delete(given);
        onResult?.(result, given++);
      }
    };
    const release = (thread: Thread) => {
      busy.delete(thread);
      letGo(thread);
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
        if ("said" in message) return;
        if ("error" in message) {
          release(thread);
          fail(revived(message.error));
          return;
        }
        if (onResult) early.set(message.id, message.result as Result);
        else results[message.id] = message.result as Result;
        done++;
        onProgress?.({ done, total: tasks.length, label });
        // The thread goes on while this one takes what it gave.
        feed(thread);
        try {
          giveInTurn();
        } catch (error) {
          fail(error);
          return;
        }
        if (done < tasks.length) return;
        signal?.removeEventListener("abort", onAbort);
        resolve(onResult ? [] : results);
      };
      feed(thread);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    const wanted = Math.min(threads, tasks.length);
    for (let k = 0; k < wanted; k++) take(idle.pop() ?? startThread());
  });
}

/** Ends all idle threads; for tests and orderly shutdown. */
export async function endIdleWorkers(): Promise<void> {
  await Promise.all(idle.splice(0).map((thread) => thread.worker.terminate()));
}

/** Tasks of `runInNodeWorker` so far: a late word of an earlier task must not reach a later one. */
let longTasks = 0;

/** `runInWorker` in Node. */
export function runInNodeWorker<Task, Result>(
  call: LongWorkerFunction<Task, Result>,
  task: Task,
  options: RunInWorkerOptions & { readonly label: string },
): Promise<Result> {
  const { signal, onMessage = nobody, transfer = [], graceSeconds = 5, label } = options;
  const id = longTasks++;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const thread = idle.pop() ?? startThread();
  const answers = new Set<Promise<void>>();
  return new Promise<Result>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const cancelled = () => new CancelledError(label, { cause: signal?.reason });
    const tell = (message: WordMessage) => thread.worker.postMessage(message);
    const close = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const end = () => {
      close();
      thread.onMessage = nobody;
      thread.onEnd = nobody;
      void thread.worker.terminate();
    };
    const onAbort = () => {
      Atomics.store(stop, 0, 1);
      tell({ id, stop: true });
      timer = setTimeout(() => {
        end();
        void Promise.all(answers).then(() => reject(cancelled()));
      }, graceSeconds * 1000);
    };
    const reply = async (asked: number, said: unknown) => {
      try {
        tell({ id, asked, answer: await onMessage(said) });
      } catch (error) {
        tell({ id, asked, refusal: portable(error) });
      }
    };
    const hear = (message: SaidMessage) => {
      if (message.asked === undefined) {
        onMessage(message.said);
        return;
      }
      const answer = reply(message.asked, message.said);
      answers.add(answer);
      void answer.then(() => answers.delete(answer));
    };
    thread.worker.ref();
    thread.onEnd = (error) => {
      close();
      reject(error);
    };
    thread.onMessage = (message) => {
      if (message.id !== id) return;
      if ("said" in message) {
        hear(message);
        return;
      }
      close();
      letGo(thread);
      // What the task asked for last may still be under way, such as keeping its checkpoint.
      void Promise.all(answers).then(() => {
        if ("error" in message) reject(revived(message.error));
        else resolve(message.result as Result);
      });
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const { module, name } = call;
      const message = { id, call: { module, name }, task, stop } satisfies TaskMessage;
      thread.worker.postMessage(message, [...transfer]);
    } catch (error) {
      end();
      reject(error as Error);
    }
  });
}
