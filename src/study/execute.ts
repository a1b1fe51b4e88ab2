/** A run of a study from its first entry in the store to its last, and reading what its pieces left. */
import { CancelledError, messageOf, RunError } from "../core/errors.ts";
import {
  type Beat,
  DamageError,
  type PieceRecord,
  type RunRecord,
  type Store,
} from "../store/store.ts";
import type { PlannedPiece } from "./piece.ts";
import { pieceKeyer } from "./piece-graph.ts";
import { keptJson } from "./piece-key.ts";
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
  readonly description: unknown;
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
  const { study, roots } = plan;
  // As the store gives it back, so that a resumed run plans the same.
  const description = keptJson(plan.description, `description of ${study}`);
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
  const ended = keepBeating(store, { run: run.id, beat });
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

/**
 * Says again and again that this process is at a run; the result says that it left.
 *
 * @param options.also done after every beat
 */
export function keepBeating(
  store: Store,
  { run, beat, also }: { run: string; beat: Beat; also?: () => Promise<void> },
): () => Promise<void> {
  let waiting: Promise<void> = Promise.resolve();
  let pending = false;
  const timer = setInterval(() => {
    if (pending) return;
    pending = true;
    waiting = store
      .beat(run, beat)
      .then(also)
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

/** Looks up what planned pieces left. */
export interface ReadPieces {
  /** @throws RunError naming a piece that is not finished */
  values<Values>(piece: PlannedPiece<Values>): Promise<Values>;
  /**
   * @throws RunError naming a piece that is not finished; DamageError one whose bytes are damaged, which then
   *   counts as unfinished
   */
  blob(piece: PlannedPiece, name: string): Promise<Uint8Array>;
}

/** Reads the results of finished pieces from a store, bytes only where they are asked for. */
export function pieceReader(store: Store, kinds?: PieceKinds): ReadPieces {
  const keyOf = pieceKeyer(kinds?.catalogue ?? catalogue);
  const recordOf = async (piece: PlannedPiece): Promise<PieceRecord> => {
    const record = await store.piece(await keyOf(piece));
    if (record !== undefined) return record;
    throw new RunError(
      `Cannot read the result of "${piece.label}": found it unfinished, wanted a run to its end`,
    );
  };
  return {
    async values(piece) {
      const { values } = await recordOf(piece);
      const found = piece.values.safeParse(values);
      if (found.success) return found.data;
      throw new RunError(
        `Cannot read the result of "${piece.label}": ${found.error.issues[0]?.message ?? "found another form"}`,
      );
    },
    async blob(piece, name) {
      const { key, blobs } = await recordOf(piece);
      const hash = blobs[name];
      if (hash === undefined) {
        throw new RunError(
          `Cannot read ${name} of "${piece.label}": found no such result, wanted one of ${Object.keys(blobs).join(", ") || "none"}`,
        );
      }
      return store.blob(hash).catch(async (error: unknown) => {
        if (!(error instanceof DamageError)) throw error;
        await store.setAside(key);
        throw new DamageError(
          `Cannot read the result of "${piece.label}": found it damaged in ${store.place}, wanted a run that makes it again`,
          { cause: error },
        );
      });
    },
  };
}
