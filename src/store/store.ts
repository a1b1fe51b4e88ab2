/**
 * What is kept between runs: finished pieces of work with their results, runs, checkpoints of work
 * under way and who is at it. One interface over SQLite (a file in the user's data folder) and
 * PostgreSQL (one URL); every writing call is one transaction, so a crash leaves it done or not done.
 */

import { RunError } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";

/** Values that JSON carries without loss: finite numbers, strings, booleans, null, lists and records. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** A finished piece of work. */
export interface PieceRecord {
  /** sha256 (64 hex digits) over kind, version, inputs and the keys of what it depends on. */
  readonly key: string;
  /** Name of the kind of piece, e.g. `denoise-cases`. */
  readonly kind: string;
  readonly inputs: Json;
  /** Role to key of the pieces whose results went in. */
  readonly depends: Readonly<Record<string, string>>;
  /** Small results: numbers, tables. Numbers keep all 64 bits. */
  readonly values: Json;
  /** Name to sha256 of its bytes. */
  readonly blobs: Readonly<Record<string, string>>;
  /** Seconds of work on one thread. */
  readonly seconds: number;
  /** ISO 8601, UTC. */
  readonly finished: string;
  /** Version of this package that made it. */
  readonly version: string;
}

/** A finished piece with the bytes of its blobs, as handed in. */
export interface NewPiece extends Omit<PieceRecord, "blobs" | "finished" | "version"> {
  readonly blobs: Readonly<Record<string, Uint8Array>>;
}

/** What a process says of its run. */
export type RunStatus = "running" | "stopped" | "failed" | "done";

/** One execution of a study. */
export interface RunRecord {
  readonly id: string;
  /** Name of the study. */
  readonly study: string;
  /** The whole description as it was run, defaults filled in. */
  readonly description: Json;
  /** Keys of every piece that it needs, in the order of the plan. */
  readonly pieces: readonly string[];
  /**
   * `killed`: it says that it runs, and no process is at it; `damaged`: its record is not as it was kept
   * and the description is null.
   */
  readonly status: RunStatus | "killed" | "damaged";
  /** Processes that are at it now, as `host:pid:…`. */
  readonly owners: readonly string[];
  /** Why it failed, in one line. */
  readonly cause?: string;
  readonly started: string;
  readonly changed: string;
}

/** An attempt at a piece that failed. */
export interface PieceFailure {
  readonly owner: string;
  /** In one line. */
  readonly reason: string;
}

/** Tasks that a scheduler was handed for a run. */
export interface Submission {
  readonly id: string;
  readonly run: string;
  /** Name of the executor that understands the handle. */
  readonly executor: string;
  readonly handle: Json;
  readonly submitted: string;
}

/** A process at a run. */
export interface Beat {
  readonly owner: string;
  readonly seconds: number;
}

/** Something in a store that is not as it was kept. */
export interface StoreFault {
  readonly what: "piece" | "blob" | "checkpoint" | "run" | "link" | "database";
  /** Key, hash or id; the place in the database otherwise. */
  readonly id: string;
  /** What is wrong and what becomes of it, in one line. */
  readonly about: string;
  /** Keys of the pieces that are to be done again for it. */
  readonly pieces: readonly string[];
}

/** What `check` found. */
export interface StoreCheck {
  readonly pieces: number;
  readonly blobs: number;
  /** Bytes of the blobs. */
  readonly bytes: number;
  readonly checkpoints: number;
  readonly runs: number;
  readonly faults: readonly StoreFault[];
}

/** Stored bytes that are not as they were kept. */
export class DamageError extends RunError {}

export interface Store {
  /** Where it is, without a password: a path or a URL. */
  readonly place: string;

  /** A finished piece, or undefined; a damaged one counts as unfinished everywhere. */
  piece(key: string): Promise<PieceRecord | undefined>;
  /** Which of these keys are finished. */
  finished(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Which of these keys were finished and have a record that is no longer as it was kept. */
  damaged(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Looks at a finished piece and all its blobs; when something of it is damaged, it counts as
   * unfinished from then on. What came from it stays: it was made before the damage.
   *
   * @returns whether it was damaged
   */
  setAside(key: string): Promise<boolean>;
  /**
   * Keeps a finished piece with its blobs and drops its checkpoint and claim, in one transaction. A
   * piece that is there already stays as it is (the same key means the same bytes), unless it is
   * damaged: then it and its damaged blobs are written anew. The pieces that it
   * depends on must be there; the bytes must not change until it is kept.
   *
   * @throws InputError on values that JSON cannot carry (NaN, infinities), on a key that is no sha256,
   *   on a missing dependency
   * @throws RunError on a full disk; nothing of the piece is then kept, everything else is
   */
  savePiece(piece: NewPiece): Promise<void>;
  /** Removes a piece and every piece that came from it, so that the next run makes them again. */
  removePiece(key: string): Promise<void>;
  /**
   * Bytes of a blob by its sha256.
   *
   * @throws InputError when there is no such blob
   * @throws DamageError when the stored bytes have another hash
   */
  blob(hash: string): Promise<Uint8Array>;

  /**
   * Bytes from which unfinished work goes on; undefined when there are none.
   *
   * @throws DamageError when they are not as they were kept; work then starts anew
   */
  checkpoint(key: string): Promise<Uint8Array | undefined>;
  /** Replaces the checkpoint of a piece, whole or not at all; does nothing when the piece is finished. */
  saveCheckpoint(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Takes a piece for `owner` for so many seconds by the database's clock; false when another owner
   * holds it and its time is not over, and when the piece is finished. The same owner may renew; the
   * longest time is an hour. After
   * false look whether the piece is finished, else wait and try again.
   */
  claim(key: string, owner: string, seconds: number): Promise<boolean>;
  release(key: string, owner: string): Promise<void>;
  /** Which of these pieces somebody is at now. */
  held(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /** Notes that an attempt failed and gives the piece free, in one transaction. */
  noteFailure(key: string, failure: PieceFailure): Promise<void>;
  /**
   * Failed attempts at these pieces, oldest first, those whose owner was lost included; a finished piece
   * has none.
   */
  failures(keys: readonly string[]): Promise<ReadonlyMap<string, readonly PieceFailure[]>>;
  /** Forgets them, so that the pieces are tried anew. */
  forgetFailures(keys: readonly string[]): Promise<void>;

  /**
   * Start a run before looking at what is finished: from then on `prune` leaves its pieces alone.
   *
   * @param beat who is at it and for how many seconds; renewed by `beat`
   */
  startRun(
    run: Pick<RunRecord, "study" | "description" | "pieces">,
    beat?: Beat,
  ): Promise<RunRecord>;
  /** Says that a process is at a run for some seconds more, so that others can tell it from a killed one. */
  beat(id: string, beat: Beat): Promise<void>;
  endBeat(id: string, owner: string): Promise<void>;
  /** @throws InputError when there is no such run */
  changeRun(
    id: string,
    change: { readonly status: RunStatus; readonly cause?: string },
  ): Promise<void>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** Keeps what a scheduler was handed for a run. @throws InputError when there is no such run */
  addSubmission(submission: Pick<Submission, "run" | "executor" | "handle">): Promise<Submission>;
  /** What schedulers were handed for a run, oldest first; damaged rows are left out. */
  submissions(run: string): Promise<readonly Submission[]>;
  /** Forgets a run; its pieces stay until `prune` finds that no other run needs them. */
  removeRun(id: string): Promise<void>;

  /** Everything that a piece came from, itself included, each after what it depends on; empty when unknown. */
  lineage(key: string): Promise<readonly PieceRecord[]>;
  /** Finished pieces of a kind, newest first (models: kind `train-network`). */
  piecesOfKind(kind: string): Promise<readonly PieceRecord[]>;

  /**
   * Removes pieces that no run needs (directly or as the origin of what it needs), checkpoints that
   * neither a run nor a claim needs, and blobs of no piece; returns the bytes of blobs and checkpoints
   * freed.
   */
  prune(): Promise<number>;
  /**
   * Looks at everything that is kept: pieces, blobs, checkpoints, runs, the links between them and the
   * database's own pages.
   */
  check(options?: WorkOptions): Promise<StoreCheck>;
  /** Closes the connections; calls after it throw. */
  dispose(): Promise<void>;
}
