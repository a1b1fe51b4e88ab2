/**
 * Executes the pieces of a plan on worker threads, each at most once, in any number of processes that
 * share a store.
 *
 * Results do not depend on the number of workers, the order of work or interruptions, because a piece is
 * a pure function of its inputs and of other pieces' results. Only this thread talks to the store.
 */
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { CancelledError, InputError, messageOf, RunError, throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { runInWorker } from "../parallel/index.ts";
import { DamageError, type PieceRecord, type Store } from "../store/store.ts";
import { blobCache } from "./blob-cache.ts";
import { paceOf } from "./pace.ts";
import type { PieceResults, PlannedPiece } from "./piece.ts";
import { type GraphPiece, type PieceGraph, pieceGraph } from "./piece-graph.ts";
import { pieceTaker } from "./piece-taker.ts";
import { catalogue } from "./pieces/catalogue.ts";
import { checkMachine, machineMemory } from "./size-limits.ts";
import {
  kindOf,
  owned,
  type PieceKinds,
  type PieceTask,
  type PieceWord,
  runPieceCall,
} from "./run-piece.ts";

export interface RunPiecesOptions extends WorkOptions {
  readonly store: Store;
  /** Pieces at the same time, each on one thread; at least 1. */
  readonly workers: number;
  /** Kinds of pieces; the shipped ones when absent. */
  readonly kinds?: PieceKinds;
  /** What the progress is called. */
  readonly label?: string;
  /**
   * Seconds for which a piece is taken, renewed while it runs: another process takes over the work of
   * one that died after so long.
   */
  readonly leaseSeconds?: number;
  /**
   * Seconds that running pieces get to save a checkpoint when the signal is raised; 30 by default. Ending
   * a thread inside ONNX Runtime aborts the whole process, so it is the last resort.
   */
  readonly graceSeconds?: number;
  /** Bytes of blobs kept at hand for the next reader. */
  readonly cacheBytes?: number;
  /** Bytes that pieces may hold together; those of this machine when absent. */
  readonly memoryBytes?: number;
  /** Told what a user should know and nobody has to act on, such as damaged work that is done again. */
  readonly onNotice?: (notice: string) => void;
}

export interface WorkPiecesOptions extends RunPiecesOptions {
  /** Attempts at a piece, over all processes, before it is given up; without it the first failure ends the work. */
  readonly tries?: number;
  /** Time in ms since 1970 before which the work is to end. */
  readonly endsAt?: number;
  /** A name that no other process has. */
  readonly owner?: string;
}

/** Long enough for a busy machine to renew it, short enough to take over a dead process's work soon. */
export const usualLeaseSeconds = 20;

/** So often a piece is done again after damage: a disk that harms it every time is to be replaced. */
const mostRepairs = 2;

/** The pieces that the roots need by key, each after what it depends on. */
export async function graphOfPlan(
  roots: readonly PlannedPiece[],
  kinds?: PieceKinds,
): Promise<PieceGraph> {
  return pieceGraph(roots, kinds?.catalogue ?? catalogue);
}

/** A name for this execution that no other process has. */
export function newOwner(): string {
  return `${hostname()}:${process.pid}:${randomBytes(6).toString("hex")}`;
}

/** What a call of `workPieces` came to. */
export interface WorkEnd {
  /** Unfinished pieces that can still be done: 0 unless the time was over before the end. */
  readonly left: number;
  /** Pieces that failed too often; what waits for them is unfinished as well. */
  readonly givenUp: readonly { readonly label: string; readonly reason: string }[];
}

/**
 * Runs everything that the roots need and that the store does not have yet; the longest chain of work
 * goes first. Pieces that another process is at are waited for.
 *
 * @returns records of all finished pieces of the plan, by key
 * @throws CancelledError when the signal is raised, after running pieces had time for a checkpoint;
 *   RunError or InputError naming the piece that failed, after the others that ran have finished
 */
export async function runPieces(
  roots: readonly PlannedPiece[],
  options: RunPiecesOptions,
): Promise<Map<string, PieceRecord>> {
  await workPieces(roots, options);
  const { pieces } = await graphOfPlan(roots, options.kinds);
  return finishedRecords(options.store, pieces.keys());
}

/**
 * The same as one worker among many: with `tries`, a failed piece is left to be tried again, here or
 * elsewhere, and the others go on; with `endsAt`, no piece is begun that would not end by then.
 */
export async function workPieces(
  roots: readonly PlannedPiece[],
  options: WorkPiecesOptions,
): Promise<WorkEnd> {
  const { store, workers, signal, onProgress, kinds, tries, endsAt = Infinity } = options;
  const {
    label = "study",
    leaseSeconds = usualLeaseSeconds,
    graceSeconds = 30,
    onNotice,
  } = options;
  if (!Number.isInteger(workers) || workers < 1) {
    throw new InputError(`Cannot run ${label}: found ${workers} workers, wanted 1 or more`);
  }
  throwIfAborted(signal, label);
  const graph = await graphOfPlan(roots, kinds);
  const { pieces } = graph;
  const keys = [...pieces.keys()];
  const done = new Set(await store.finished(keys));
  const harmed = await store.damaged(keys);
  for (const key of harmed) onNotice?.(repairOf(pieces.get(key)!, store.place));
  // A damaged one is done again also where all that came from it is there: reports may read it.
  const needed = neededFrom(graph, [...graph.roots, ...harmed], done);
  const waiting = [...needed].map((key) => pieces.get(key)!);
  const memory = options.memoryBytes ?? machineMemory();
  await checkMachine(waiting, { label, place: store.place, memory });
  const pace = paceOf(pieces.values(), { workers });
  for (const piece of pieces.values()) if (!needed.has(piece.key)) pace.finish(piece);

  const resumes = new Set<string>();
  for (const kind of new Set(waiting.map((piece) => piece.kind))) {
    if ((await kindOf(kind, kinds?.catalogue ?? catalogue)).resumes) resumes.add(kind);
  }
  const owner = options.owner ?? newOwner();
  const cache = blobCache(store, options.cacheBytes ?? 2 ** 28);
  const running = new Map<string, Promise<void>>();
  const taker = pieceTaker({
    store,
    graph,
    needed,
    owner,
    leaseSeconds,
    tries,
    onFinished: (piece) => {
      pace.finish(piece);
      report();
    },
  });
  let failure: { piece: GraphPiece; error: unknown } | undefined;

  const report = () => {
    const { share, piecesDone, pieces: of, secondsLeft } = pace.now();
    const figures = { pieces: piecesDone, of };
    onProgress?.({ done: share, total: 1, label, figures, secondsLeft });
  };
  const repairs = new Map<string, number>();
  /**
   * Pieces whose results turned out damaged when they were read go back to the queue; the piece that
   * read them waits for them.
   *
   * @returns false when nothing was damaged, so that the error is another one
   */
  const repair = async (reader: GraphPiece): Promise<boolean> => {
    let found = false;
    for (const key of Object.values(reader.depends)) {
      const aside = await store.setAside(key);
      // Another reader, or another process, may have set it aside before.
      if (!aside && (await store.finished([key])).has(key)) continue;
      const times = (repairs.get(key) ?? 0) + 1;
      repairs.set(key, times);
      if (times > mostRepairs) return false;
      if (aside) onNotice?.(repairOf(pieces.get(key)!, store.place));
      for (const again of neededFrom(graph, [key], await store.finished(keys))) {
        taker.restore(again);
        pace.restore(pieces.get(again)!);
      }
      found = true;
    }
    return found;
  };
  const execute = async (piece: GraphPiece) => {
    const { key, kind, inputs, depends } = piece;
    pace.start(piece);
    try {
      const { task, transfer } = await taskOf(piece);
      const result = await runInWorker(runPieceCall, task, {
        signal,
        transfer,
        graceSeconds,
        label: piece.label,
        onMessage: (message) => {
          const word = message as PieceWord;
          if ("checkpoint" in word) return store.saveCheckpoint(key, word.checkpoint);
          pace.share(piece, word.share);
          report();
          return undefined;
        },
      });
      const { values, blobs, seconds } = result;
      await store.savePiece({ key, kind, inputs, depends, values, blobs, seconds });
      taker.complete(key);
      pace.finish(piece, seconds);
      report();
    } catch (error) {
      pace.drop(piece);
      await store.release(key, owner).catch(() => undefined);
      if (signal?.aborted && error instanceof CancelledError) return;
      // Whether it was damage decides the look at what was read, not the error that it led to.
      const mended =
        error instanceof LostResult &&
        (await repair(piece).catch((also: unknown) => {
          failure ??= { piece, error: also };
          return false;
        }));
      if (mended) return;
      if (tries === undefined) failure ??= { piece, error };
      else {
        const reason = messageOf(error);
        onNotice?.(`"${piece.label}" failed: ${reason}`);
        await taker.fail(key, reason).catch((also: unknown) => {
          failure ??= { piece, error: also };
        });
      }
    } finally {
      running.delete(key);
      taker.drop(key);
    }
  };
  const taskOf = async (
    piece: GraphPiece,
  ): Promise<{ task: PieceTask; transfer: ArrayBuffer[] }> => {
    const { key, kind, label: name, inputs } = piece;
    const depends: Record<string, PieceResults> = {};
    const transfer = new Set<ArrayBuffer>();
    for (const [role, other] of Object.entries(piece.depends)) {
      const { values, blobs } = await recordOf(store, other);
      const read: Record<string, Uint8Array> = {};
      for (const [blob, hash] of Object.entries(blobs)) {
        const { bytes, kept } = await cache.read(hash).catch(lost);
        read[blob] = bytes;
        if (!kept) transfer.add(bytes.buffer);
      }
      depends[role] = { values, blobs: read };
    }
    const found = await store.checkpoint(key).catch((error: unknown) => {
      if (!(error instanceof DamageError)) throw error;
      onNotice?.(`the checkpoint of "${name}" is damaged: it starts anew`);
      return undefined;
    });
    const checkpoint = found === undefined ? undefined : owned(found);
    const task = { module: kinds?.module, kind, label: name, inputs, depends, checkpoint };
    return { task, transfer: [...transfer] };
  };
  /** Starts a waiting piece that no other process is at; false when there is none. */
  const startNext = async (): Promise<boolean> => {
    let held = 0;
    for (const key of running.keys()) held += pieces.get(key)!.memory;
    const secondsHere = (endsAt - Date.now()) / 1000;
    const piece = await taker.take(
      (one) =>
        // Waits until there is room for it; alone it has some, as was checked before.
        (running.size === 0 || held + one.memory <= memory) &&
        (secondsHere === Infinity || pace.seconds(one) <= secondsHere || resumes.has(one.kind)),
    );
    if (piece === undefined) return false;
    running.set(piece.key, execute(piece));
    return true;
  };

  const stop = stopPromise(signal);
  let renewing = false;
  const renew = async () => {
    // While a lost database is waited for, one call waits, not one of every interval.
    if (renewing) return;
    renewing = true;
    // A failed renewal costs at most a second doing of the piece, with the same bytes.
    const claims = [...running.keys()].map((key) => store.claim(key, owner, leaseSeconds));
    await Promise.allSettled(claims);
    renewing = false;
  };
  const renewal = setInterval(() => void renew(), leaseSeconds * 250);
  try {
    report();
    while (taker.left() > 0 && failure === undefined && !signal?.aborted) {
      await taker.look();
      while (running.size < workers && !signal?.aborted && (await startNext()));
      const lookIn = taker.lookIn();
      // What is left does not fit into the time.
      if (running.size === 0 && lookIn === undefined && taker.left() > 0) break;
      const waits: Promise<unknown>[] = [...running.values(), stop.raised];
      const poll = lookIn === undefined ? undefined : sleeper(lookIn);
      if (poll !== undefined) waits.push(poll.over);
      if (taker.left() > 0) await Promise.race(waits);
      poll?.end();
    }
  } finally {
    await Promise.all(running.values());
    clearInterval(renewal);
    stop.end();
  }
  if (failure !== undefined) throw failureOf(failure.piece, failure.error);
  const left = taker.left();
  if (left > 0 && (signal?.aborted || endsAt === Infinity)) {
    throw new CancelledError(label, { cause: signal?.reason });
  }
  const givenUp = [...taker.givenUp()].map(([key, failures]) => ({
    label: pieces.get(key)!.label,
    reason: failures.at(-1)!.reason,
  }));
  return { left, givenUp };
}

/** A result that a piece needs and that is not there as it was kept. */
class LostResult extends RunError {}

function lost(error: unknown): never {
  if (error instanceof DamageError) throw new LostResult(error.message, { cause: error });
  throw error;
}

const repairOf = ({ label }: GraphPiece, place: string): string =>
  `the result of "${label}" in ${place} is damaged: it is computed again`;

async function recordOf(store: Store, key: string): Promise<PieceRecord> {
  const record = await store.piece(key);
  if (record === undefined) {
    throw new LostResult(
      `Cannot read piece ${key}: found none in ${store.place}, wanted it finished`,
    );
  }
  return record;
}

async function finishedRecords(
  store: Store,
  keys: Iterable<string>,
): Promise<Map<string, PieceRecord>> {
  const records = new Map<string, PieceRecord>();
  for (const key of keys) {
    const record = await store.piece(key);
    if (record !== undefined) records.set(key, record);
  }
  return records;
}

/** Unfinished pieces that some need: what only finished pieces were made from is not done again. */
function neededFrom(
  graph: PieceGraph,
  keys: readonly string[],
  done: ReadonlySet<string>,
): Set<string> {
  const needed = new Set<string>();
  const visit = (key: string) => {
    if (done.has(key) || needed.has(key)) return;
    needed.add(key);
    for (const other of Object.values(graph.pieces.get(key)!.depends)) visit(other);
  };
  for (const key of keys) visit(key);
  return needed;
}

function failureOf(piece: GraphPiece, error: unknown): Error {
  const message = `Cannot finish "${piece.label}": ${messageOf(error)}`;
  return error instanceof InputError
    ? new InputError(message, { cause: error })
    : new RunError(message, { cause: error });
}

/** A promise that resolves when the signal is raised. */
function stopPromise(signal: AbortSignal | undefined): { raised: Promise<void>; end(): void } {
  let listener: (() => void) | undefined;
  const raised = new Promise<void>((resolve) => {
    listener = () => resolve();
    if (signal?.aborted) resolve();
    else signal?.addEventListener("abort", listener, { once: true });
  });
  return { raised, end: () => listener && signal?.removeEventListener("abort", listener) };
}

function sleeper(ms: number): { over: Promise<void>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { over, end: () => clearTimeout(timer) };
}
