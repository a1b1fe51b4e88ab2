/** Tables of a store, the same in both dialects. */
import type { Generated } from "kysely";

export interface Tables {
  /** One row. */
  store_version: { version: number };
  pieces: {
    key: string;
    /** Order of arrival, for pieces of one millisecond. */
    arrival: Generated<number>;
    kind: string;
    /** JSON; text in both dialects, because a database's own JSON type may reformat numbers. */
    inputs: string;
    results: string;
    seconds: number;
    finished: string;
    version: string;
    /** sha256 over the row, its links and the hashes of its blobs; anything else: to be done again. */
    checksum: string;
  };
  piece_depends: { piece: string; role: string; origin: string };
  piece_blobs: { piece: string; name: string; hash: string };
  blobs: { hash: string; size: number };
  blob_chunks: { hash: string; ordinal: number; bytes: Uint8Array };
  checkpoints: { key: string; hash: string; size: number };
  checkpoint_chunks: { key: string; ordinal: number; bytes: Uint8Array };
  /** `until` in milliseconds since 1970 by the database's clock. */
  claims: { key: string; owner: string; until: number };
  runs: {
    id: string;
    arrival: Generated<number>;
    study: string;
    description: string;
    status: string;
    cause: string | null;
    started: string;
    changed: string;
    /** sha256 over what never changes: id, study, description, pieces, start. */
    checksum: string;
    /** sha256 over what does: status, cause, last change. */
    state_checksum: string;
  };
  /** Who is at a run; `until` as in claims. */
  run_beats: { run: string; owner: string; until: number };
  /** Attempts at unfinished pieces that failed, in the order of their arrival. */
  piece_failures: { arrival: Generated<number>; piece: string; owner: string; reason: string };
  /** Tasks that a scheduler was handed for a run; `handle` is JSON that its executor understands. */
  submissions: {
    id: string;
    run: string;
    executor: string;
    handle: string;
    submitted: string;
    /** sha256 over the other columns: a changed digit would name another job. */
    checksum: string;
  };
  /** Pieces of a run may not be finished yet, so they refer to nothing. */
  run_pieces: { run: string; ordinal: number; piece: string };
}
