/** What passes between callers and worker threads: functions that threads can find, and what they may use. */
import type { WorkOptions } from "../core/progress.ts";

/** What the mapped function may use besides its task. */
export interface TaskContext {
  /**
   * To be awaited now and then in long work: lets an abort through. In worker threads it returns at
   * once, since an abort ends the thread.
   */
  readonly pause: () => Promise<void>;
}

export type TaskFunction<Task, Result> = (
  task: Task,
  context: TaskContext,
) => Result | Promise<Result>;

/** A function that worker threads can find as well: an export of a module, with the module's address. */
export interface WorkerFunction<Task, Result> {
  /** `import.meta.url` of the module that exports it. */
  readonly module: string;
  /** Name under which it is exported. */
  readonly name: string;
  /** The function itself, for this thread. */
  readonly run: TaskFunction<Task, Result>;
}

export interface MapOptions extends WorkOptions {
  /** Threads that work at the same time; 1 (the default) stays in this one. */
  readonly threads?: number;
  /** Label of the progress reports. */
  readonly label?: string;
}

export interface ResultOptions<Result> {
  /**
   * Takes each result as soon as it and all before it are there, in the order of the tasks; the list
   * that comes back is then empty. What it throws ends the work.
   */
  readonly onResult?: (result: Result, index: number) => void;
}

/** What a long task may use besides its task. */
export interface LongTaskContext extends TaskContext {
  /** Raised when the caller's signal is; asking `aborted` tells at once, even without a pause. */
  readonly signal: AbortSignal;
  /** Sends a message to the caller and goes on; buffers that are named are moved, and empty here afterwards. */
  readonly post: (message: unknown, transfer?: readonly ArrayBuffer[]) => void;
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
