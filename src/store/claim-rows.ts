/** Who is at a piece, as rows. */
import { type Kysely, sql } from "kysely";
import { nowMilliseconds } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import type { Tables } from "./tables.ts";

/** No claim is given for longer, and none that reads so is heeded: its time was harmed. */
export const longestClaimSeconds = 3600;

/**
 * Takes or renews a claim by one statement, so that of several askers exactly one gets it.
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
  const { rows } = await sql`
    insert into claims (key, owner, until)
    select cast(${key} as text), cast(${owner} as text), ${until}
    where not exists (select 1 from pieces where ${standing})
    on conflict (key) do update set owner = excluded.owner, until = excluded.until
    where claims.owner = excluded.owner or claims.until <= ${now} or claims.until > ${now} + ${span}
    returning key`.execute(db);
  return rows.length > 0;
}
