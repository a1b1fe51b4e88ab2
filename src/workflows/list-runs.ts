/** What a store knows about runs of studies, whether it is whole, and taking runs out of it. */
import { InputError } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { RunRecord, Store, StoreCheck } from "../store/index.ts";
import type { ExecutorTools } from "../cluster/index.ts";
import { type RunTasks, tasksOfRun } from "./cluster/work.ts";
import { piecesOf, runOf, type StoreOptions, withStore } from "./open-run.ts";

export interface RunSummary {
  readonly run: string;
  readonly study: string;
  readonly status: RunRecord["status"];
  /** Processes that are at it now, as `host:pid`. */
  readonly at: readonly string[];
  /** Pieces of work. */
  readonly finished: number;
  readonly all: number;
  readonly started: string;
  readonly changed: string;
}

export interface RunDetails extends RunSummary {
  /** Work that the store keeps, on one thread. */
  readonly seconds: number;
  /** Why the run ended before its end. */
  readonly cause?: string | undefined;
  /** Tasks that schedulers were handed. */
  readonly tasks: readonly RunTasks[];
  /** Unfinished pieces that failed, by the beginning of their keys. */
  readonly failures: readonly {
    readonly piece: string;
    readonly tries: number;
    /** Of the last attempt. */
    readonly reason: string;
  }[];
}

/** Runs, newest first. */
export async function listRuns(
  options: StoreOptions = {},
): Promise<{ store: string; runs: readonly RunSummary[] }> {
  return withStore(options, async (store) => {
    const runs: RunSummary[] = [];
    for (const run of await store.runs()) runs.push(await summaryOf(store, run));
    return { store: store.place, runs };
  });
}

/** @param id of a run, or its first letters */
export async function statusOfRun(
  id: string,
  { tools, ...options }: StoreOptions & { readonly tools?: ExecutorTools } = {},
): Promise<RunDetails> {
  return withStore(options, async (store) => {
    const run = await runOf(store, id);
    let seconds = 0;
    for (const key of run.pieces) seconds += (await store.piece(key))?.seconds ?? 0;
    const failures = [...(await store.failures(run.pieces))].map(([key, all]) => ({
      piece: key.slice(0, 12),
      tries: all.length,
      reason: all.at(-1)!.reason,
    }));
    const tasks = await tasksOfRun(store, run.id, tools);
    return { ...(await summaryOf(store, run)), seconds, cause: run.cause, tasks, failures };
  });
}

/**
 * Looks at everything that a store keeps. Pieces of work that are damaged count as unfinished from then on, so
 * that the next run of their study computes them again, also those whose bytes it would not have read.
 */
export async function checkStore(
  options: StoreOptions & Omit<WorkOptions, "signal"> = {},
): Promise<StoreCheck & { readonly store: string }> {
  const { signal, onProgress } = options;
  return withStore(options, async (store) => {
    const found = await store.check({
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    for (const key of new Set(found.faults.flatMap(({ pieces }) => pieces))) {
      await store.setAside(key);
    }
    return { store: store.place, ...found };
  });
}

export interface DroppedRun {
  readonly run: string;
  readonly study: string;
  /** Bytes of results that no other run needs, now free. */
  readonly freed: number;
}

/**
 * Forgets a run and all results that no other run needs.
 *
 * @param id of a run, or its first letters
 * @throws InputError when there is no such run, or a process is at it
 */
export async function dropRun(id: string, options: StoreOptions = {}): Promise<DroppedRun> {
  return withStore(options, async (store) => {
    const { id: run, study, owners } = await runOf(store, id);
    if (owners.length > 0) {
      throw new InputError(
        `Cannot drop run ${run}: found ${owners.map(processOf).join(", ")} at it, wanted nobody; stop it first`,
      );
    }
    await store.removeRun(run);
    return { run, study, freed: await store.prune() };
  });
}

/** `host:pid` of an owner. */
const processOf = (owner: string): string => owner.split(":").slice(0, 2).join(":");

async function summaryOf(store: Store, run: RunRecord): Promise<RunSummary> {
  const { id, study, status, owners, started, changed } = run;
  const pieces = await piecesOf(store, run);
  return { run: id, study, status, at: owners.map(processOf), ...pieces, started, changed };
}
