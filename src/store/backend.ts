/** What a store asks of its database: transactions. */
import type { Kysely } from "kysely";
import type { Dialect } from "./migrations.ts";
import type { Tables } from "./tables.ts";

export interface TransactionOptions {
  /** `read` sees one state throughout; `write` may change it. */
  readonly mode: "read" | "write";
  /** For messages: "keep the piece ab12…" in "Cannot keep the piece ab12…: found a full disk". */
  readonly action: string;
  /** Bytes that are to be written, for the message of a full disk. */
  readonly bytes?: number;
}

/**
 * A connection to one database. Work may run more than once (a lock, a lost connection), so it does
 * nothing but ask the database.
 */
export interface Backend {
  readonly dialect: Dialect;
  /** Without a password. */
  readonly place: string;
  transaction<T>(work: (db: Kysely<Tables>) => Promise<T>, options: TransactionOptions): Promise<T>;
  /** What the database itself finds wrong with its pages, one line each; nothing where it cannot look. */
  faults(db: Kysely<Tables>): Promise<readonly string[]>;
  /** Gives room freed in the file back to the disk, where the database does not do so by itself. */
  shrink(): Promise<void>;
  dispose(): Promise<void>;
}

/** Bytes for a reader: `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
