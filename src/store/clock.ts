/** The database's clock: one for all programs that share a store. */
import { type RawBuilder, sql } from "kysely";
import type { Dialect } from "./migrations.ts";

/** Now as ISO 8601 in UTC with milliseconds. */
export const nowText: Readonly<Record<Dialect, RawBuilder<string>>> = {
  sqlite: sql<string>`strftime('%Y-%m-%dT%H:%M:%fZ', 'now')`,
  postgres: sql<string>`to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
};

/** Now in milliseconds since 1970. */
export const nowMilliseconds: Readonly<Record<Dialect, RawBuilder<number>>> = {
  // Day number of 1970-01-01 and milliseconds of a day.
  sqlite: sql<number>`cast(round((julianday('now') - 2440587.5) * 86400000) as integer)`,
  postgres: sql<number>`cast(floor(extract(epoch from clock_timestamp()) * 1000) as bigint)`,
};
