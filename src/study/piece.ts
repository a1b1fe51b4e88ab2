/**
 * The smallest unit of a study: one pure function of its inputs and of other pieces' results, keyed by
 * content hash. A finished piece is never done again; an unfinished one may be done anywhere, any
 * number of times, with the same bytes.
 */
import type { Json } from "../store/store.ts";

/** What a piece leaves: small values as JSON, arrays and files as bytes. */
export interface PieceOutput {
  readonly values: Json;
  readonly blobs?: Readonly<Record<string, Uint8Array>>;
}

/** Results of a piece that this one depends on. */
export interface PieceResults {
  readonly values: Json;
  readonly blobs: Readonly<Record<string, Uint8Array>>;
}

export interface PieceContext {
  /** Results by the role under which the plan named them. */
  readonly depends: Readonly<Record<string, PieceResults>>;
  /** Raised when the run is to stop: long pieces save a checkpoint and throw CancelledError. */
  readonly signal: AbortSignal;
  /** Share of this piece that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  /** What an earlier attempt saved. */
  readonly checkpoint: Uint8Array | undefined;
  /** Keeps bytes from which a later attempt ends in the same result, to the last bit. */
  readonly saveCheckpoint: (bytes: Uint8Array) => Promise<void>;
}

/** A kind of piece: one file under `pieces/`, discovered; file name = kind name. */
export interface PieceKind {
  /** Raised whenever the same inputs would give other numbers: old results are then left aside. */
  readonly version: number;
  readonly summary: string;
  readonly run: (inputs: Json, context: PieceContext) => Promise<PieceOutput>;
}

/** A piece in a plan. */
export interface PlannedPiece {
  /** Name of the kind. */
  readonly kind: string;
  /** What a reader sees in the progress: `denoise pls-tv, test 3 of 8`. */
  readonly label: string;
  readonly inputs: Json;
  /** Role to planned piece. A plan holds every piece once (by key). */
  readonly depends: Readonly<Record<string, PlannedPiece>>;
  /** Expected seconds on one thread, for the order of work and the time left; 1 when unknown. */
  readonly weight?: number;
}
