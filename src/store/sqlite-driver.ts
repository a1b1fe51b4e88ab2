/** A SQLite that this machine has: Node's own (22.13 and later), else the package better-sqlite3. */
import type { SqliteDatabase, SqliteStatement } from "kysely";
import { InputError, messageOf } from "../core/errors.ts";

/** The part of `node:sqlite` that is used; the types of Node 20 do not know it. */
interface NodeStatement {
  all(...values: unknown[]): unknown[];
  run(...values: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  iterate(...values: unknown[]): IterableIterator<unknown>;
}
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => { prepare(text: string): NodeStatement; close(): void };
}

const answersRows = /^\s*(select|with|pragma)\b|\breturning\b/i;

function openNodeSqlite({ DatabaseSync }: NodeSqlite, path: string): SqliteDatabase {
  const database = new DatabaseSync(path);
  return {
    close: () => database.close(),
    prepare: (text): SqliteStatement => {
      const statement = database.prepare(text);
      return {
        // Early versions of the module have no `columns()` to ask.
        reader: answersRows.test(text),
        all: (values) => statement.all(...values),
        run: (values) => statement.run(...values),
        iterate: (values) => statement.iterate(...values),
      };
    },
  };
}

/**
 * Opens a file, making it when it is not there.
 *
 * @throws InputError when neither driver is there; the driver's own error when the file does not open
 */
export async function openSqliteDriver(path: string): Promise<SqliteDatabase> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 13)) {
    const own = process.getBuiltinModule("node:sqlite") as NodeSqlite | undefined;
    if (own !== undefined) return openNodeSqlite(own, path);
  }
  const missing = (cause: unknown): InputError =>
    new InputError(
      `Cannot open the store ${path}: found no SQLite for Node ${process.versions.node} (${messageOf(cause).split("\n")[0]}), wanted \`npm install better-sqlite3@12.11.1\` or Node 22.13`,
      { cause },
    );
  const { default: BetterSqlite } = await import("better-sqlite3").catch((cause: unknown) => {
    throw missing(cause);
  });
  try {
    return new BetterSqlite(path) as SqliteDatabase;
  } catch (error) {
    // A driver whose native part was not built imports well and fails at its first use.
    if (/bindings file|NODE_MODULE_VERSION|\.node\b/.test(messageOf(error))) throw missing(error);
    throw error;
  }
}

/** Primary result codes of SQLite that are told apart. */
const conditions: Readonly<Record<number, SqliteCondition>> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "disk",
  11: "corrupt",
  13: "full",
  14: "cannot-open",
  26: "not-a-database",
};
const names: Readonly<Record<string, number>> = {
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
};

export type SqliteCondition =
  | "busy"
  | "read-only"
  | "disk"
  | "corrupt"
  | "full"
  | "cannot-open"
  | "not-a-database";

/** What a driver's error says; undefined for anything else. */
export function sqliteCondition(error: unknown): SqliteCondition | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  if (typeof errcode === "number") return conditions[errcode & 0xff];
  if (typeof code !== "string") return undefined;
  const primary = /^SQLITE_[A-Z]+/.exec(code)?.[0] ?? "";
  return conditions[names[primary] ?? -1];
}
