/** Failed attempts at pieces, as rows. */
import type { Kysely } from "kysely";
import { partsOf } from "./piece-rows.ts";
import type { PieceFailure } from "./store.ts";
import type { Tables } from "./tables.ts";

/** What is noted of an owner that neither finished a piece nor gave it free. */
export const lostOwner = "its process ended without a word";

export async function writeFailureRow(
  db: Kysely<Tables>,
  { piece, owner, reason }: { piece: string } & PieceFailure,
): Promise<void> {
  // A database's text cannot hold NUL, which a message of another program may.
  const line = reason.replaceAll("\0", "\uFFFD").replace(/\s+/g, " ").trim();
  await db.insertInto("piece_failures").values({ piece, owner, reason: line }).execute();
}

/** By piece, oldest first. */
export async function readFailures(
  db: Kysely<Tables>,
  keys: readonly string[],
): Promise<Map<string, PieceFailure[]>> {
  const found = new Map<string, PieceFailure[]>();
  for (const part of partsOf(keys)) {
    for (const { piece, owner, reason } of await db
      .selectFrom("piece_failures")
      .select(["piece", "owner", "reason"])
      .where("piece", "in", part)
      .orderBy("arrival")
      .execute()) {
      const list = found.get(piece) ?? [];
      list.push({ owner, reason });
      found.set(piece, list);
    }
  }
  return found;
}

export async function removeFailures(db: Kysely<Tables>, keys: readonly string[]): Promise<void> {
  for (const part of partsOf(keys)) {
    await db.deleteFrom("piece_failures").where("piece", "in", part).execute();
  }
}
