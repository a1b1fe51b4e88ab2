/** A store's database in one schema of PostgreSQL. */
import { setTimeout as pause } from "node:timers/promises";
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import { CancelledError, InputError, messageOf, RunError } from "../core/errors.ts";
import { type Backend, megabytes, type TransactionOptions } from "./backend.ts";
import { migrate, newestVersion, readVersion } from "./migrations.ts";
import type { StorePlace } from "./place.ts";
import type { Tables } from "./tables.ts";

type PostgresPlace = Extract<StorePlace, { dialect: "postgres" }>;

/** Connections of one process; the workers of a run share its store. */
const maxConnections = 4;

/** Before the next try after a lost connection, doubled up to the longest. */
const reconnectMilliseconds = { first: 500, longest: 5000 };

/** A server that restarts, or a network that is away for a minute, is back before. */
const usualPatienceSeconds = 300;

export interface PostgresOptions {
  /**
   * For how long a server that is lost after the opening is waited for; 300 s when absent. At the
   * opening there is one more try, for a place that never answered is more likely misspelt.
   */
  readonly patienceSeconds?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Told when the waiting begins and when the server is back. */
  readonly onNotice?: (notice: string) => void;
}

/** Transactions that the server ended because two waited for each other are tried so often. */
const maxConflicts = 5;

/** Object identifier of PostgreSQL's bigint, which `pg` would hand out as a string. */
const bigintType = 20;

/** SQLSTATE or code of the operating system. */
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === "string") return code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}

/** Text of an error; that of a host with several addresses is empty and its parts say more. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return messageOf(first) || codeOf(error);
}

/** Whether the connection was lost or refused, so that a fresh one may do better. */
export function lostConnection(error: unknown): boolean {
  return (
    /^(08...|57P0[1-3]|ECONN\w+|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH)$/.test(codeOf(error)) ||
    /^Connection terminated|^timeout exceeded when trying to connect|^Client has encountered a connection error/.test(
      messageOf(error),
    )
  );
}

/**
 * @throws InputError on wrong credentials, an unknown database, a schema of another program or of a
 *   newer dprime, or when the package `pg` is not installed
 * @throws RunError when the server does not answer
 */
export async function openPostgres(
  place: PostgresPlace,
  { patienceSeconds = usualPatienceSeconds, signal, onNotice }: PostgresOptions = {},
): Promise<Backend> {
  const cannotOpen = (found: string, cause?: unknown): InputError =>
    new InputError(`Cannot open the store ${place.shown}: found ${found}`, { cause });
  const { default: pg } = await import("pg").catch((cause: unknown) => {
    throw cannotOpen("no driver for PostgreSQL, wanted `npm install pg`", cause);
  });
  const makePool = (): InstanceType<typeof pg.Pool> => {
    const pool = new pg.Pool({
      connectionString: place.url,
      max: maxConnections,
      application_name: "dprime",
      connectionTimeoutMillis: 10_000,
      keepAlive: true,
      types: {
        getTypeParser: (id: number, format?: "text") =>
          id === bigintType ? Number : (pg.types.getTypeParser(id, format) as unknown),
      } as typeof pg.types,
    });
    // Without a listener a connection that is lost while nobody asks it anything ends the program.
    // The next query meets the loss and reports it.
    pool.on("error", () => undefined);
    pool.on("connect", (client) => client.on("error", () => undefined));
    return pool;
  };
  let pool = makePool();
  const current: PostgresPool = { connect: () => pool.connect(), end: () => pool.end() };
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: current }) });

  const once = <T>(work: (connection: Kysely<Tables>) => Promise<T>, begin: string): Promise<T> =>
    db.connection().execute(async (connection) => {
      try {
        await sql.raw(`${begin}; set local search_path to "${place.schema}"`).execute(connection);
        const result = await work(connection);
        await sql.raw("commit").execute(connection);
        return result;
      } catch (error) {
        await sql
          .raw("rollback")
          .execute(connection)
          .catch(() => undefined);
        throw error;
      }
    });

  let opened = false;
  /** When the server was last heard of; of several calls that wait, the first says so. */
  let lostSince: number | undefined;
  const heard = (): void => {
    if (lostSince === undefined) return;
    const seconds = Math.round((performance.now() - lostSince) / 1000);
    lostSince = undefined;
    onNotice?.(`${place.shown} is back after ${seconds} s`);
  };
  /** Waits before another try; false when it is not to be tried again. */
  const waited = async (tries: number, error: unknown): Promise<boolean> => {
    const { first, longest } = reconnectMilliseconds;
    const span = Math.min(longest, first * 2 ** tries);
    if (!opened) {
      if (tries > 0) return false;
    } else {
      if (signal?.aborted) return false;
      if (lostSince === undefined) {
        lostSince = performance.now();
        onNotice?.(
          `no connection to ${place.shown} (${reasonOf(error)}): waiting up to ${patienceSeconds} s`,
        );
      } else if (performance.now() - lostSince > 1000 * patienceSeconds) return false;
    }
    // Cut short by the signal; the work is then tried once more, for it may be a checkpoint.
    await pause(span, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    return true;
  };

  const transaction = async <T>(
    work: (connection: Kysely<Tables>) => Promise<T>,
    options: TransactionOptions,
  ): Promise<T> => {
    const begin =
      options.mode === "write" ? "begin" : "begin isolation level repeatable read read only";
    let conflicts = 0;
    for (let tries = 0; ; ) {
      const used = pool;
      try {
        const result = await once(work, begin);
        heard();
        return result;
      } catch (error) {
        if (/^40(001|P01)$/.test(codeOf(error)) && conflicts++ < maxConflicts) continue;
        if (lostConnection(error) && (await waited(tries++, error))) {
          // Other connections of the pool may be lost without knowing it yet.
          if (pool === used) {
            pool = makePool();
            void used.end().catch(() => undefined);
          }
          continue;
        }
        throw failure(error, options, place.shown);
      }
    }
  };

  try {
    await transaction(
      async (connection) => {
        const version = await prepareSchema(connection, { schema: place.schema, cannotOpen });
        if (version < newestVersion) {
          await migrate(connection, { dialect: "postgres", version });
        }
      },
      { mode: "write", action: `open the store ${place.shown}` },
    );
    opened = true;
  } catch (error) {
    await db.destroy().catch(() => undefined);
    const code = error instanceof Error ? codeOf(error.cause) : "";
    if (/^(28|3D|42501)/.test(code)) throw cannotOpen(reasonOf((error as Error).cause), error);
    throw error;
  }
  return Object.freeze({
    dialect: "postgres",
    place: place.shown,
    transaction,
    // Pages have checksums of the server's own where its administrator asked for them.
    faults: async () => [],
    // The server's autovacuum does it.
    shrink: async () => undefined,
    dispose: () => db.destroy(),
  });
}

/** Makes the schema when it is not there; its version, 0 when it is empty. */
async function prepareSchema(
  db: Kysely<Tables>,
  { schema, cannotOpen }: { schema: string; cannotOpen: (found: string) => InputError },
): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('dprime migration'), hashtext(${schema}))`.execute(
    db,
  );
  const { rows } = await sql<{ present: boolean; ours: boolean; tables: number }>`
    select exists (select from pg_namespace where nspname = ${schema}) as present,
      exists (select from pg_tables where schemaname = ${schema} and tablename = 'store_version')
        as ours,
      (select count(*) from pg_tables where schemaname = ${schema}) as tables`.execute(db);
  const found = rows[0];
  if (!found?.present) {
    await sql`create schema ${sql.id(schema)}`.execute(db);
    return 0;
  }
  if (!found.ours) {
    if (found.tables === 0) return 0;
    throw cannotOpen(
      `tables of another program in the schema ${schema}, wanted an empty schema: add ?schema=NAME`,
    );
  }
  return readVersion(db, cannotOpen);
}

/** The error for a reader; `cause` keeps the driver's. */
export function failure(
  error: unknown,
  { action, bytes }: TransactionOptions,
  shown: string,
): Error {
  if (error instanceof InputError || error instanceof RunError || error instanceof CancelledError) {
    return error;
  }
  const because = (found: string): RunError =>
    new RunError(`Cannot ${action}: found ${found}`, { cause: error });
  const code = codeOf(error);
  if (code === "53100") {
    return because(
      `a full disk at ${shown}, wanted room for ${bytes === undefined ? "it" : megabytes(bytes)}; nothing was changed, make room and try again`,
    );
  }
  if (lostConnection(error)) {
    return because(
      `no connection to ${shown} (${reasonOf(error)}), wanted a PostgreSQL server; everything kept before stays`,
    );
  }
  if (code.startsWith("XX00")) return because(`damage in ${shown} (${reasonOf(error)})`);
  return because(`${reasonOf(error)} at ${shown}`);
}
