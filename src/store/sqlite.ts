/** A store's database in one file of SQLite. */
import { statSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Kysely, sql, SqliteDialect } from "kysely";
import { CancelledError, InputError, messageOf, RunError } from "../core/errors.ts";
import { makeFolders, reasonOf } from "../files/files-disk.ts";
import { type Backend, megabytes, type TransactionOptions } from "./backend.ts";
import { migrate, newestVersion, readVersion } from "./migrations.ts";
import { openSqliteDriver, sqliteCondition } from "./sqlite-driver.ts";
import type { Tables } from "./tables.ts";

/** Marks a file as a store of this package: "dprm". */
const applicationId = 0x6470726d;

/**
 * How long SQLite itself waits for a lock. It blocks the thread meanwhile, and the lock may be held by
 * another store of this very thread, so the wait is short and the patience lies outside.
 */
const blockingMilliseconds = 20;

/** For how long a lock held by others is waited for: longer than any transaction takes. */
const patienceMilliseconds = 120_000;

export interface SqliteOptions {
  /** Bytes that the file may have; what would pass them fails as on a full disk. */
  readonly maxBytes?: number;
}

/**
 * @throws InputError when the file is no store, belongs to a newer program or cannot be written, or
 *   when no driver is installed
 */
export async function openSqlite(path: string, { maxBytes }: SqliteOptions = {}): Promise<Backend> {
  const cannotOpen = (found: string, cause?: unknown): InputError =>
    new InputError(`Cannot open the store ${path}: found ${found}`, { cause });
  const openingError = (error: unknown): Error => {
    if (error instanceof InputError) return error;
    switch (sqliteCondition(error)) {
      case "cannot-open":
      case "read-only":
        return cannotOpen("no right to write there, wanted a folder that can be written", error);
      case "corrupt":
      case "not-a-database":
        return cannotOpen(
          "a damaged file or one of another kind, wanted a store; it was left as it is",
          error,
        );
      default:
        return new RunError(`Cannot open the store ${path}: found ${messageOf(error)}`, {
          cause: error,
        });
    }
  };
  await makeFolders(dirname(path)).catch((error: unknown) => {
    const reason = reasonOf((error as Error).cause ?? error).replace(/^found /, "");
    throw cannotOpen(`${reason}, wanted a folder that can be written`, error);
  });
  const database = await openSqliteDriver(path).catch((error: unknown) => {
    throw openingError(error);
  });
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  const files = placeOfFiles(path);
  const backend = sqliteBackend(db, { path, files });
  const pragma = async (text: string): Promise<unknown> => {
    // Another program may be at the first steps of the same file: even a look can meet its lock.
    const { rows } = await untilFree(() =>
      sql.raw<Record<string, unknown>>(`pragma ${text}`).execute(db),
    );
    return Object.values(rows[0] ?? {})[0];
  };
  try {
    await pragma(`busy_timeout = ${blockingMilliseconds}`);
    // Everything up to here and the check reads only, so that a foreign file stays as it is.
    await untilFree(() => checkOwner(db, cannotOpen));
    await pragma("auto_vacuum = incremental");
    const mode = await pragma("journal_mode = wal");
    if (mode !== "wal") {
      throw cannotOpen(`journal mode ${String(mode)}, wanted a file system with shared memory`);
    }
    await pragma("synchronous = full");
    await pragma("foreign_keys = on");
    await pragma(`journal_size_limit = ${64 * 2 ** 20}`);
    if (maxBytes !== undefined) {
      const pageSize = Number(await pragma("page_size"));
      await pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
    }
    await backend.transaction(
      async (connection) => {
        const version = await checkOwner(connection, cannotOpen);
        if (version === newestVersion) return;
        await sql.raw(`pragma application_id = ${applicationId}`).execute(connection);
        await migrate(connection, { dialect: "sqlite", version });
      },
      { mode: "write", action: `open the store ${path}` },
    );
    files.remember();
  } catch (error) {
    await db.destroy();
    throw error instanceof RunError ? error : openingError(error);
  }
  return backend;
}

/** Version of the store in the file, 0 for an empty file. */
async function checkOwner(
  db: Kysely<Tables>,
  cannotOpen: (found: string) => InputError,
): Promise<number> {
  const { rows } = await sql<{ tables: number; application: number }>`
    select (select count(*) from sqlite_master) as tables, application_id as application
    from pragma_application_id()`.execute(db);
  const { tables = 0, application = 0 } = rows[0] ?? {};
  if (tables === 0 && application === 0) return 0;
  if (application !== applicationId) {
    throw cannotOpen("a database of another program, wanted a store or a new file");
  }
  return readVersion(db, cannotOpen);
}

/** Does something again while another connection holds a lock that it needs. */
async function untilFree<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + patienceMilliseconds;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (sqliteCondition(error) !== "busy" || performance.now() > deadline) throw error;
      // Unequal pauses keep two waiting programs from meeting again and again.
      await pause(2 + 30 * Math.random());
    }
  }
}

interface PlaceOfFiles {
  /** Takes the files as they lie now for the ones that are open. */
  remember(): void;
  /** @throws RunError when they are gone or others */
  stillThere(): void;
}

/**
 * The files of an open store. On most systems a deleted file lives on, unseen, until it is closed: what
 * is kept in it would be lost at the end without a word.
 */
function placeOfFiles(path: string): PlaceOfFiles {
  const paths = [path, `${path}-wal`];
  const idOf = (one: string): string | undefined => {
    const found = statSync(one, { bigint: true, throwIfNoEntry: false });
    return found && `${found.dev} ${found.ino}`;
  };
  let ids: readonly (string | undefined)[] | undefined;
  return {
    remember: () => {
      ids = paths.map(idOf);
    },
    stillThere: () => {
      if (ids === undefined) return;
      for (const [i, one] of paths.entries()) {
        const now = idOf(one);
        // A log that was not there yet may come.
        if (ids[i] === undefined || now === ids[i]) continue;
        throw new RunError(
          `Cannot go on with the store ${path}: found ${one} ${now === undefined ? "deleted" : "replaced by another file"} while it was in use, wanted it left alone; what was kept since the opening may be lost, start the work again`,
        );
      }
    },
  };
}

function sqliteBackend(
  db: Kysely<Tables>,
  { path, files }: { path: string; files: PlaceOfFiles },
): Backend {
  const once = <T>(work: (connection: Kysely<Tables>) => Promise<T>, begin: string): Promise<T> =>
    db.connection().execute(async (connection) => {
      await sql.raw(begin).execute(connection);
      try {
        const result = await work(connection);
        await sql.raw("commit").execute(connection);
        files.stillThere();
        return result;
      } catch (error) {
        // SQLite has rolled back by itself after some errors, a full disk among them.
        await sql
          .raw("rollback")
          .execute(connection)
          .catch(() => undefined);
        throw error;
      }
    });
  const failure = (error: unknown, { action, bytes }: TransactionOptions): Error => {
    if (error instanceof InputError || error instanceof RunError) return error;
    if (error instanceof CancelledError) return error;
    const because = (found: string): RunError =>
      new RunError(`Cannot ${action}: found ${found}`, { cause: error });
    switch (sqliteCondition(error)) {
      case "full":
        return because(
          `a full disk at ${path}, wanted room for ${bytes === undefined ? "it" : megabytes(bytes)}; nothing was changed, make room and try again`,
        );
      case "busy":
        return because(
          `${path} locked by another program for ${patienceMilliseconds / 1000} s, wanted it free`,
        );
      case "read-only":
      case "cannot-open":
        return because(`no right to write at ${path}, wanted a folder that can be written`);
      case "disk":
        return because(`an error of the disk at ${path} (${messageOf(error)})`);
      case "corrupt":
      case "not-a-database":
        return because(`damage in ${path} (${messageOf(error)}), wanted the file from a back-up`);
      default:
        return because(`${messageOf(error)} in ${path}`);
    }
  };
  return Object.freeze({
    dialect: "sqlite",
    place: path,
    transaction: <T>(
      work: (connection: Kysely<Tables>) => Promise<T>,
      options: TransactionOptions,
    ): Promise<T> =>
      // A transaction that will write takes the lock at once: raised later, it could not wait for it.
      untilFree(() => once(work, options.mode === "write" ? "begin immediate" : "begin")).catch(
        (error: unknown) => {
          throw failure(error, options);
        },
      ),
    faults: async (connection: Kysely<Tables>) => {
      const { rows } = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(
        connection,
      );
      return rows.map((row) => row.integrity_check).filter((line) => line !== "ok");
    },
    shrink: async () => {
      const free = async (): Promise<number> => {
        const { rows } = await sql<{ freelist_count: number }>`pragma freelist_count`.execute(db);
        return rows[0]?.freelist_count ?? 0;
      };
      const shrinking = untilFree(async () => {
        // One call frees at least a page, how many more depends on how the driver steps through it.
        for (let left = await free(), before = left + 1; left > 0 && left < before; ) {
          before = left;
          await sql`pragma incremental_vacuum`.execute(db);
          left = await free();
        }
        await sql`pragma wal_checkpoint(truncate)`.execute(db);
      });
      // What was to be removed is removed; its room in the file is used again in any case.
      await shrinking.catch(() => undefined);
    },
    dispose: () => db.destroy(),
  });
}
