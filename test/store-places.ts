/** The two databases on which the store's tests run, each with a look behind the store's back. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import pg from "pg";
import { openSqliteDriver } from "../src/store/sqlite-driver.ts";
import type { PostgresServer } from "./postgres.ts";
import type { ChildTask } from "./store-child.ts";

export type Rows = readonly Readonly<Record<string, unknown>>[];

export interface StorePlaces {
  readonly dialect: "sqlite" | "postgres";
  /** A place at which nothing is yet. */
  fresh(): string;
  /** Runs a statement on the tables at a place, past the store. */
  raw(place: string, statement: string): Promise<Rows>;
  /** The same without the database's own look at references, as damage on a disk comes. */
  harm(place: string, statement: string): Promise<void>;
  /** Whether another program has begun to write a blob and not ended. */
  writing(place: string): Promise<boolean>;
  dispose(): void;
}

export function sqlitePlaces(): StorePlaces {
  const folder = mkdtempSync(join(tmpdir(), "dprime-store-"));
  let count = 0;
  return {
    dialect: "sqlite",
    fresh: () => join(folder, "new folder", `${++count}.sqlite`),
    raw: async (place, statement) => {
      const database = await openSqliteDriver(place);
      try {
        const prepared = database.prepare(statement);
        if (prepared.reader) return prepared.all([]) as Rows;
        prepared.run([]);
        return [];
      } finally {
        database.close();
      }
    },
    harm: async (place, statement) => {
      const database = await openSqliteDriver(place);
      try {
        for (const each of ["pragma foreign_keys = off", statement]) {
          const prepared = database.prepare(each);
          if (prepared.reader) prepared.all([]);
          else prepared.run([]);
        }
      } finally {
        database.close();
      }
    },
    writing: async (place) =>
      (statSync(`${place}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 16e6,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function postgresPlaces(server: PostgresServer): StorePlaces {
  let count = 0;
  const raw = async (place: string, statement: string): Promise<Rows> => {
    const url = new URL(place);
    const schema = url.searchParams.get("schema");
    url.searchParams.delete("schema");
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    try {
      await client.query(`set search_path to "${schema}"`);
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    dialect: "postgres",
    fresh: () => `${server.url}&schema=place_${++count}`,
    raw,
    harm: async (place, statement) => {
      await raw(place, `set session_replication_role = replica; ${statement}`);
    },
    writing: async (place) => {
      const active = await raw(
        place,
        `select 1 as one from pg_stat_activity where application_name = 'dprime'
         and query like '%blob_chunks%' and state in ('active', 'idle in transaction')`,
      );
      return active.length > 0;
    },
    dispose: () => undefined,
  };
}

/** Starts a second program at a store. */
export function startChild(place: string, task: ChildTask, startAt = 0): ChildProcess {
  const script = join(import.meta.dirname, "store-child.ts");
  return spawn(
    process.execPath,
    ["--import", "tsx", script, place, String(startAt), JSON.stringify(task)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
}

/** What the programs print, once all have ended. */
export async function runChildren(place: string, tasks: readonly ChildTask[]): Promise<unknown[]> {
  // Long enough for all to have started on a busy machine.
  const startAt = Date.now() + 1500;
  return Promise.all(
    tasks.map(
      async (task) => JSON.parse(await text(startChild(place, task, startAt).stdout!)) as unknown,
    ),
  );
}
