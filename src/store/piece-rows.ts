/** Finished pieces and what they came from, as rows. */
import type { Kysely, RawBuilder, Selectable } from "kysely";
import { InputError } from "../core/errors.ts";
import { writeBlob } from "./byte-rows.ts";
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

export interface PieceRow {
  readonly key: string;
  readonly kind: string;
  /** JSON. */
  readonly inputs: string;
  /** JSON. */
  readonly results: string;
  readonly seconds: number;
  readonly version: string;
  readonly finished: RawBuilder<string>;
}

export async function writePiece(
  db: Kysely<Tables>,
  {
    row,
    depends,
    blobs,
  }: {
    row: PieceRow;
    depends: Readonly<Record<string, string>>;
    blobs: readonly { name: string; hash: string; bytes: Uint8Array }[];
  },
): Promise<void> {
  const origins = Object.entries(depends);
  const present = await finishedOf(
    db,
    origins.map(([, origin]) => origin),
  );
  for (const [role, origin] of origins) {
    if (!present.has(origin)) {
      throw new InputError(
        `Cannot keep the piece ${row.key}: found no piece ${origin} for "${role}", wanted it kept first`,
      );
    }
  }
  const added = await db
    .insertInto("pieces")
    .values(row)
    .onConflict((conflict) => conflict.column("key").doNothing())
    .returning("key")
    .executeTakeFirst();
  if (added === undefined) return;
  for (const [role, origin] of origins) {
    await db.insertInto("piece_depends").values({ piece: row.key, role, origin }).execute();
  }
  // In one order everywhere, so that two writers of the same blobs never wait for each other.
  const sorted = [...blobs].sort((a, b) => (a.hash < b.hash ? -1 : a.hash > b.hash ? 1 : 0));
  for (const { name, hash, bytes } of sorted) {
    await writeBlob(db, { hash, bytes });
    await db.insertInto("piece_blobs").values({ piece: row.key, name, hash }).execute();
  }
}

/** Records of rows, in their order. */
async function recordsOf(
  db: Kysely<Tables>,
  rows: readonly Selectable<Tables["pieces"]>[],
): Promise<PieceRecord[]> {
  const depends = new Map<string, Record<string, string>>();
  const blobs = new Map<string, Record<string, string>>();
  for (const part of partsOf(rows.map(({ key }) => key))) {
    for (const { piece, role, origin } of await db
      .selectFrom("piece_depends")
      .selectAll()
      .where("piece", "in", part)
      .execute()) {
      depends.set(piece, { ...depends.get(piece), [role]: origin });
    }
    for (const { piece, name, hash } of await db
      .selectFrom("piece_blobs")
      .selectAll()
      .where("piece", "in", part)
      .execute()) {
      blobs.set(piece, { ...blobs.get(piece), [name]: hash });
    }
  }
  return rows.map((row) =>
    Object.freeze({
      key: row.key,
      kind: row.kind,
      inputs: JSON.parse(row.inputs) as Json,
      depends: byName(depends.get(row.key)),
      values: JSON.parse(row.results) as Json,
      blobs: byName(blobs.get(row.key)),
      seconds: row.seconds,
      finished: row.finished,
      version: row.version,
    }),
  );
}

/** The same order from every database, whatever its collation. */
function byName(record: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export async function finishedOf(
  db: Kysely<Tables>,
  keys: readonly string[],
): Promise<Set<string>> {
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
    const record = records.get(next.key)!;
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
