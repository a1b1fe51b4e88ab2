/** Bytes of any length in rows: databases hold, send and log a row as a whole. */
import type { Kysely } from "kysely";
import { sha256 } from "../core/checksum.ts";
import type { Tables } from "./tables.ts";

/** Bytes of one row. */
const rowBytes = 4 * 2 ** 20;

function* rowsOf(bytes: Uint8Array): Generator<{ ordinal: number; bytes: Uint8Array }> {
  for (let start = 0, ordinal = 0; start < bytes.length; start += rowBytes, ordinal++) {
    const length = Math.min(rowBytes, bytes.length - start);
    yield { ordinal, bytes: Buffer.from(bytes.buffer, bytes.byteOffset + start, length) };
  }
}

/** Puts rows together; undefined when their bytes do not have the hash. */
async function joined(
  { hash, size, rows }: { hash: string; size: number; rows: number },
  row: (ordinal: number) => Promise<{ bytes: Uint8Array } | undefined>,
): Promise<Uint8Array | undefined> {
  // A harmed size may ask for more than any machine has.
  if (!(size >= 0 && size <= rows * rowBytes)) return undefined;
  const all = new Uint8Array(size);
  let start = 0;
  for (let ordinal = 0; start < size; ordinal++) {
    const next = await row(ordinal);
    if (next === undefined || next.bytes.length === 0 || start + next.bytes.length > size) {
      return undefined;
    }
    all.set(next.bytes, start);
    start += next.bytes.length;
  }
  return sha256(all) === hash ? all : undefined;
}

/** Writes a blob that is not there yet, or is there and damaged. */
export async function writeBlob(
  db: Kysely<Tables>,
  { hash, bytes }: { hash: string; bytes: Uint8Array },
): Promise<void> {
  const added = await db
    .insertInto("blobs")
    .values({ hash, size: bytes.length })
    .onConflict((conflict) => conflict.column("hash").doNothing())
    .returning("hash")
    .executeTakeFirst();
  if (added === undefined) {
    if ((await readBlob(db, hash)).status === "ok") return;
    // Holds the row: of two writers the later one looks at what the earlier one left.
    await db.updateTable("blobs").set({ size: bytes.length }).where("hash", "=", hash).execute();
    if ((await readBlob(db, hash)).status === "ok") return;
    await db.deleteFrom("blob_chunks").where("hash", "=", hash).execute();
  }
  for (const row of rowsOf(bytes)) {
    await db
      .insertInto("blob_chunks")
      .values({ hash, ...row })
      .execute();
  }
}

/** Bytes as they were kept, or why there are none. */
export type StoredBytes =
  | { readonly status: "ok"; readonly bytes: Uint8Array }
  | { readonly status: "absent" | "damaged" };

export async function readBlob(db: Kysely<Tables>, hash: string): Promise<StoredBytes> {
  const blob = await db.selectFrom("blobs").selectAll().where("hash", "=", hash).executeTakeFirst();
  if (blob === undefined) return { status: "absent" };
  const { rows } = await db
    .selectFrom("blob_chunks")
    .select((count) => count.fn.countAll<number>().as("rows"))
    .where("hash", "=", hash)
    .executeTakeFirstOrThrow();
  const bytes = await joined({ ...blob, rows }, (ordinal) =>
    db
      .selectFrom("blob_chunks")
      .select("bytes")
      .where("hash", "=", hash)
      .where("ordinal", "=", ordinal)
      .executeTakeFirst(),
  );
  return bytes === undefined ? { status: "damaged" } : { status: "ok", bytes };
}

export async function writeCheckpoint(
  db: Kysely<Tables>,
  { key, hash, bytes }: { key: string; hash: string; bytes: Uint8Array },
): Promise<void> {
  // Locks the row: of two writers the later one replaces the whole of the earlier one's.
  await db
    .insertInto("checkpoints")
    .values({ key, hash, size: bytes.length })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ hash, size: bytes.length }))
    .execute();
  await db.deleteFrom("checkpoint_chunks").where("key", "=", key).execute();
  for (const row of rowsOf(bytes)) {
    await db
      .insertInto("checkpoint_chunks")
      .values({ key, ...row })
      .execute();
  }
}

export async function readCheckpoint(db: Kysely<Tables>, key: string): Promise<StoredBytes> {
  const checkpoint = await db
    .selectFrom("checkpoints")
    .selectAll()
    .where("key", "=", key)
    .executeTakeFirst();
  if (checkpoint === undefined) return { status: "absent" };
  const { rows } = await db
    .selectFrom("checkpoint_chunks")
    .select((count) => count.fn.countAll<number>().as("rows"))
    .where("key", "=", key)
    .executeTakeFirstOrThrow();
  const bytes = await joined({ ...checkpoint, rows }, (ordinal) =>
    db
      .selectFrom("checkpoint_chunks")
      .select("bytes")
      .where("key", "=", key)
      .where("ordinal", "=", ordinal)
      .executeTakeFirst(),
  );
  return bytes === undefined ? { status: "damaged" } : { status: "ok", bytes };
}
