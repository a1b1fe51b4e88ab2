/** What is kept between runs: pieces with their results, runs, checkpoints, claims; in SQLite or PostgreSQL. */
export { openStore, type OpenStoreOptions } from "./open-store.ts";
export { dataFolder, defaultPlace } from "./place.ts";
export type { Json, NewPiece, PieceRecord, RunRecord, RunStatus, Store } from "./store.ts";
