/** One task of a cluster: works on a run in the store, and looks at or stops the tasks of a run. */
import { type ExecutorTools, runProgram, secondsToSave } from "../../cluster/index.ts";
import { messageOf } from "../../core/errors.ts";
import type { WorkOptions } from "../../core/progress.ts";
import { defaultThreads } from "../../parallel/index.ts";
import type { Store } from "../../store/index.ts";
import { openStudy, planStudy, type RunWork, workOnRun } from "../../study/index.ts";
import { runOf, type StoreOptions, wholeRunOf, withStore } from "../open-run.ts";
import { checkSharedStore } from "./shared-store.ts";
import { executorOf } from "./submit-study.ts";

export interface WorkOnStudyOptions extends StoreOptions, Omit<WorkOptions, "signal"> {
  /** Pieces at the same time, each on one thread; all cores when absent. */
  readonly workers?: number | undefined;
  /** Bytes that pieces may hold together. */
  readonly memory?: number | undefined;
  /** Seconds that this task may take; it saves what it has before they are over. */
  readonly seconds?: number | undefined;
  /** Attempts at a piece, over all tasks, before it is given up. */
  readonly tries?: number | undefined;
  readonly leaseSeconds?: number | undefined;
  /** The task's environment, in which its executor tells who it is. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly tools?: ExecutorTools;
}

export interface StudyWork extends RunWork {
  readonly run: string;
  readonly study: string;
  /** Whether the task was put in line again for what is left. */
  readonly again: boolean;
}

/** Attempts where nobody says how many. */
const usualTries = 3;

/** Slurm tells a task of its end up to a minute early. */
const earlySeconds = 60;

/**
 * Works on a run until nothing is left or the time is over. At the end of its time a task is put in line
 * again, if it got anywhere; otherwise it would come back for ever.
 *
 * @param id of a run, or its first letters
 */
export async function workOnStudy(
  id: string,
  options: WorkOnStudyOptions = {},
): Promise<StudyWork> {
  const began = Date.now();
  const { workers = defaultThreads(), memory, seconds, tries = usualTries, leaseSeconds } = options;
  const { onNotice, onProgress, environment = process.env, signal } = options;
  const endsAt =
    seconds === undefined ? Infinity : began + 1000 * (seconds - secondsToSave(seconds));
  // The scheduler's own word that the time is over, as against one that ends the task for good.
  const told = new AbortController();
  const stopped = new AbortController();
  const hear = () => (Date.now() >= endsAt - 1000 * earlySeconds ? told : stopped).abort();
  if (signal?.aborted) hear();
  signal?.addEventListener("abort", hear, { once: true });
  return withStore(options, async (store) => {
    await checkSharedStore(store.place, { others: [] });
    const run = await wholeRunOf(store, id);
    const study = await openStudy(run.description, { what: `the study of run ${run.id}` });
    const work = await workOnRun(run, planStudy(study).roots, {
      store,
      workers,
      tries,
      endsAt,
      over: told.signal,
      signal: stopped.signal,
      ...(memory === undefined ? {} : { memoryBytes: memory }),
      ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
      ...(onNotice === undefined ? {} : { onNotice }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    const name = environment.DPRIME_EXECUTOR;
    let again = false;
    if (work.over && work.moved && name !== undefined) {
      const tools = options.tools ?? { run: runProgram };
      again = await (await executorOf(name)).again(environment, tools);
    }
    return { ...work, run: run.id, study: run.study, again };
  });
}

/** Tasks of a run as their schedulers see them. */
export interface RunTasks {
  readonly executor: string;
  readonly waiting: number;
  readonly running: number;
  readonly ended: number;
  readonly notes: readonly string[];
}

/** One row for everything that was handed to a scheduler; one that does not answer says so in its notes. */
export async function tasksOfRun(
  store: Store,
  run: string,
  tools: ExecutorTools = { run: runProgram },
): Promise<RunTasks[]> {
  const found: RunTasks[] = [];
  for (const { executor: name, handle } of await store.submissions(run)) {
    try {
      const executor = await executorOf(name);
      const states = await executor.states(handle, tools);
      found.push({ executor: name, ...states });
    } catch (error) {
      const notes = [messageOf(error)];
      found.push({ executor: name, waiting: 0, running: 0, ended: 0, notes });
    }
  }
  return found;
}

/**
 * Stops a run: its processes save what they have and end, tasks that wait are taken out of line.
 *
 * @param id of a run, or its first letters
 * @throws InputError of a scheduler that does not answer, after the run was stopped
 */
export async function stopRun(
  id: string,
  options: StoreOptions & { readonly tools?: ExecutorTools } = {},
): Promise<{ readonly run: string; readonly study: string }> {
  const tools = options.tools ?? { run: runProgram };
  return withStore(options, async (store) => {
    const { id: run, study, status } = await runOf(store, id);
    if (status !== "done" && status !== "damaged")
      await store.changeRun(run, { status: "stopped" });
    for (const { executor, handle } of await store.submissions(run)) {
      await (await executorOf(executor)).cancel(handle, tools);
    }
    return { run, study };
  });
}
