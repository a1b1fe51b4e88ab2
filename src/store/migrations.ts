/**
 * Steps from one form of the tables to the next. A released step is never changed; a new one is added
 * at the end. Each runs in the transaction that also raises the store's version.
 */
import { type Kysely, sql } from "kysely";
import { sealPieces, sealRuns } from "./seals.ts";
import type { Tables } from "./tables.ts";

export type Dialect = "sqlite" | "postgres";

/** Words in which the dialects differ. */
interface Words {
  /** A number that counts up by itself. */
  readonly counter: string;
  readonly bytes: string;
  readonly real: string;
}

const words: Readonly<Record<Dialect, Words>> = {
  sqlite: { counter: "integer primary key autoincrement", bytes: "blob", real: "real" },
  postgres: {
    counter: "bigint generated always as identity primary key",
    bytes: "bytea",
    real: "double precision",
  },
};

const first = ({ counter, bytes, real }: Words): readonly string[] => [
  `create table pieces (
     arrival ${counter}, key text not null unique, kind text not null, inputs text not null,
     results text not null, seconds ${real} not null, finished text not null, version text not null)`,
  "create index pieces_kind on pieces (kind)",
  `create table piece_depends (
     piece text not null references pieces (key) on delete cascade, role text not null,
     origin text not null references pieces (key), primary key (piece, role))`,
  "create index piece_depends_origin on piece_depends (origin)",
  "create table blobs (hash text primary key, size bigint not null)",
  `create table blob_chunks (
     hash text not null references blobs (hash) on delete cascade, ordinal integer not null,
     bytes ${bytes} not null, primary key (hash, ordinal))`,
  `create table piece_blobs (
     piece text not null references pieces (key) on delete cascade, name text not null,
     hash text not null references blobs (hash), primary key (piece, name))`,
  "create index piece_blobs_hash on piece_blobs (hash)",
  "create table checkpoints (key text primary key, hash text not null, size bigint not null)",
  `create table checkpoint_chunks (
     key text not null references checkpoints (key) on delete cascade, ordinal integer not null,
     bytes ${bytes} not null, primary key (key, ordinal))`,
  "create table claims (key text primary key, owner text not null, until bigint not null)",
  `create table runs (
     arrival ${counter}, id text not null unique, study text not null, description text not null,
     status text not null, cause text, started text not null, changed text not null)`,
  `create table run_pieces (
     run text not null references runs (id) on delete cascade, ordinal integer not null,
     piece text not null, primary key (run, ordinal))`,
  "create index run_pieces_piece on run_pieces (piece)",
];

/** Checksums over pieces and runs, and who is at a run. */
const second: readonly string[] = [
  "alter table pieces add column checksum text not null default ''",
  "alter table runs add column checksum text not null default ''",
  "alter table runs add column state_checksum text not null default ''",
  `create table run_beats (
     run text not null references runs (id) on delete cascade, owner text not null,
     until bigint not null, primary key (run, owner))`,
];

/** How pieces failed, and what a scheduler was handed for a run. */
const third = ({ counter }: Words): readonly string[] => [
  `create table piece_failures (
     arrival ${counter}, piece text not null, owner text not null, reason text not null)`,
  "create index piece_failures_piece on piece_failures (piece)",
  `create table submissions (
     id text primary key, run text not null references runs (id) on delete cascade,
     executor text not null, handle text not null, submitted text not null,
     checksum text not null)`,
];

interface Step {
  readonly statements: (dialect: Words) => readonly string[];
  /** What statements cannot say. */
  readonly work?: (db: Kysely<Tables>) => Promise<void>;
}

const steps: readonly Step[] = [
  { statements: first },
  {
    statements: () => second,
    work: async (db) => {
      await sealPieces(db);
      await sealRuns(db);
    },
  },
  { statements: third },
];

/** Version of the tables that this program writes. */
export const newestVersion = steps.length;

/**
 * The version of a store's tables.
 *
 * @throws what `cannotOpen` makes of tables that a newer program wrote
 */
export async function readVersion(
  db: Kysely<Tables>,
  cannotOpen: (found: string) => Error,
): Promise<number> {
  const { version } = await db
    .selectFrom("store_version")
    .select("version")
    .executeTakeFirstOrThrow();
  if (version > newestVersion) {
    throw cannotOpen(
      `tables of version ${version} from a newer dprime, wanted at most ${newestVersion}; update this one`,
    );
  }
  return version;
}

/**
 * Brings the tables from `version` (0: none) to the newest form.
 *
 * @param db a connection inside a transaction that keeps other programs' migrations out
 */
export async function migrate(
  db: Kysely<Tables>,
  { dialect, version }: { dialect: Dialect; version: number },
): Promise<void> {
  if (version === 0) {
    await sql.raw("create table store_version (version integer not null)").execute(db);
    await db.insertInto("store_version").values({ version: 0 }).execute();
  }
  for (const { statements, work } of steps.slice(version)) {
    for (const statement of statements(words[dialect])) await sql.raw(statement).execute(db);
    await work?.(db);
  }
  await db.updateTable("store_version").set({ version: newestVersion }).execute();
}
