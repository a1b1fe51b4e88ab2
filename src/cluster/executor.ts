/**
 * What runs N independent tasks: this machine, or a scheduler that people have already. A task is told
 * nothing but its number; which work is left, and who does what, is kept in the store that tasks share.
 */
import type { RunProgram } from "./run-program.ts";

/** What one task may use. */
export interface TaskResources {
  /** Time limit of a task in s; the scheduler's own when absent. */
  readonly seconds?: number | undefined;
  readonly cpus: number;
  /** Bytes; the scheduler's own limit when absent. */
  readonly memory?: number | undefined;
  readonly gpus: number;
  /** Group of machines that a scheduler knows by name. */
  readonly partition?: string | undefined;
  /** Who pays, where a site asks for it. */
  readonly account?: string | undefined;
}

export interface IndexedTasks {
  /** Lower-case letters, digits and `-`. */
  readonly name: string;
  /** Tasks are numbered from 0. */
  readonly count: number;
  /** The program as it is called on this machine; containers bring their own. */
  readonly program: readonly string[];
  /** Words for the program, the same in every task; its number stands in `DPRIME_TASK`. */
  readonly words: readonly string[];
  /** What the tasks are to find in their environment and no list of processes is to show. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Folder for what tasks print, on a disk that they share. */
  readonly folder: string;
  readonly resources: TaskResources;
  /** Container image, for executors that start containers. */
  readonly image?: string | undefined;
}

/** How far tasks are, as the executor sees it. */
export interface TaskStates {
  readonly waiting: number;
  readonly running: number;
  readonly ended: number;
  /** What it says beside that, in lines, such as why tasks wait. */
  readonly notes: readonly string[];
}

/** JSON by which an executor finds its tasks again. */
export type TaskHandle =
  | null
  | boolean
  | string
  | number
  | readonly TaskHandle[]
  | { readonly [key: string]: TaskHandle };

export interface ExecutorTools {
  /** Runs a program of the scheduler. */
  readonly run: RunProgram;
}

/** One file of this folder. */
export interface Executor {
  /** File name, and what option `on` is given. */
  readonly name: string;
  readonly summary: string;
  /** Whether tasks are handed over only when that is asked for, and shown otherwise. */
  readonly shows: boolean;
  /** What is handed over, as text: a script, a manifest. */
  describe(tasks: IndexedTasks): string;
  /**
   * Names of the machines other than this one on which tasks may run; undefined when they are not known.
   *
   * @throws InputError when the scheduler is not there or does not answer
   */
  otherMachines(
    resources: TaskResources,
    tools: ExecutorTools,
  ): Promise<readonly string[] | undefined>;
  /**
   * Hands the tasks over.
   *
   * @throws InputError with the scheduler's own words where it refuses them
   */
  submit(tasks: IndexedTasks, tools: ExecutorTools): Promise<TaskHandle>;
  /** @throws InputError when the scheduler does not answer */
  states(handle: TaskHandle, tools: ExecutorTools): Promise<TaskStates>;
  cancel(handle: TaskHandle, tools: ExecutorTools): Promise<void>;
  /**
   * Puts the task that calls this in line again, at the end of its time.
   *
   * @param environment of the task
   * @returns false where the executor cannot
   */
  again(
    environment: Readonly<Record<string, string | undefined>>,
    tools: ExecutorTools,
  ): Promise<boolean>;
}

/** Seconds before the end of a task's time from which on it only saves what it has. */
export function secondsToSave(limit: number): number {
  return Math.min(120, Math.max(5, limit / 10));
}
