/** What a store knows about runs of studies. */
import type { RunRecord, Store } from "../store/index.ts";
import { piecesOf, runOf, withStore } from "./open-run.ts";
import type { StoreOptions } from "./run-study.ts";

export interface RunSummary {
  readonly run: string;
  readonly study: string;
  readonly status: RunRecord["status"];
  /** Pieces of work. */
  readonly finished: number;
  readonly all: number;
  readonly started: string;
  readonly changed: string;
}

export interface RunStatus extends RunSummary {
  /** Work that the store keeps, on one thread. */
  readonly seconds: number;
  /** Why the run ended before its end. */
  readonly cause?: string | undefined;
}

/** Runs, newest first. */
export async function listRuns({
  store: place,
}: StoreOptions = {}): Promise<{ store: string; runs: readonly RunSummary[] }> {
  return withStore(place, async (store) => {
    const runs: RunSummary[] = [];
    for (const run of await store.runs()) runs.push(await summaryOf(store, run));
    return { store: store.place, runs };
  });
}

/** @param id of a run, or its first letters */
export async function statusOfRun(
  id: string,
  { store: place }: StoreOptions = {},
): Promise<RunStatus> {
  return withStore(place, async (store) => {
    const run = await runOf(store, id);
    let seconds = 0;
    for (const key of run.pieces) seconds += (await store.piece(key))?.seconds ?? 0;
    return { ...(await summaryOf(store, run)), seconds, cause: run.cause };
  });
}

async function summaryOf(store: Store, run: RunRecord): Promise<RunSummary> {
  const { id, study, status, started, changed } = run;
  return { run: id, study, status, ...(await piecesOf(store, run)), started, changed };
}
