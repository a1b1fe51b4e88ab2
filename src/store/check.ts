/** A look at everything that a store keeps. */
import { type Kysely, sql } from "kysely";
import { throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Backend } from "./backend.ts";
import { readBlob, readCheckpoint } from "./byte-rows.ts";
import { longestClaimSeconds } from "./claim-rows.ts";
import { nowMilliseconds } from "./clock.ts";
import { readRuns } from "./run-rows.ts";
import { harmedSubmissions } from "./submission-rows.ts";
import { allPieces, pieceChecksum } from "./seals.ts";
import type { StoreCheck, StoreFault } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Rows that name another row which has to be there. */
const links: readonly {
  readonly table: keyof Tables;
  readonly column: string;
  readonly target: keyof Tables;
  readonly of: string;
}[] = [
  { table: "piece_depends", column: "piece", target: "pieces", of: "key" },
  { table: "piece_depends", column: "origin", target: "pieces", of: "key" },
  { table: "piece_blobs", column: "piece", target: "pieces", of: "key" },
  { table: "piece_blobs", column: "hash", target: "blobs", of: "hash" },
  { table: "blob_chunks", column: "hash", target: "blobs", of: "hash" },
  { table: "checkpoint_chunks", column: "key", target: "checkpoints", of: "key" },
  { table: "run_pieces", column: "run", target: "runs", of: "id" },
  { table: "run_beats", column: "run", target: "runs", of: "id" },
  { table: "submissions", column: "run", target: "runs", of: "id" },
];

/**
 * Checks a store part by part, each in a transaction of its own, so that others may go on meanwhile.
 *
 * @throws CancelledError when the signal is raised
 */
export async function checkStore(
  backend: Backend,
  { signal, onProgress }: WorkOptions = {},
): Promise<StoreCheck> {
  const action = `check ${backend.place}`;
  const read = <T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> => {
    throwIfAborted(signal, action);
    return backend.transaction(work, { mode: "read", action });
  };
  const faults: StoreFault[] = [];
  const found = await read((db) => countAll(db));
  const total = found.pieces + found.blobs + found.checkpoints + found.runs;
  let done = 0;
  const step = (by: number) => {
    done = Math.min(total, done + by);
    onProgress?.({ done, total, label: "checking" });
  };

  for (const about of await read((db) => backend.faults(db))) {
    faults.push({ what: "database", id: backend.place, about, pieces: [] });
  }
  for (const fault of await read(brokenLinks)) faults.push(fault);
  for (const fault of await read((db) => harmedClaims(db, backend))) faults.push(fault);
  await read(async (db) => {
    for await (const part of allPieces(db)) {
      for (const parts of part) {
        if (parts.checksum === pieceChecksum(parts)) continue;
        const { key, kind } = parts.row;
        const about = `the record of a piece of kind ${kind} is not as it was kept`;
        faults.push({ what: "piece", id: key, about, pieces: [key] });
      }
      step(part.length);
      throwIfAborted(signal, action);
    }
  });
  for (const hash of await read((db) => columnOf(db, "blobs", "hash"))) {
    const [{ status }, users] = await read(
      async (db) =>
        [
          await readBlob(db, hash),
          await db.selectFrom("piece_blobs").select("piece").where("hash", "=", hash).execute(),
        ] as const,
    );
    if (status === "damaged") {
      const about = "the bytes of a result are not as they were kept";
      faults.push({ what: "blob", id: hash, about, pieces: users.map(({ piece }) => piece) });
    }
    step(1);
  }
  for (const key of await read((db) => columnOf(db, "checkpoints", "key"))) {
    const { status } = await read((db) => readCheckpoint(db, key));
    if (status === "damaged") {
      const about = "a checkpoint is not as it was kept; its piece will start anew";
      faults.push({ what: "checkpoint", id: key, about, pieces: [] });
    }
    step(1);
  }
  const runs = await read((db) => readRuns(db, { dialect: backend.dialect }));
  for (const { id, study, status } of runs) {
    if (status === "damaged") {
      const about = `the record of a run of ${study} is not as it was kept; run its study again and drop it`;
      faults.push({ what: "run", id, about, pieces: [] });
    }
    step(1);
  }
  for (const id of await read(harmedSubmissions)) {
    const about = "what a scheduler was handed is not as it was kept; status and stop leave it out";
    faults.push({ what: "run", id, about, pieces: [] });
  }
  return { ...found, faults };
}

async function countAll(db: Kysely<Tables>): Promise<Omit<StoreCheck, "faults">> {
  const { rows } = await sql<Record<"pieces" | "blobs" | "bytes" | "checkpoints" | "runs", number>>`
    select (select count(*) from pieces) as pieces, (select count(*) from blobs) as blobs,
      (select cast(coalesce(sum(size), 0) as bigint) from blobs) as bytes,
      (select count(*) from checkpoints) as checkpoints, (select count(*) from runs) as runs
  `.execute(db);
  return rows[0]!;
}

async function columnOf(db: Kysely<Tables>, table: string, column: string): Promise<string[]> {
  const { rows } = await sql<{ value: string }>`
    select ${sql.ref(column)} as value from ${sql.table(table)} order by 1`.execute(db);
  return rows.map(({ value }) => value);
}

async function brokenLinks(db: Kysely<Tables>): Promise<StoreFault[]> {
  const faults: StoreFault[] = [];
  for (const { table, column, target, of } of links) {
    const { rows } = await sql<{ value: string }>`
      select distinct ${sql.ref(column)} as value from ${sql.table(table)}
      where ${sql.ref(column)} not in (select ${sql.ref(of)} from ${sql.table(target)})`.execute(
      db,
    );
    for (const { value } of rows) {
      const about = `${table}.${column} names a row that ${target} does not have`;
      faults.push({ what: "link", id: value, about, pieces: [] });
    }
  }
  return faults;
}

/** Claims and beats that end later than any can. */
async function harmedClaims(
  db: Kysely<Tables>,
  { dialect }: Pick<Backend, "dialect">,
): Promise<StoreFault[]> {
  const limit = sql<number>`${nowMilliseconds[dialect]} + cast(${longestClaimSeconds * 1000} as bigint)`;
  const claims = await db
    .selectFrom("claims")
    .select("key as id")
    .where("until", ">", limit)
    .execute();
  const beats = await db
    .selectFrom("run_beats")
    .select("run as id")
    .where("until", ">", limit)
    .execute();
  const about = "a claim has a time that none is given; it counts as over";
  return [...claims, ...beats].map(({ id }) => ({ what: "link", id, about, pieces: [] }));
}
