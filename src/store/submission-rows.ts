/** What schedulers were handed for runs, as rows. */
import type { Kysely, Selectable } from "kysely";
import { sha256 } from "../core/checksum.ts";
import type { Json, Submission } from "./store.ts";
import type { Tables } from "./tables.ts";

type Row = Selectable<Tables["submissions"]>;

const checksumOf = ({ id, run, executor, handle, submitted }: Omit<Row, "checksum">): string =>
  sha256(JSON.stringify([id, run, executor, handle, submitted]));

const isWhole = (row: Row): boolean => row.checksum === checksumOf(row);

/** Adds one; one of this id that is there already stays as it is. */
export async function writeSubmission(
  db: Kysely<Tables>,
  row: Omit<Row, "checksum">,
): Promise<void> {
  await db
    .insertInto("submissions")
    .values({ ...row, checksum: checksumOf(row) })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Of one run, oldest first. */
export async function readSubmissions(db: Kysely<Tables>, run: string): Promise<Submission[]> {
  const rows = await db
    .selectFrom("submissions")
    .selectAll()
    .where("run", "=", run)
    .orderBy("submitted")
    .orderBy("id")
    .execute();
  return rows.filter(isWhole).map(({ checksum: _checksum, handle, ...row }) => ({
    ...row,
    handle: JSON.parse(handle) as Json,
  }));
}

/** Ids of rows that are not as they were kept. */
export async function harmedSubmissions(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db.selectFrom("submissions").selectAll().execute();
  return rows.filter((row) => !isWhole(row)).map(({ id }) => id);
}
