/**
 * A source of batches in a worker thread: batches are drawn there while this thread runs a step. The native runtime
 * works on the thread that calls it, so what is drawn here waits for the step and the step for it.
 */
import { RunError } from "../core/errors.ts";
import { type LongTaskContext, runInWorker } from "../parallel/index.ts";
import type { Batch, BatchSource, DrawRequest } from "./batch.ts";

/** How a thread opens the source: an export of a module, and what it is given. */
export interface ThreadSource<Given> {
  /** `import.meta.url` of the module that exports the function. */
  readonly module: string;
  /** Name under which it is exported. */
  readonly name: string;
  /** Copied to the thread; values on a `SharedArrayBuffer` are shared. */
  readonly given: Given;
}

interface NumberedRequest {
  readonly id: number;
  readonly request: DrawRequest;
}

interface DrawnBatch {
  readonly id: number;
  readonly batch: Batch;
}

interface ServeTask extends ThreadSource<unknown> {
  /** One shared number: batches drawn so far. */
  readonly finished: Int32Array;
}

/**
 * What the thread runs: draws what is asked for, in order, until it is asked for nothing.
 *
 * @worker
 */
export async function serveBatches(
  { module, name, given, finished }: ServeTask,
  { ask, post }: LongTaskContext,
): Promise<void> {
  const exported = (await import(/* @vite-ignore */ module)) as Record<string, unknown>;
  const open = exported[name] as (given: unknown) => BatchSource | Promise<BatchSource>;
  const source = await open(given);
  for (;;) {
    const requests = (await ask("requests")) as readonly NumberedRequest[];
    if (requests.length === 0) return;
    for (const { id, request } of requests) {
      const batch = await source.draw(request);
      Atomics.add(finished, 0, 1);
      Atomics.notify(finished, 0);
      const buffers = Object.values(batch).map(({ data }) => data.buffer as ArrayBuffer);
      post({ id, batch } satisfies DrawnBatch, buffers);
    }
  }
}

/** A source that draws in a thread of its own, which `dispose` ends. */
export interface SourceInThread extends BatchSource {
  /** One shared number: batches drawn so far, which a thread may wait for. */
  readonly finished: Int32Array;
  dispose(): Promise<void>;
}

/**
 * The same batches as `here`, drawn in a thread that starts with the first request. Two steps ahead are asked for: one
 * is drawn while another waits.
 *
 * @param here the same source in this thread, for its shapes
 */
export function drawInThread<Given>(
  here: Omit<BatchSource, "draw" | "dispose">,
  { module, name, given }: ThreadSource<Given>,
): SourceInThread {
  const finished = new Int32Array(new SharedArrayBuffer(4));
  const waiting = new Map<number, { resolve: (b: Batch) => void; reject: (e: unknown) => void }>();
  let queue: NumberedRequest[] = [];
  let wake: ((requests: readonly NumberedRequest[]) => void) | undefined;
  let failure: unknown;
  let closed = false;
  let running: Promise<void> | undefined;
  let next = 0;
  const hand = () => {
    if (wake === undefined || (queue.length === 0 && !closed)) return;
    const [answer, requests] = [wake, queue];
    [wake, queue] = [undefined, []];
    answer(requests);
  };
  const fail = (error: unknown) => {
    failure = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = () =>
    runInWorker<ServeTask, void>(
      { module: import.meta.url, name: "serveBatches", run: serveBatches },
      { module, name, given, finished },
      {
        label: "drawing batches",
        onMessage: (message) => {
          if (message === "requests") {
            return new Promise((resolve) => {
              wake = resolve;
              hand();
            });
          }
          const { id, batch } = message as DrawnBatch;
          waiting.get(id)?.resolve(batch);
          waiting.delete(id);
          return undefined;
        },
      },
    ).catch(fail);
  return {
    ...here,
    ahead: 2,
    finished,
    draw(request) {
      if (failure !== undefined) return Promise.reject(failure);
      if (closed) return Promise.reject(new RunError("Cannot draw a batch: found a closed source"));
      running ??= start();
      return new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        queue.push({ id, request });
        hand();
      });
    },
    async dispose() {
      closed = true;
      queue = [];
      hand();
      await running;
      fail(new RunError("Cannot draw a batch: found a closed source"));
    },
  };
}

/** Whether there are worker threads. */
export const hasThreads = (): boolean =>
  typeof process !== "undefined" && typeof process.versions?.node === "string";

/** A copy of values that threads share. */
export function sharedFloats(values: Float32Array): Float32Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}
