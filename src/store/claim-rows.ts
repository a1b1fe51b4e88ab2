/** Who is at a piece, as rows. */
import { type Kysely, sql } from "kysely";
import { nowMilliseconds } from "./clock.ts";
import type { Dialect } from "./migrations.ts";
import type { Tables } from "./tables.ts";

/**
 * Takes or renews a claim by one statement, so that of several askers exactly one gets it.
 *
 * @returns whether `owner` holds it now
 */
export async function takeClaim(
  db: Kysely<Tables>,
  {
    key,
    owner,
    seconds,
    dialect,
  }: { key: string; owner: string; seconds: number; dialect: Dialect },
): Promise<boolean> {
  const now = nowMilliseconds[dialect];
  const until = sql`${now} + cast(${Math.round(seconds * 1000)} as bigint)`;
  const { rows } = await sql`
    insert into claims (key, owner, until)
    select cast(${key} as text), cast(${owner} as text), ${until}
    where not exists (select 1 from pieces where key = ${key})
    on conflict (key) do update set owner = excluded.owner, until = excluded.until
    where claims.owner = excluded.owner or claims.until <= ${now}
    returning key`.execute(db);
  return rows.length > 0;
}
