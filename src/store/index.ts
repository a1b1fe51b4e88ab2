/**
 * What is kept between runs: pieces with their results, runs, checkpoints, claims; in SQLite or PostgreSQL.
 *
 * @module
 */
export { openStore, type OpenStoreOptions } from "./open-store.ts";
export { dataFolder, defaultPlace } from "./place.ts";
export {
  type Beat,
  DamageError,
  type Json,
  type NewPiece,
  type PieceFailure,
  type PieceRecord,
  type RunRecord,
  type RunStatus,
  type Store,
  type StoreCheck,
  type StoreFault,
  type Submission,
} from "./store.ts";
