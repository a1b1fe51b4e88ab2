/** One process among many that work on a run which is in the store. */
import { CancelledError, InputError, messageOf, RunError } from "../core/errors.ts";
import type { RunRecord, Store } from "../store/store.ts";
import { keepBeating, type RunPlan } from "./execute.ts";
import type { PlannedPiece } from "./piece.ts";
import { keptJson } from "./piece-key.ts";
import type { PieceKinds } from "./run-piece.ts";
import { graphOfPlan, newOwner, workPieces, type WorkPiecesOptions } from "./runner.ts";

/**
 * Enters a run that others will work on.
 *
 * @returns the run, and the pieces that are unfinished with what a scheduler has to know of them
 */
export async function enterRun(
  plan: RunPlan,
  { store, kinds, resume }: { store: Store; kinds?: PieceKinds; resume?: RunRecord },
): Promise<RunRecord> {
  const { study, roots } = plan;
  const pieces = [...(await graphOfPlan(roots, kinds)).pieces.keys()];
  if (resume === undefined) {
    const description = keptJson(plan.description, `description of ${study}`);
    return store.startRun({ study, description, pieces });
  }
  // Who asks for the work again has mended what failed.
  await store.forgetFailures(pieces);
  await store.changeRun(resume.id, { status: "running" });
  return resume;
}

export interface WorkOnRunOptions extends WorkPiecesOptions {
  readonly tries: number;
  /** Raised when the time of this process is over earlier than was known. */
  readonly over?: AbortSignal;
}

/** What one process did, and how the run stands. */
export interface RunWork {
  /** `left`: others are at it, or the time of this process is over. */
  readonly status: "done" | "failed" | "stopped" | "left";
  /** Pieces finished by this process. */
  readonly finished: number;
  /** Whether it left anything that was not there before: a result, or a checkpoint. */
  readonly moved: boolean;
  /** Unfinished pieces that can still be done. */
  readonly left: number;
  /** Whether it ended because its time was over. */
  readonly over: boolean;
  /** Why the run cannot end, in one line. */
  readonly cause?: string;
}

/** Milliseconds that a timer can wait; one of more fires at once. */
const longestTimer = 2 ** 31 - 1;

/**
 * Works on a run until nothing is left, the time `endsAt` has come, the run is stopped, or the signal is
 * raised. The run is set to done or failed by whoever sees it first.
 *
 * @throws InputError when this version of dprime would make other pieces than the run has
 */
export async function workOnRun(
  run: RunRecord,
  roots: readonly PlannedPiece[],
  options: WorkOnRunOptions,
): Promise<RunWork> {
  const { store, endsAt = Infinity, leaseSeconds = 120, onNotice, signal } = options;
  const { pieces } = await graphOfPlan(roots, options.kinds);
  const known = new Set(run.pieces);
  if (pieces.size !== known.size || [...pieces.keys()].some((key) => !known.has(key))) {
    throw new InputError(
      `Cannot work on run ${run.id}: found that this version of dprime plans other pieces of work, wanted the version that began it, on every machine`,
    );
  }
  const owner = newOwner();
  const beat = { owner, seconds: leaseSeconds };
  await store.beat(run.id, beat);
  const stopped = new AbortController();
  const over = new AbortController();
  const left = keepBeating(store, {
    run: run.id,
    beat,
    also: async () => {
      if ((await store.run(run.id))?.status === "stopped") stopped.abort();
    },
  });
  const timer =
    endsAt === Infinity
      ? undefined
      : setTimeout(() => over.abort(), Math.min(longestTimer, endsAt - Date.now()));
  let finished = 0;
  let moved = false;
  const watched: Store = {
    ...store,
    savePiece: async (piece) => {
      await store.savePiece(piece);
      finished++;
      moved = true;
    },
    saveCheckpoint: async (key, bytes) => {
      await store.saveCheckpoint(key, bytes);
      moved = true;
    },
  };
  const told = [options.over, signal].filter((one) => one !== undefined);
  const signals = [stopped.signal, over.signal, ...told];
  try {
    const end = await workPieces(roots, {
      label: run.study,
      ...options,
      store: watched,
      leaseSeconds,
      owner,
      signal: AbortSignal.any(signals),
      ...(onNotice === undefined ? {} : { onNotice }),
    });
    if (end.left > 0) return { status: "left", finished, moved, left: end.left, over: true };
    if (end.givenUp.length === 0) {
      await store.changeRun(run.id, { status: "done" });
      return { status: "done", finished, moved, left: 0, over: false };
    }
    const [first] = end.givenUp;
    const cause = `Cannot finish "${first!.label}": ${first!.reason}${end.givenUp.length > 1 ? `; ${end.givenUp.length - 1} more failed` : ""}`;
    await store.changeRun(run.id, { status: "failed", cause });
    return { status: "failed", finished, moved, left: 0, over: false, cause };
  } catch (error) {
    if (!(error instanceof CancelledError)) {
      throw error instanceof InputError || error instanceof RunError
        ? error
        : new RunError(messageOf(error), { cause: error });
    }
    if (signal?.aborted) throw error;
    const open = run.pieces.length - (await store.finished(run.pieces)).size;
    const status = stopped.signal.aborted ? "stopped" : "left";
    const late = over.signal.aborted || options.over?.aborted === true;
    return { status, finished, moved, left: open, over: late && status === "left" };
  } finally {
    clearTimeout(timer);
    await left().catch(() => undefined);
  }
}
