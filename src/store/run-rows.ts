/** Runs as rows. */
import { type Kysely, type Selectable, sql } from "kysely";
import { longestClaimSeconds } from "./claim-rows.ts";
import { nowMilliseconds, nowText } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import { partsOf } from "./piece-rows.ts";
import { piecesOfRun, runChecksum, type RunPiece, stateChecksum } from "./seals.ts";
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
  const now = await timeOf(db, dialect);
  const plan = pieces.map((piece, ordinal) => ({ ordinal, piece }));
  const row = { id, study, description, started: now };
  const state = { id, status: "running", cause: null, changed: now };
  const added = await db
    .insertInto("runs")
    .values({
      ...row,
      ...state,
      checksum: runChecksum(row, plan),
      state_checksum: stateChecksum(state),
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("id")
    .executeTakeFirst();
  if (added === undefined) return;
  for (const part of partsOf(plan)) {
    await db
      .insertInto("run_pieces")
      .values(part.map((one) => ({ run: id, ...one })))
      .execute();
  }
}

async function timeOf(db: Kysely<Tables>, dialect: Dialect): Promise<string> {
  const { rows } = await sql<{ now: string }>`select ${nowText[dialect]} as now`.execute(db);
  return rows[0]!.now;
}

/** False when there is no such run. */
export async function changeRunRow(
  db: Kysely<Tables>,
  {
    id,
    status,
    cause: given,
    dialect,
  }: { id: string; status: RunStatus; cause: string | undefined; dialect: Dialect },
): Promise<boolean> {
  // A database's text cannot hold NUL, which a message of another program may.
  const cause = given?.replaceAll("\0", "\uFFFD") ?? null;
  const state = { id, status, cause, changed: await timeOf(db, dialect) };
  const changed = await db
    .updateTable("runs")
    .set({ ...state, state_checksum: stateChecksum(state) })
    .where("id", "=", id)
    .returning("id")
    .execute();
  return changed.length > 0;
}

/** Says that `owner` is at a run for so many seconds more; false when there is no such run. */
export async function writeBeat(
  db: Kysely<Tables>,
  {
    run,
    owner,
    seconds,
    dialect,
  }: { run: string; owner: string; seconds: number; dialect: Dialect },
): Promise<boolean> {
  const until = sql`${nowMilliseconds[dialect]} + ${spanOf(seconds)}`;
  const { rows } = await sql`
    insert into run_beats (run, owner, until)
    select id, cast(${owner} as text), ${until} from runs where id = ${run}
    on conflict (run, owner) do update set until = excluded.until
    returning run`.execute(db);
  return rows.length > 0;
}

/** Milliseconds of some seconds, as the type of a time. */
const spanOf = (seconds: number) => sql`cast(${Math.round(seconds * 1000)} as bigint)`;

/** Who is at which run now. */
async function beatsOf(
  db: Kysely<Tables>,
  { id, dialect }: { id: string | undefined; dialect: Dialect },
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { run, owner } of await db
    .selectFrom("run_beats")
    .select(["run", "owner"])
    .$if(id !== undefined, (query) => query.where("run", "=", id!))
    .where("until", ">", nowMilliseconds[dialect])
    // A time that no beat is given was harmed.
    .where("until", "<=", sql<number>`${nowMilliseconds[dialect]} + ${spanOf(longestClaimSeconds)}`)
    .orderBy("owner")
    .execute()) {
    found.set(run, [...(found.get(run) ?? []), owner]);
  }
  return found;
}

/** One run or all of them, newest first. */
export async function readRuns(
  db: Kysely<Tables>,
  { id, dialect }: { id?: string; dialect: Dialect },
): Promise<RunRecord[]> {
  const rows = await db
    .selectFrom("runs")
    .selectAll()
    .$if(id !== undefined, (query) => query.where("id", "=", id!))
    .orderBy("started", "desc")
    .orderBy("arrival", "desc")
    .execute();
  const beats = await beatsOf(db, { id, dialect });
  const records: RunRecord[] = [];
  for (const row of rows) {
    records.push(recordOf(row, await piecesOfRun(db, row.id), beats.get(row.id) ?? []));
  }
  return records;
}

function recordOf(
  row: Selectable<Tables["runs"]>,
  plan: readonly RunPiece[],
  owners: readonly string[],
): RunRecord {
  const { id, study, started, changed } = row;
  const base = { id, study, started, changed, owners, pieces: plan.map(({ piece }) => piece) };
  if (row.checksum !== runChecksum(row, plan) || row.state_checksum !== stateChecksum(row)) {
    return Object.freeze({ ...base, description: null, status: "damaged" as const });
  }
  const stored = row.status as RunStatus;
  return Object.freeze({
    ...base,
    description: JSON.parse(row.description) as Json,
    status: stateOf(stored, owners),
    ...(row.cause === null ? {} : { cause: row.cause }),
  });
}

/**
 * What a run is doing. A killed process cannot say that it ended, and of several processes at one run
 * the one that stops speaks for itself alone.
 */
function stateOf(stored: RunStatus, owners: readonly string[]): RunRecord["status"] {
  if (stored === "done") return "done";
  if (owners.length > 0) return "running";
  return stored === "running" ? "killed" : stored;
}
