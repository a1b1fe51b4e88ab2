/**
 * What is kept between runs: finished pieces of work with their results, runs, checkpoints of work
 * under way and who is at it. One interface over SQLite (a file in the user's data folder) and
 * PostgreSQL (one URL); every writing call is one transaction, so a crash leaves it done or not done.
 */

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
  readonly status: RunStatus;
  /** Why it failed, in one line. */
  readonly cause?: string;
  readonly started: string;
  readonly changed: string;
}

export interface Store {
  /** Where it is, without a password: a path or a URL. */
  readonly place: string;

  /** A finished piece, or undefined. */
  piece(key: string): Promise<PieceRecord | undefined>;
  /** Which of these keys are finished. */
  finished(keys: readonly string[]): Promise<ReadonlySet<string>>;
  /**
   * Keeps a finished piece with its blobs and drops its checkpoint and claim, in one transaction. A
   * piece that is there already stays as it is (the same key means the same bytes). The pieces that it
   * depends on must be there; the bytes must not change until it is kept.
   *
   * @throws InputError on values that JSON cannot carry (NaN, infinities), on a key that is no sha256,
   *   on a missing dependency
   * @throws RunError on a full disk; nothing of the piece is then kept, everything else is
   */
  savePiece(piece: NewPiece): Promise<void>;
  /**
   * Removes a piece and every piece that came from it, so that the next run makes them again: the
   * remedy for a damaged blob.
   */
  removePiece(key: string): Promise<void>;
  /**
   * Bytes of a blob by its sha256.
   *
   * @throws InputError when there is no such blob
   * @throws RunError when the stored bytes have another hash
   */
  blob(hash: string): Promise<Uint8Array>;

  /** Bytes from which unfinished work goes on; undefined also when they are damaged: work then starts anew. */
  checkpoint(key: string): Promise<Uint8Array | undefined>;
  /** Replaces the checkpoint of a piece, whole or not at all; does nothing when the piece is finished. */
  saveCheckpoint(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Takes a piece for `owner` for so many seconds by the database's clock; false when another owner
   * holds it and its time is not over, and when the piece is finished. The same owner may renew. After
   * false look whether the piece is finished, else wait and try again.
   */
  claim(key: string, owner: string, seconds: number): Promise<boolean>;
  release(key: string, owner: string): Promise<void>;

  /** Start a run before looking at what is finished: from then on `prune` leaves its pieces alone. */
  startRun(run: Pick<RunRecord, "study" | "description" | "pieces">): Promise<RunRecord>;
  /** @throws InputError when there is no such run */
  changeRun(
    id: string,
    change: { readonly status: RunStatus; readonly cause?: string },
  ): Promise<void>;
  run(id: string): Promise<RunRecord | undefined>;
  /** Newest first. */
  runs(): Promise<readonly RunRecord[]>;
  /** Forgets a run; its pieces stay until `prune`. */
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
  /** Closes the connections; calls after it throw. */
  dispose(): Promise<void>;
}
