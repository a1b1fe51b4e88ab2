/** Taking things out of a store without taking what something else still needs. */
import { type Kysely, sql } from "kysely";
import { nowMilliseconds } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import { partsOf } from "./piece-rows.ts";
import type { Tables } from "./tables.ts";

/**
 * Keeps additions and removals of pieces apart until the transaction ends: what was found unneeded must
 * not become needed meanwhile. SQLite has one writer at a time anyway.
 */
export async function holdPieces(
  db: Kysely<Tables>,
  { dialect, to }: { dialect: Dialect; to: "add" | "remove" },
): Promise<void> {
  if (dialect === "sqlite") return;
  const lock = sql.raw(to === "add" ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock");
  await sql`select ${lock}(hashtext('dprime pieces'), hashtext(current_schema()))`.execute(db);
}

async function removePieces(db: Kysely<Tables>, keys: readonly string[]): Promise<void> {
  // All links first: among the pieces of a part some may be origins of others.
  for (const part of partsOf(keys)) {
    await db.deleteFrom("piece_depends").where("piece", "in", part).execute();
  }
  for (const part of partsOf(keys)) {
    await db.deleteFrom("pieces").where("key", "in", part).execute();
  }
}

/** Bytes freed. */
async function removeLooseBlobs(db: Kysely<Tables>): Promise<number> {
  const removed = await db
    .deleteFrom("blobs")
    .where("hash", "not in", (query) => query.selectFrom("piece_blobs").select("hash"))
    .returning("size")
    .execute();
  return removed.reduce((sum, { size }) => sum + size, 0);
}

/** Removes a piece and all that came from it. */
export async function removeWithDerived(db: Kysely<Tables>, key: string): Promise<void> {
  const derived = await db
    .withRecursive("derived(key)", (query) =>
      query
        .selectFrom("pieces")
        .select("pieces.key")
        .where("pieces.key", "=", key)
        .union((recursive) =>
          recursive
            .selectFrom("piece_depends")
            .innerJoin("derived", "derived.key", "piece_depends.origin")
            .select("piece_depends.piece as key"),
        ),
    )
    .selectFrom("derived")
    .select("derived.key")
    .execute();
  await removePieces(
    db,
    derived.map((row) => row.key),
  );
  await removeLooseBlobs(db);
}

/** Removes everything that no run needs; bytes freed. */
export async function removeUnneeded(db: Kysely<Tables>, dialect: Dialect): Promise<number> {
  const unneeded = await db
    .withRecursive("needed(key)", (query) =>
      query
        .selectFrom("run_pieces")
        .select("run_pieces.piece as key")
        .union((recursive) =>
          recursive
            .selectFrom("piece_depends")
            .innerJoin("needed", "needed.key", "piece_depends.piece")
            .select("piece_depends.origin as key"),
        ),
    )
    .selectFrom("pieces")
    .select("pieces.key")
    .where("pieces.key", "not in", (query) => query.selectFrom("needed").select("needed.key"))
    .execute();
  await removePieces(
    db,
    unneeded.map((row) => row.key),
  );
  await db.deleteFrom("claims").where("until", "<=", nowMilliseconds[dialect]).execute();
  const checkpoints = await db
    .deleteFrom("checkpoints")
    .where("key", "not in", (query) => query.selectFrom("run_pieces").select("piece"))
    .where("key", "not in", (query) => query.selectFrom("claims").select("key"))
    .returning("size")
    .execute();
  return checkpoints.reduce((sum, { size }) => sum + size, 0) + (await removeLooseBlobs(db));
}
