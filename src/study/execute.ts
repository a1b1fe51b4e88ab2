/** A run of a study from its first entry in the store to its last, and reading what its pieces left. */
import { CancelledError, messageOf, RunError } from "../core/errors.ts";
import { type Beat, DamageError, type Json, type RunRecord, type Store } from "../store/store.ts";
import type { PieceResults, PlannedPiece } from "./piece.ts";
import { pieceKeyer } from "./piece-graph.ts";
import { catalogue } from "./pieces/catalogue.ts";
import type { PieceKinds } from "./run-piece.ts";
import {
  graphOfPlan,
  newOwner,
  runPieces,
  type RunPiecesOptions,
  usualLeaseSeconds,
} from "./runner.ts";

export interface RunPlan {
  /** Name of the study. */
  readonly study: string;
  /** What was asked for, defaults filled in. */
  readonly description: Json;
  readonly roots: readonly PlannedPiece[];
}

export interface ExecuteOptions extends RunPiecesOptions {
  /** Run to go on with; a new one when absent. */
  readonly resume?: string;
  /** Told the run's id before any work. */
  readonly onStart?: (run: RunRecord) => void;
}

/**
 * Runs a plan and keeps in the store how it went: done, stopped by the signal, or failed and why.
 *
 * @returns the run as it ended
 * @throws what `runPieces` throws, after it was noted
 */
export async function executeRun(plan: RunPlan, options: ExecuteOptions): Promise<RunRecord> {
  const { store, resume, onStart } = options;
  const { study, description, roots } = plan;
  const graph = await graphOfPlan(roots, options.kinds);
  const pieces = [...graph.pieces.keys()];
  const beat = { owner: newOwner(), seconds: options.leaseSeconds ?? usualLeaseSeconds };
  const before = resume === undefined ? undefined : await runOf(store, resume);
  if (before !== undefined) {
    await store.changeRun(before.id, { status: "running" });
    await store.beat(before.id, beat);
  }
  const run = before ?? (await store.startRun({ study, description, pieces }, beat));
  onStart?.(run);
  const ended = keepBeating(store, run.id, beat);
  try {
    await runPieces(roots, { label: study, ...options });
  } catch (error) {
    const stopped = error instanceof CancelledError;
    const change = stopped
      ? ({ status: "stopped" } as const)
      : ({ status: "failed", cause: messageOf(error).replace(/\s+/g, " ") } as const);
    // What went wrong first is what to tell, also when the store can no longer be told.
    await store.changeRun(run.id, change).catch(() => undefined);
    throw error;
  } finally {
    await ended().catch(() => undefined);
  }
  await store.changeRun(run.id, { status: "done" });
  return runOf(store, run.id);
}

/** Says again and again that this process is at a run; the result says that it left. */
function keepBeating(store: Store, run: string, beat: Beat): () => Promise<void> {
  let waiting: Promise<void> = Promise.resolve();
  let pending = false;
  const timer = setInterval(() => {
    if (pending) return;
    pending = true;
    waiting = store
      .beat(run, beat)
      // A missed beat makes the run look killed until the next one, and changes nothing else.
      .catch(() => undefined)
      .finally(() => (pending = false));
  }, beat.seconds * 250);
  return async () => {
    clearInterval(timer);
    await waiting;
    await store.endBeat(run, beat.owner);
  };
}

async function runOf(store: Store, id: string): Promise<RunRecord> {
  const run = await store.run(id);
  if (run === undefined) {
    throw new RunError(`Cannot read run ${id}: found none in ${store.place}, wanted it kept`);
  }
  return run;
}

/**
 * Looks up what planned pieces left.
 *
 * @returns a function that rejects with RunError naming a piece that is not finished, and with
 *   DamageError one whose bytes are damaged, which then counts as unfinished
 */
export function pieceReader(
  store: Store,
  kinds?: PieceKinds,
): (planned: PlannedPiece) => Promise<PieceResults> {
  const keyOf = pieceKeyer(kinds?.catalogue ?? catalogue);
  return async (planned) => {
    const record = await store.piece(await keyOf(planned));
    if (record === undefined) {
      throw new RunError(
        `Cannot read the result of "${planned.label}": found it unfinished, wanted a run to its end`,
      );
    }
    const { values } = record;
    const blobs: Record<string, Uint8Array> = {};
    for (const [name, hash] of Object.entries(record.blobs)) {
      blobs[name] = await store.blob(hash).catch(async (error: unknown) => {
        if (!(error instanceof DamageError)) throw error;
        await store.setAside(record.key);
        throw new DamageError(
          `Cannot read the result of "${planned.label}": found it damaged in ${store.place}, wanted a run that makes it again`,
          { cause: error },
        );
      });
    }
    return { values, blobs };
  };
}
