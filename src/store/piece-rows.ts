/** Finished pieces and what they came from, as rows. */
import { type Kysely, type Selectable, sql } from "kysely";
import { InputError } from "../core/errors.ts";
import { readBlob, writeBlob } from "./byte-rows.ts";
import { nowText } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import { pieceChecksum, type PieceParts, setAside, withLinks } from "./seals.ts";
import type { Json, PieceRecord } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Values of one list in a query; databases bound how many parameters one query has. */
const listLength = 1000;

/** Parts of a list that fit into a query. */
export function* partsOf<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < list.length; start += listLength) {
    yield list.slice(start, start + listLength);
  }
}

/** A piece to be kept; the database's clock says when. */
export type NewRow = Omit<PieceParts["row"], "finished">;

/**
 * Keeps a piece. One that is there stays as it is; one that is there and damaged is written anew.
 *
 * @throws InputError when a piece that it depends on is not there
 */
export async function writePiece(
  db: Kysely<Tables>,
  {
    row,
    depends,
    blobs,
    dialect,
  }: {
    row: NewRow;
    depends: Readonly<Record<string, string>>;
    blobs: readonly { name: string; hash: string; bytes: Uint8Array }[];
    dialect: Dialect;
  },
): Promise<void> {
  const { key } = row;
  const origins = Object.entries(depends);
  const present = await presentOf(
    db,
    origins.map(([, origin]) => origin),
  );
  for (const [role, origin] of origins) {
    if (!present.has(origin)) {
      throw new InputError(
        `Cannot keep the piece ${key}: found no piece ${origin} for "${role}", wanted it kept first`,
      );
    }
  }
  const whole = { ...row, finished: await now(db, dialect) };
  const hashes = Object.fromEntries(blobs.map(({ name, hash }) => [name, hash]));
  const sealed = { ...whole, checksum: pieceChecksum({ row: whole, depends, blobs: hashes }) };
  const added = await db
    .insertInto("pieces")
    .values(sealed)
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returning("key")
    .executeTakeFirst();
  if (added === undefined) {
    // Holds the row: of two writers the later one looks at what the earlier one left.
    await db.updateTable("pieces").set({ key }).where("key", "=", key).execute();
    if ((await finishedOf(db, [key])).has(key)) return;
    await db.updateTable("pieces").set(sealed).where("key", "=", key).execute();
    await db.deleteFrom("piece_depends").where("piece", "=", key).execute();
    await db.deleteFrom("piece_blobs").where("piece", "=", key).execute();
  }
  for (const [role, origin] of origins) {
    await db.insertInto("piece_depends").values({ piece: key, role, origin }).execute();
  }
  // In one order everywhere, so that two writers of the same blobs never wait for each other.
  const sorted = [...blobs].sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  for (const { name, hash, bytes } of sorted) {
    await writeBlob(db, { hash, bytes });
    await db.insertInto("piece_blobs").values({ piece: key, name, hash }).execute();
  }
}

async function now(db: Kysely<Tables>, dialect: Dialect): Promise<string> {
  const { rows } = await sql<{ now: string }>`select ${nowText[dialect]} as now`.execute(db);
  return rows[0]!.now;
}

const isWhole = (parts: PieceParts & { readonly checksum: string }): boolean =>
  parts.checksum === pieceChecksum(parts);

const recordOf = ({ row, depends, blobs }: PieceParts): PieceRecord =>
  Object.freeze({
    key: row.key,
    kind: row.kind,
    inputs: JSON.parse(row.inputs) as Json,
    depends,
    values: JSON.parse(row.results) as Json,
    blobs,
    seconds: row.seconds,
    finished: row.finished,
    version: row.version,
  });

/** Records of the rows that are as they were kept, in their order. */
async function recordsOf(
  db: Kysely<Tables>,
  rows: readonly Selectable<Tables["pieces"]>[],
): Promise<PieceRecord[]> {
  const records: PieceRecord[] = [];
  for (const part of partsOf(rows)) {
    records.push(...(await withLinks(db, part)).filter(isWhole).map(recordOf));
  }
  return records;
}

/** Which of these keys are there, in whatever state. */
async function presentOf(db: Kysely<Tables>, keys: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of partsOf(keys)) {
    for (const { key } of await db
      .selectFrom("pieces")
      .select("key")
      .where("key", "in", part)
      .execute()) {
      found.add(key);
    }
  }
  return found;
}

/** Whether the pieces of these keys that are there are as they were kept. */
async function statesOf(
  db: Kysely<Tables>,
  keys: readonly string[],
): Promise<{ finished: Set<string>; damaged: Set<string> }> {
  const finished = new Set<string>();
  const damaged = new Set<string>();
  for (const part of partsOf(keys)) {
    const rows = await db.selectFrom("pieces").selectAll().where("key", "in", part).execute();
    for (const parts of await withLinks(db, rows)) {
      (isWhole(parts) ? finished : damaged).add(parts.row.key);
    }
  }
  return { finished, damaged };
}

export async function finishedOf(
  db: Kysely<Tables>,
  keys: readonly string[],
): Promise<Set<string>> {
  return (await statesOf(db, keys)).finished;
}

export async function damagedOf(db: Kysely<Tables>, keys: readonly string[]): Promise<Set<string>> {
  return (await statesOf(db, keys)).damaged;
}

/** Checksum of a piece that is there and damaged, as it stands; undefined for any other. */
export async function harmedChecksum(db: Kysely<Tables>, key: string): Promise<string | undefined> {
  const rows = await db.selectFrom("pieces").selectAll().where("key", "=", key).execute();
  const [parts] = await withLinks(db, rows);
  return parts === undefined || isWhole(parts) ? undefined : parts.checksum;
}

/**
 * Marks a piece as one to be done again when it or a blob of it is damaged.
 *
 * @returns whether it was
 */
export async function setPieceAside(db: Kysely<Tables>, key: string): Promise<boolean> {
  await db.updateTable("pieces").set({ key }).where("key", "=", key).execute();
  const row = await db.selectFrom("pieces").selectAll().where("key", "=", key).executeTakeFirst();
  if (row === undefined) return false;
  const [parts] = await withLinks(db, [row]);
  if (isWhole(parts!)) {
    let harmed = false;
    for (const hash of new Set(Object.values(parts!.blobs))) {
      harmed ||= (await readBlob(db, hash)).status !== "ok";
    }
    if (!harmed) return false;
  }
  await db.updateTable("pieces").set({ checksum: setAside }).where("key", "=", key).execute();
  return true;
}

export async function piecesWith(
  db: Kysely<Tables>,
  column: "key" | "kind",
  value: string,
): Promise<PieceRecord[]> {
  return recordsOf(
    db,
    await db
      .selectFrom("pieces")
      .selectAll()
      .where(column, "=", value)
      .orderBy("finished", "desc")
      .orderBy("arrival", "desc")
      .execute(),
  );
}

/** A piece and all that it came from, each after what it depends on. */
export async function lineageOf(db: Kysely<Tables>, key: string): Promise<PieceRecord[]> {
  const rows = await db
    .withRecursive("origins(key)", (query) =>
      query
        .selectFrom("pieces")
        .select("pieces.key")
        .where("pieces.key", "=", key)
        .union((recursive) =>
          recursive
            .selectFrom("piece_depends")
            .innerJoin("origins", "origins.key", "piece_depends.piece")
            .select("piece_depends.origin as key"),
        ),
    )
    .selectFrom("pieces")
    .selectAll("pieces")
    .where("pieces.key", "in", (query) => query.selectFrom("origins").select("origins.key"))
    .execute();
  const records = new Map((await recordsOf(db, rows)).map((record) => [record.key, record]));
  const ordered: PieceRecord[] = [];
  const seen = new Set<string>();
  // Depth first with a list of its own, because chains may be longer than the call stack.
  const open = records.has(key) ? [{ key, ready: false }] : [];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const record = records.get(next.key);
    // A damaged one says nothing reliable about where it came from.
    if (record === undefined) continue;
    if (next.ready) ordered.push(record);
    else if (!seen.has(next.key)) {
      seen.add(next.key);
      open.push({ key: next.key, ready: true });
      for (const origin of Object.values(record.depends).reverse()) {
        if (!seen.has(origin)) open.push({ key: origin, ready: false });
      }
    }
  }
  return ordered;
}
