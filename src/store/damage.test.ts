/**
 * Changed bytes of every kind, on both databases: what is read is as it was kept, or missing, or refused;
 * never another value. What is damaged is found by `check` and made whole by doing the work again.
 */
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type PostgresServer, startPostgres } from "../../test/postgres.ts";
import { keyOf, pattern } from "../../test/store-child.ts";
import { postgresPlaces, sqlitePlaces, type StorePlaces } from "../../test/store-places.ts";
import { sha256 } from "../core/checksum.ts";
import { streamOf } from "../core/random.ts";
import { openStore } from "./open-store.ts";
import { DamageError, type NewPiece, type Store } from "./store.ts";
import type { Tables } from "./tables.ts";

vi.setConfig({ testTimeout: 180_000 });

const server: PostgresServer | undefined = await startPostgres();
afterAll(() => server?.stop());

const databases: readonly StorePlaces[] = [
  sqlitePlaces(),
  ...(server === undefined ? [] : [postgresPlaces(server)]),
];

const base: NewPiece = {
  key: keyOf("base"),
  kind: "denoise-cases",
  inputs: { sigma: 12.5, name: "gaussian" },
  depends: {},
  values: { psnr: [31.25, 30.125, null], "dose %": 25 },
  blobs: { images: pattern(3000, 1), network: pattern(500, 2) },
  seconds: 2.5,
};
const derived: NewPiece = {
  ...base,
  key: keyOf("derived"),
  kind: "judge-template",
  depends: { "test 00000": base.key },
  values: { absent: [0.5, 1.5], present: [2.25] },
  blobs: { scores: pattern(40, 3) },
};
const unfinished = keyOf("unfinished");
const pieces = [base.key, derived.key, unfinished];

async function fill(store: Store): Promise<string> {
  await store.savePiece(base);
  await store.savePiece(derived);
  await store.saveCheckpoint(unfinished, pattern(1000, 4));
  await store.claim(keyOf("claimed"), "host:1:a", 60);
  const beat = { owner: "host:1:a", seconds: 600 };
  const { id } = await store.startRun({ study: "s", description: { seed: 7 }, pieces }, beat);
  await store.changeRun(id, { status: "failed", cause: "found no lesion" });
  await store.endBeat(id, beat.owner);
  await store.beat(id, beat);
  await store.noteFailure(unfinished, { owner: "host:2:b", reason: "found no memory" });
  await store.addSubmission({ run: id, executor: "slurm", handle: { jobs: ["4711"] } });
  return id;
}

/** Everything that a user may read, each as JSON; what is missing or refused is left out. */
async function readAll(store: Store, run: string): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  const note = async (name: string, read: () => Promise<unknown>) => {
    const value = await read().catch((error: unknown) => {
      expect(String(error), name).toMatch(/^(InputError|RunError): Cannot /);
    });
    if (value !== undefined) all.set(name, JSON.stringify(value));
  };
  for (const { key, blobs } of [base, derived]) {
    await note(`piece ${key}`, () => store.piece(key));
    for (const bytes of Object.values(blobs)) {
      await note(`blob ${sha256(bytes)}`, async () => sha256(await store.blob(sha256(bytes))));
    }
  }
  await note("checkpoint", async () => {
    const bytes = await store.checkpoint(unfinished);
    return bytes && sha256(bytes);
  });
  await note("submissions", async () => {
    const found = await store.submissions(run);
    return found.length === 0 ? undefined : found;
  });
  await note("run", async () => {
    const found = await store.run(run);
    if (found?.status === "damaged") return undefined;
    const { id, study, description, pieces: of, cause, started, changed } = found ?? {};
    return found && { id, study, description, of, cause, started, changed };
  });
  return all;
}

/** Columns without a part in any result: the order of arrival, and who is at what for how long. */
const idle = new Set(["pieces.arrival", "runs.arrival", "piece_failures.arrival"]);
const passing = new Set(["claims", "run_beats", "piece_failures"]);

/** A literal of the value with one character, digit or bit changed. */
function changed(value: unknown, dialect: StorePlaces["dialect"], at: number): string {
  if (value === null) return "'x'";
  if (typeof value === "number") return String(value + 1024);
  if (typeof value === "string" && /^\d+$/.test(value)) return String(Number(value) + 1024);
  if (typeof value === "string") {
    const place = at % value.length;
    const char = value.charCodeAt(place);
    const other = String.fromCharCode(char === 0x39 ? 0x38 : char ^ 1);
    return `'${(value.slice(0, place) + other + value.slice(place + 1)).replaceAll("'", "''")}'`;
  }
  const bytes = Buffer.from(value as Uint8Array);
  const place = at % (8 * bytes.length);
  bytes[place >> 3]! ^= 1 << (place & 7);
  const hex = bytes.toString("hex");
  return dialect === "sqlite" ? `x'${hex}'` : `decode('${hex}', 'hex')`;
}

function literal(value: unknown, dialect: StorePlaces["dialect"]): string {
  if (value === null) return "null";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `'${value.replaceAll("'", "''")}'`;
  const hex = Buffer.from(value as Uint8Array).toString("hex");
  return dialect === "sqlite" ? `x'${hex}'` : `decode('${hex}', 'hex')`;
}

const is = (word: string): string => (word === "null" ? " is null" : ` = ${word}`);

const tables: readonly (keyof Tables)[] = [
  "pieces",
  "piece_depends",
  "piece_blobs",
  "blobs",
  "blob_chunks",
  "checkpoints",
  "checkpoint_chunks",
  "claims",
  "runs",
  "run_pieces",
  "run_beats",
  "piece_failures",
  "submissions",
];

describe.each(databases.map((places) => ({ places, name: places.dialect })))(
  "damage in $name",
  ({ places }) => {
    const { dialect } = places;
    let place: string;
    let run: string;
    let whole: Map<string, string>;
    beforeAll(async () => {
      place = places.fresh();
      const store = await openStore(place);
      run = await fill(store);
      whole = await readAll(store, run);
      await store.dispose();
    });
    afterAll(() => places.dispose());

    it("lists every table that a store has", async () => {
      const query = {
        sqlite: "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'",
        postgres: "select tablename as name from pg_tables where schemaname = current_schema()",
      }[dialect];
      const names = (await places.raw(place, query)).map(({ name }) => name);
      expect(new Set(names)).toEqual(new Set([...tables, "store_version"]));
    });

    it.each(tables)("never reads another value after a change in %s", async (table) => {
      const rows = await places.raw(place, `select * from ${table}`);
      expect(rows.length).toBeGreaterThan(0);
      const missed: string[] = [];
      for (const row of rows) {
        const others = (but: string) =>
          Object.entries(row)
            .filter(([name, value]) => name !== but && !(value instanceof Uint8Array))
            .map(([name, v]) => `${name}${is(literal(v, dialect))}`);
        for (const [column, value] of Object.entries(row)) {
          const name = `${table}.${column}`;
          if (dialect === "postgres" && idle.has(name)) continue;
          for (const at of [3, 11, 1234]) {
            const word = changed(value, dialect, at);
            const own = literal(value, dialect);
            const update = (from: string, to: string) => {
              const where = [...others(column), `${column}${is(from)}`].join(" and ");
              return places.harm(place, `update ${table} set ${column} = ${to} where ${where}`);
            };
            await update(own, word);
            const store = await openStore(place);
            for (const [what, text] of await readAll(store, run)) {
              expect(text, `${what} after a change in ${name}`).toBe(whole.get(what));
            }
            const { faults } = await store.check();
            if (faults.length === 0 && !idle.has(name) && !passing.has(table)) missed.push(name);
            await store.dispose();
            await update(word, own);
          }
        }
      }
      expect(missed).toEqual([]);
      const store = await openStore(place);
      expect(await readAll(store, run)).toEqual(whole);
      expect((await store.check()).faults).toEqual([]);
      await store.dispose();
    });

    it("does damaged work again, and only that", async () => {
      const own = places.fresh();
      const store = await openStore(own);
      await fill(store);
      const all = [base.key, derived.key];
      const digits = `'${JSON.stringify(base.values).replace("31.25", "31.35")}'`;
      await places.harm(own, `update pieces set results = ${digits} where key = '${base.key}'`);
      expect(await store.damaged(all)).toEqual(new Set([base.key]));
      expect(await store.finished(all)).toEqual(new Set([derived.key]));
      expect(await store.lineage(derived.key)).toHaveLength(1);
      expect(await store.claim(base.key, "a", 60)).toBe(true);
      expect(await store.claim(base.key, "b", 60)).toBe(false);
      await store.savePiece(base);
      expect((await store.piece(base.key))!.values).toEqual(base.values);
      expect(await store.claim(base.key, "b", 60), "finished again").toBe(false);
      expect(await store.finished(all)).toEqual(new Set(all));
      expect((await store.check()).faults).toEqual([]);

      const hash = sha256(base.blobs.images!);
      const gone = `delete from blob_chunks where hash = '${hash}'`;
      await places.harm(own, gone);
      await expect(store.blob(hash)).rejects.toThrow(DamageError);
      const { faults } = await store.check();
      expect(faults).toMatchObject([{ what: "blob", id: hash, pieces: [base.key] }]);
      expect(await store.setAside(derived.key), "nothing wrong with it").toBe(false);
      expect(await store.setAside(base.key)).toBe(true);
      expect(await store.finished(all)).toEqual(new Set([derived.key]));
      await store.savePiece(base);
      expect(Buffer.compare(await store.blob(hash), base.blobs.images!)).toBe(0);
      expect(await store.setAside(base.key)).toBe(false);

      // A blob that another piece brings again is made whole as well.
      await places.harm(own, gone);
      const { images } = base.blobs;
      await store.savePiece({ ...base, key: keyOf("third"), blobs: { same: images! } });
      expect(Buffer.compare(await store.blob(hash), images!)).toBe(0);
      expect((await store.check()).faults).toEqual([]);
      await store.dispose();
    });

    it("does not wait for a claim whose end was changed into a far future", async () => {
      const own = places.fresh();
      const store = await openStore(own);
      const key = keyOf("claimed for ever");
      await store.claim(key, "dead", 60);
      await places.harm(own, "update claims set until = until + 1099511627776");
      expect((await store.check()).faults).toMatchObject([{ what: "link", id: key }]);
      expect(await store.claim(key, "living", 60)).toBe(true);
      await expect(store.claim(key, "living", 1e6)).rejects.toThrow(/at most 3600/);
      await store.dispose();
    });

    it("brings a store of the first version up to date", async () => {
      const own = places.fresh();
      const before = await openStore(own);
      const id = await fill(before);
      await before.dispose();
      for (const statement of [
        "drop table piece_failures",
        "drop table submissions",
        "drop table run_beats",
        "alter table pieces drop column checksum",
        "alter table runs drop column checksum",
        "alter table runs drop column state_checksum",
        "update store_version set version = 1",
      ]) {
        await places.harm(own, statement);
      }
      const after = await openStore(own);
      expect((await after.check()).faults).toEqual([]);
      expect((await after.piece(derived.key))!.depends).toEqual(derived.depends);
      expect((await after.run(id))!.pieces).toEqual(pieces);
      await after.dispose();
    });
  },
);

it("never reads another value after flipped bits anywhere in a file of SQLite", async () => {
  const places = sqlitePlaces();
  const place = places.fresh();
  const store = await openStore(place);
  const run = await fill(store);
  const whole = await readAll(store, run);
  await store.dispose();
  const bytes = readFileSync(place);
  const stream = streamOf(5, "flips");
  let noticed = 0;
  const flips = 300;
  for (let i = 0; i < flips; i++) {
    const at = Math.floor(stream.uniform() * bytes.length * 8);
    const own = `${place}-${i}`;
    copyFileSync(place, own);
    const harmed = Buffer.from(bytes);
    harmed[at >> 3]! ^= 1 << (at & 7);
    writeFileSync(own, harmed);
    try {
      const opened = await openStore(own);
      const all = await readAll(opened, run);
      for (const [what, text] of all) expect(text, `${what}, bit ${at}`).toBe(whole.get(what));
      const faults = await opened.check().then(
        (found) => found.faults.length,
        () => 1,
      );
      if (faults > 0) noticed++;
      // Whatever was lost must have been said.
      if (all.size < whole.size) expect(faults, `bit ${at}`).toBeGreaterThan(0);
      await opened.dispose();
    } catch (error) {
      expect(String(error), `bit ${at}`).toMatch(/^(InputError|RunError): Cannot /);
      noticed++;
    }
    for (const end of ["", "-wal", "-shm"]) if (existsSync(own + end)) rmSync(own + end);
  }
  // The rest lies in free room of pages.
  expect(noticed).toBeGreaterThan(flips / 20);
  places.dispose();
});
