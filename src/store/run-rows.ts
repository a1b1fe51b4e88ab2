/** Runs as rows. */
import type { Kysely } from "kysely";
import { nowText } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import { partsOf } from "./piece-rows.ts";
import type { Json, RunRecord, RunStatus } from "./store.ts";
import type { Tables } from "./tables.ts";

/** Adds a run that is under way; one with this id that is there already stays as it is. */
export async function writeRun(
  db: Kysely<Tables>,
  {
    id,
    study,
    description,
    pieces,
    dialect,
  }: {
    id: string;
    study: string;
    description: string;
    pieces: readonly string[];
    dialect: Dialect;
  },
): Promise<void> {
  const now = nowText[dialect];
  const added = await db
    .insertInto("runs")
    .values({ id, study, description, status: "running", started: now, changed: now })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (added === undefined) return;
  const rows = pieces.map((piece, ordinal) => ({ run: id, ordinal, piece }));
  for (const part of partsOf(rows)) await db.insertInto("run_pieces").values(part).execute();
}

/** False when there is no such run. */
export async function changeRunRow(
  db: Kysely<Tables>,
  {
    id,
    status,
    cause,
    dialect,
  }: { id: string; status: RunStatus; cause: string | undefined; dialect: Dialect },
): Promise<boolean> {
  const changed = await db
    .updateTable("runs")
    // A database's text cannot hold NUL, which a message of another program may.
    .set({ status, cause: cause?.replaceAll("\0", "\uFFFD") ?? null, changed: nowText[dialect] })
    .where("id", "=", id)
    .returning("id")
    .execute();
  return changed.length > 0;
}

/** One run or all of them, newest first. */
export async function readRuns(db: Kysely<Tables>, id?: string): Promise<RunRecord[]> {
  const rows = await db
    .selectFrom("runs")
    .selectAll()
    .$if(id !== undefined, (query) => query.where("id", "=", id!))
    .orderBy("started", "desc")
    .orderBy("arrival", "desc")
    .execute();
  const pieces = new Map<string, string[]>(rows.map((row) => [row.id, []]));
  for (const { run, piece } of await db
    .selectFrom("run_pieces")
    .select(["run", "piece"])
    .$if(id !== undefined, (query) => query.where("run", "=", id!))
    .orderBy("run")
    .orderBy("ordinal")
    .execute()) {
    pieces.get(run)?.push(piece);
  }
  return rows.map((row) =>
    Object.freeze({
      id: row.id,
      study: row.study,
      description: JSON.parse(row.description) as Json,
      pieces: pieces.get(row.id) ?? [],
      status: row.status as RunStatus,
      ...(row.cause === null ? {} : { cause: row.cause }),
      started: row.started,
      changed: row.changed,
    }),
  );
}
