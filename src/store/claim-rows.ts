/** Who is at a piece, as rows. */
import { type Kysely, sql } from "kysely";
import { nowMilliseconds } from "./clock.ts";
import { lostOwner, writeFailureRow } from "./failure-rows.ts";
import type { Dialect } from "./migrations.ts";
import { partsOf } from "./piece-rows.ts";
import type { Tables } from "./tables.ts";

/** No claim is given for longer, and none that reads so is heeded: its time was harmed. */
export const longestClaimSeconds = 3600;

/**
 * Takes or renews a claim by one statement, so that of several askers exactly one gets it. Taking over from
 * an owner whose time is over counts as a failure of the piece: it may be the piece that ends processes.
 *
 * @param claim.harmed checksum of the piece as it stands, when it is there and damaged: it counts as
 *   unfinished until another program has written it anew
 * @returns whether `owner` holds it now
 */
export async function takeClaim(
  db: Kysely<Tables>,
  {
    key,
    owner,
    seconds,
    harmed,
    dialect,
  }: {
    key: string;
    owner: string;
    seconds: number;
    harmed: string | undefined;
    dialect: Dialect;
  },
): Promise<boolean> {
  const now = nowMilliseconds[dialect];
  const span = sql`cast(${longestClaimSeconds * 1000} as bigint)`;
  const standing =
    harmed === undefined ? sql`key = ${key}` : sql`key = ${key} and checksum <> ${harmed}`;
  const until = sql`${now} + cast(${Math.round(seconds * 1000)} as bigint)`;
  const before = await db
    .selectFrom("claims")
    .select("owner")
    .where("key", "=", key)
    .where("owner", "<>", owner)
    .executeTakeFirst();
  const { rows } = await sql`
    insert into claims (key, owner, until)
    select cast(${key} as text), cast(${owner} as text), ${until}
    where not exists (select 1 from pieces where ${standing})
    on conflict (key) do update set owner = excluded.owner, until = excluded.until
    where claims.owner = excluded.owner or claims.until <= ${now} or claims.until > ${now} + ${span}
    returning key`.execute(db);
  if (rows.length === 0) return false;
  if (before !== undefined) {
    await writeFailureRow(db, { piece: key, owner: before.owner, reason: lostOwner });
  }
  return true;
}

/** Which of these pieces have a claim that is not over. */
export async function heldOf(
  db: Kysely<Tables>,
  { keys, dialect }: { keys: readonly string[]; dialect: Dialect },
): Promise<Set<string>> {
  const held = new Set<string>();
  for (const part of partsOf(keys)) {
    for (const { key } of await db
      .selectFrom("claims")
      .select("key")
      .where("key", "in", part)
      .where("until", ">", nowMilliseconds[dialect])
      .execute()) {
      held.add(key);
    }
  }
  return held;
}
