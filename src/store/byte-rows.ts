/** Bytes of any length in rows: databases hold, send and log a row as a whole. */
import { createHash } from "node:crypto";
import type { Kysely } from "kysely";
import type { Tables } from "./tables.ts";

/** Bytes of one row. */
const rowBytes = 4 * 2 ** 20;

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function* rowsOf(bytes: Uint8Array): Generator<{ ordinal: number; bytes: Uint8Array }> {
  for (let start = 0, ordinal = 0; start < bytes.length; start += rowBytes, ordinal++) {
    const length = Math.min(rowBytes, bytes.length - start);
    yield { ordinal, bytes: Buffer.from(bytes.buffer, bytes.byteOffset + start, length) };
  }
}

/** Puts rows together; undefined when their bytes do not have the hash. */
async function joined(
  { hash, size }: { hash: string; size: number },
  row: (ordinal: number) => Promise<{ bytes: Uint8Array } | undefined>,
): Promise<Uint8Array | undefined> {
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

/** Writes a blob that is not there yet. */
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
  if (added === undefined) return;
  for (const row of rowsOf(bytes)) {
    await db
      .insertInto("blob_chunks")
      .values({ hash, ...row })
      .execute();
  }
}

export async function readBlob(
  db: Kysely<Tables>,
  hash: string,
): Promise<{ status: "ok"; bytes: Uint8Array } | { status: "absent" | "damaged" }> {
  const blob = await db.selectFrom("blobs").selectAll().where("hash", "=", hash).executeTakeFirst();
  if (blob === undefined) return { status: "absent" };
  const bytes = await joined(blob, (ordinal) =>
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

/** Undefined when there is none or its bytes are damaged. */
export async function readCheckpoint(
  db: Kysely<Tables>,
  key: string,
): Promise<Uint8Array | undefined> {
  const checkpoint = await db
    .selectFrom("checkpoints")
    .selectAll()
    .where("key", "=", key)
    .executeTakeFirst();
  if (checkpoint === undefined) return undefined;
  return joined(checkpoint, (ordinal) =>
    db
      .selectFrom("checkpoint_chunks")
      .select("bytes")
      .where("key", "=", key)
      .where("ordinal", "=", ordinal)
      .executeTakeFirst(),
  );
}
