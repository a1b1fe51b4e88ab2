/** Studies whose pieces are done by tasks of a cluster. */
import { resolve } from "node:path";
import {
  type Executor,
  executors,
  type ExecutorTools,
  type IndexedTasks,
  runProgram,
  type TaskResources,
} from "../../cluster/index.ts";
import { openMember } from "../../core/member.ts";
import { makeFolders } from "../../files/files-disk.ts";
import type { RunRecord, Store, Submission } from "../../store/index.ts";
import {
  checkTaskTime,
  enterRun,
  graphOfPlan,
  type OpenedStudy,
  openStudy,
  planStudy,
} from "../../study/index.ts";
import { type StoreOptions, wholeRunOf, withStore } from "../open-run.ts";
import { checkSharedStore } from "./shared-store.ts";

export interface SubmitOptions extends StoreOptions {
  /** Name of an executor. */
  readonly on: string;
  /** Tasks; as many as pieces are left, and at most 100, when absent. */
  readonly tasks?: number | undefined;
  readonly resources: TaskResources;
  /** How dprime is called on this machine. */
  readonly program: readonly string[];
  /** Folder for what tasks print; `dprime-logs` in the working folder when absent. */
  readonly logs?: string | undefined;
  /** Container image, for executors that start containers. */
  readonly image?: string | undefined;
  /** Hands tasks over also where the executor shows them; `false` never does. */
  readonly apply?: boolean | undefined;
  /** Attempts at a piece before it is given up. */
  readonly tries?: number | undefined;
  /** Seconds after which the work of a task that died is taken over. */
  readonly leaseSeconds?: number | undefined;
  readonly tools?: ExecutorTools;
}

export interface Submitted {
  readonly run: string;
  readonly study: string;
  readonly store: string;
  readonly tasks: number;
  /** Unfinished pieces. */
  readonly pieces: number;
  /** What was handed over, as text. */
  readonly text: string;
  /** Absent where it was only shown. */
  readonly submission?: Submission;
  readonly logs: string;
}

/** Most tasks where nobody says how many. */
const usualTasks = 100;

const tools: ExecutorTools = { run: runProgram };

/** @throws InputError that names the executors */
export function executorOf(name: string): Promise<Executor> {
  return openMember(executors, name, `Cannot run on ${name}: found no such executor`);
}

/**
 * Enters a study's run into the store and hands its tasks over. Nothing is entered where the tasks could
 * not work.
 *
 * @throws InputError when there is no scheduler, when tasks cannot reach the store, or when a task's time is
 *   too short for a piece
 */
export async function submitStudy(study: OpenedStudy, options: SubmitOptions): Promise<Submitted> {
  return withStore(options, (store) => submit(study, { ...options, store }));
}

/** The same for a run that stopped, failed, or was left by its tasks. @param id or its first letters */
export async function resubmitStudy(id: string, options: SubmitOptions): Promise<Submitted> {
  return withStore(options, async (store) => {
    const resume = await wholeRunOf(store, id);
    const study = await openStudy(resume.description, { what: `the study of run ${resume.id}` });
    return submit(study, { ...options, store, resume });
  });
}

async function submit(
  study: OpenedStudy,
  options: Omit<SubmitOptions, "store"> & { readonly store: Store; readonly resume?: RunRecord },
): Promise<Submitted> {
  const { store, resources, program, image, resume, onNotice } = options;
  const executor = await executorOf(options.on);
  const used = options.tools ?? tools;
  const { name } = study.description;
  const others = await executor.otherMachines(resources, used);
  await checkSharedStore(store.place, { others });
  const { roots } = planStudy(study);
  const { pieces } = await graphOfPlan(roots);
  const done = await store.finished([...pieces.keys()]);
  const open = [...pieces.values()].filter(({ key }) => !done.has(key));
  if (resources.seconds !== undefined) {
    await checkTaskTime(open, { label: name, seconds: resources.seconds });
  }
  const count = options.tasks ?? Math.max(1, Math.min(usualTasks, open.length));
  const folder = resolve(options.logs ?? "dprime-logs");
  const tasksOf = (run: string): IndexedTasks => ({
    name: `dprime-${run}`,
    count,
    program,
    words: wordsOf(run, options),
    folder,
    resources,
    image,
  });
  // Refused before anything is kept where it cannot be described.
  executor.describe(tasksOf(resume?.id ?? "run"));
  const plan = { study: name, description: study.description, roots };
  const run = await enterRun(plan, resume === undefined ? { store } : { store, resume });
  const tasks = tasksOf(run.id);
  const result = {
    run: run.id,
    study: name,
    store: store.place,
    tasks: count,
    pieces: open.length,
    text: executor.describe(tasks),
    logs: folder,
  };
  if (!(options.apply ?? !executor.shows)) return result;
  await makeFolders(folder);
  if (store.place.startsWith("postgres") && process.env.PGPASSWORD === undefined) {
    onNotice?.("tasks find the password of the store in ~/.pgpass or PGPASSWORD, not in its URL");
  }
  try {
    const handle = await executor.submit(tasks, used);
    const submission = await store.addSubmission({ run: run.id, executor: executor.name, handle });
    return { ...result, submission };
  } catch (error) {
    // A run without tasks would look as if it waited for them.
    await store.changeRun(run.id, { status: "stopped" }).catch(() => undefined);
    throw error;
  }
}

function wordsOf(
  run: string,
  { store, resources, tries, leaseSeconds }: Omit<SubmitOptions, "store"> & { store: Store },
): string[] {
  const { cpus, memory, seconds } = resources;
  const option = (name: string, value: number | undefined) =>
    value === undefined ? [] : [`--${name}`, String(value)];
  return [
    "study",
    "work",
    run,
    "--store",
    store.place,
    ...option("workers", cpus),
    ...option("memory", memory),
    ...option("time", seconds),
    ...option("tries", tries),
    ...option("lease", leaseSeconds),
  ];
}
