/** The same suite on SQLite and on PostgreSQL. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type PostgresServer, startPostgres } from "../../test/postgres.ts";
import { keyOf, numberedPiece, pattern } from "../../test/store-child.ts";
import {
  postgresPlaces,
  runChildren,
  sqlitePlaces,
  startChild,
  type StorePlaces,
} from "../../test/store-places.ts";
import { sha256 } from "../core/checksum.ts";
import { InputError, RunError } from "../core/errors.ts";
import { newestVersion } from "./migrations.ts";
import { openStore } from "./open-store.ts";
import { DamageError, type Json, type NewPiece, type Store } from "./store.ts";

// Seconds on a quiet machine; other programs start here, which a busy one delays.
vi.setConfig({ testTimeout: 180_000 });

const server: PostgresServer | undefined = await startPostgres();
afterAll(() => server?.stop());

const databases: readonly StorePlaces[] = [
  sqlitePlaces(),
  ...(server === undefined ? [] : [postgresPlaces(server)]),
];

function plainPiece(name: string, more: Partial<NewPiece> = {}): NewPiece {
  return {
    key: keyOf(name),
    kind: "plain",
    inputs: { name },
    depends: {},
    values: null,
    blobs: {},
    seconds: 1,
    ...more,
  };
}

/** A graph of 40 pieces with drawn dependencies on earlier ones, and who depends on whom. */
function drawnGraph(): { pieces: NewPiece[]; origins: Map<string, string[]> } {
  const draws = pattern(400, 12);
  const origins = new Map<string, string[]>();
  const pieces = Array.from({ length: 40 }, (_, i) => {
    const earlier = [0, 1, 2]
      .map((role) => Math.floor((draws[i * 3 + role]! / 256) * 1.5 * i))
      .filter((j) => j < i);
    const depends = Object.fromEntries(earlier.map((j, role) => [`r${role}`, keyOf(`node ${j}`)]));
    origins.set(keyOf(`node ${i}`), Object.values(depends));
    return plainPiece(`node ${i}`, { depends, blobs: { bytes: pattern(100 + i, i) } });
  });
  return { pieces, origins };
}

/** By definition: the key and all that is reached from it. */
function reached(key: string, origins: Map<string, string[]>): Set<string> {
  return new Set([key, ...origins.get(key)!.flatMap((origin) => [...reached(origin, origins)])]);
}

describe.each(databases.map((places) => ({ places, name: places.dialect })))(
  "store in $name",
  ({ places }) => {
    let store: Store;
    let place: string;
    beforeAll(async () => {
      place = places.fresh();
      store = await openStore(place);
    });
    afterAll(async () => {
      await store.dispose();
      places.dispose();
    });
    const count = async (at: string, table: string): Promise<number> =>
      Number((await places.raw(at, `select count(*) as n from ${table}`))[0]!.n);

    it("gives back a piece as it was kept, to the last bit", async () => {
      const bits = new Float64Array(pattern(8 * 2000, 3).buffer);
      const numbers = [...bits].filter(Number.isFinite);
      const extremes = [-0, 0, 5e-324, -5e-324, Number.MAX_VALUE, Number.MIN_VALUE, 0.1, 2 ** 53];
      const values: Json = {
        numbers: [...numbers, ...extremes],
        text: 'NUL \0, quote ", lone \ud800, 図',
        nested: [[], {}, [null, true, false]],
        ["__proto__"]: 1,
      };
      const blobs = {
        empty: new Uint8Array(),
        // Two whole rows and a part, from the middle of a larger array.
        long: pattern(2 * 2 ** 22 + 12345, 5).subarray(17),
        row: pattern(2 ** 22, 6),
      };
      const piece = plainPiece("whole", { inputs: { values }, values, blobs, seconds: 1 / 3 });
      const before = new Date().toISOString();
      await store.savePiece(piece);
      const found = (await store.piece(piece.key))!;
      expect(found.values).toStrictEqual(values);
      expect(found.inputs).toStrictEqual({ values });
      // toStrictEqual tells -0 from 0; the bits settle the rest.
      const back = (found.values as { numbers: number[] }).numbers;
      expect(sha256(new Uint8Array(new Float64Array(back).buffer))).toBe(
        sha256(new Uint8Array(new Float64Array([...numbers, ...extremes]).buffer)),
      );
      expect(found.seconds).toBe(1 / 3);
      expect(found.kind).toBe("plain");
      expect(found.version).toMatch(/^\d+\.\d+\.\d+/);
      expect(found.finished).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      // One machine's clock, read by two programs: a second is far more than both take.
      expect(Math.abs(Date.parse(found.finished) - Date.parse(before))).toBeLessThan(60_000);
      for (const [name, bytes] of Object.entries(blobs)) {
        expect(found.blobs[name]).toBe(sha256(bytes));
        const read = await store.blob(found.blobs[name]!);
        expect(Buffer.compare(read, bytes), name).toBe(0);
      }
      expect(Object.keys(found.blobs)).toEqual(["empty", "long", "row"]);
    });

    it("keeps the first of two pieces of one key, and one copy of equal bytes", async () => {
      const bytes = pattern(5000, 8);
      const first = plainPiece("twice", { values: 1, blobs: { a: bytes, b: bytes } });
      await store.savePiece(first);
      const blobs = await count(place, "blobs");
      await store.savePiece({ ...first, values: 2, blobs: { a: pattern(10, 9) } });
      await store.savePiece(plainPiece("other", { blobs: { again: bytes } }));
      expect((await store.piece(first.key))!.values).toBe(1);
      expect((await store.piece(first.key))!.blobs.a).toBe(sha256(bytes));
      expect(await count(place, "blobs")).toBe(blobs);
    });

    it("refuses what would not come back the same", async () => {
      const wrong: readonly [Partial<NewPiece>, RegExp][] = [
        [{ values: { auc: [1, Number.NaN] } }, /values\.auc\[1\]: found NaN/],
        [{ inputs: Number.POSITIVE_INFINITY }, /inputs: found Infinity/],
        [
          { values: { x: new Float64Array(1) as unknown as Json } },
          /values\.x: found Float64Array/,
        ],
        [{ key: "ab" }, /wanted the 64 hex digits/],
        [{ depends: { model: keyOf("nowhere") } }, /for "model", wanted it kept first/],
        [{ seconds: Number.NaN }, /found NaN seconds/],
      ];
      for (const [more, message] of wrong) {
        const saving = store.savePiece(plainPiece("wrong", more));
        await expect(saving).rejects.toThrow(InputError);
        await expect(saving).rejects.toThrow(message);
      }
      expect(await store.piece(keyOf("wrong"))).toBeUndefined();
      await expect(store.blob(keyOf("none"))).rejects.toThrow(InputError);
    });

    it("says which pieces are finished, of many", async () => {
      await store.savePiece(plainPiece("done"));
      const keys = Array.from({ length: 2500 }, (_, i) => keyOf(`asked ${i}`));
      keys.splice(2400, 0, keyOf("done"));
      expect(await store.finished(keys)).toEqual(new Set([keyOf("done")]));
      expect(await store.finished([])).toEqual(new Set());
    });

    it("keeps the last checkpoint until the piece is finished", async () => {
      const key = keyOf("long work");
      expect(await store.checkpoint(key)).toBeUndefined();
      await store.saveCheckpoint(key, pattern(2 ** 22 + 1, 1));
      await store.saveCheckpoint(key, pattern(1000, 2));
      expect(Buffer.compare((await store.checkpoint(key))!, pattern(1000, 2))).toBe(0);
      expect(await store.claim(key, "me", 60)).toBe(true);
      await store.savePiece(plainPiece("long work"));
      expect(await store.checkpoint(key)).toBeUndefined();
      await store.saveCheckpoint(key, pattern(10, 3));
      expect(await store.checkpoint(key)).toBeUndefined();
      expect(await count(place, `claims where key = '${key}'`)).toBe(0);
      expect(await store.claim(key, "you", 60), "a finished piece").toBe(false);
    });

    it("lets one owner at a time have a piece, until its time is over", async () => {
      const key = keyOf("wanted");
      expect(await store.claim(key, "a", 60)).toBe(true);
      expect(await store.claim(key, "b", 60)).toBe(false);
      expect(await store.claim(key, "a", 0.2), "renewed").toBe(true);
      await pause(300);
      expect(await store.claim(key, "b", 60), "expired").toBe(true);
      expect(await store.claim(key, "a", 60)).toBe(false);
      await store.release(key, "a");
      expect(await store.claim(key, "a", 60), "released by another").toBe(false);
      await store.release(key, "b");
      expect(await store.claim(key, "a", 60)).toBe(true);
    });

    it("remembers who is at what and which attempts failed, until a piece is finished", async () => {
      const [a, b, c] = [keyOf("attempt a"), keyOf("attempt b"), keyOf("attempt c")];
      await store.claim(a, "host:1", 60);
      await store.claim(b, "host:1", 0.05);
      await pause(80);
      expect(await store.held([a, b, c])).toEqual(new Set([a]));
      await store.noteFailure(a, { owner: "host:1", reason: "found no\n memory\0" });
      expect(await store.held([a])).toEqual(new Set());
      // Another owner's failure leaves a claim alone; a claim that is taken over counts as a failure.
      expect(await store.claim(b, "host:2", 60)).toBe(true);
      await store.noteFailure(b, { owner: "host:3", reason: "too late" });
      expect(await store.held([b])).toEqual(new Set([b]));
      expect(await store.claim(b, "host:2", 60), "renewed").toBe(true);
      const lost = { owner: "host:1", reason: "its process ended without a word" };
      expect(await store.failures([a, b, c])).toEqual(
        new Map([
          [a, [{ owner: "host:1", reason: "found no memory\uFFFD" }]],
          [b, [lost, { owner: "host:3", reason: "too late" }]],
        ]),
      );
      await store.savePiece(plainPiece("attempt b"));
      await store.forgetFailures([a]);
      expect(await store.failures([a, b])).toEqual(new Map());
    });

    it("keeps what a scheduler was handed for a run, and forgets it with the run", async () => {
      const { id } = await store.startRun({ study: "handed", description: {}, pieces: [] });
      const one = await store.addSubmission({ run: id, executor: "slurm", handle: { jobs: [7] } });
      const two = await store.addSubmission({ run: id, executor: "local", handle: [] });
      expect(await store.submissions(id)).toEqual([one, two]);
      await expect(
        store.addSubmission({ run: "nobody", executor: "slurm", handle: [] }),
      ).rejects.toThrow(/found none/);
      await store.removeRun(id);
      expect(await store.submissions(id)).toEqual([]);
    });

    it("keeps runs, newest first", async () => {
      const pieces = Array.from({ length: 1500 }, (_, i) => keyOf(`plan ${(i * 7) % 1500}`));
      const description = { seed: 1, dose: 0.1 };
      const beat = { owner: "host:1:a", seconds: 600 };
      const first = await store.startRun({ study: "one", description, pieces }, beat);
      const second = await store.startRun({ study: "two", description: null, pieces: [] });
      expect(first).toMatchObject({ study: "one", description, pieces, status: "running" });
      expect(await store.run(first.id)).toEqual(first);
      expect((await store.runs()).map(({ id }) => id)).toEqual([second.id, first.id]);
      await pause(5);
      await store.changeRun(first.id, { status: "failed", cause: "NUL \0 in it" });
      expect((await store.run(first.id))!.status, "another process is still at it").toBe("running");
      await store.endBeat(first.id, beat.owner);
      const failed = (await store.run(first.id))!;
      expect(failed).toMatchObject({ status: "failed", cause: "NUL \uFFFD in it", pieces });
      expect(failed.started).toBe(first.started);
      expect(failed.changed > first.changed).toBe(true);
      await store.changeRun(first.id, { status: "done" });
      expect(await store.run(first.id)).not.toHaveProperty("cause");
      await expect(store.changeRun("nothing", { status: "done" })).rejects.toThrow(InputError);
      await store.removeRun(first.id);
      await store.removeRun(second.id);
      expect(await store.runs()).toEqual([]);
      expect(await store.run(first.id)).toBeUndefined();
    });

    it("tells a run that is under way from one whose process was killed", async () => {
      const { id } = await store.startRun({ study: "s", description: null, pieces: [] });
      const state = async () => (({ status, owners }) => [status, owners])((await store.run(id))!);
      expect(await state()).toEqual(["killed", []]);
      await store.beat(id, { owner: "host:1:a", seconds: 600 });
      await store.beat(id, { owner: "host:2:b", seconds: 0.2 });
      expect(await state()).toEqual(["running", ["host:1:a", "host:2:b"]]);
      await pause(300);
      expect(await state()).toEqual(["running", ["host:1:a"]]);
      await store.endBeat(id, "host:1:a");
      expect(await state()).toEqual(["killed", []]);
      await store.changeRun(id, { status: "done" });
      expect(await state()).toEqual(["done", []]);
      await store.removeRun(id);
      const late = store.beat(id, { owner: "host:1:a", seconds: 1 });
      await expect(late).rejects.toThrow(/found none in/);
    });

    it("finds where a piece came from, what is of a kind, and prunes the rest", async () => {
      const own = places.fresh();
      const graph = await openStore(own);
      const { pieces, origins } = drawnGraph();
      for (const piece of pieces) await graph.savePiece(piece);
      for (const { key } of pieces) {
        const found = (await graph.lineage(key)).map((record) => record.key);
        expect(new Set(found)).toEqual(reached(key, origins));
        expect(found).toHaveLength(reached(key, origins).size);
        for (const [at, each] of found.entries()) {
          for (const origin of origins.get(each)!) expect(found.indexOf(origin)).toBeLessThan(at);
        }
      }
      expect(await graph.lineage(keyOf("unknown"))).toEqual([]);
      const ofKind = (await graph.piecesOfKind("plain")).map(({ key }) => key);
      expect(ofKind).toEqual(pieces.map(({ key }) => key).reverse());
      expect(await graph.piecesOfKind("train-network")).toEqual([]);

      const wanted = [pieces[31]!.key, pieces[17]!.key, keyOf("to come")];
      const run = await graph.startRun({ study: "s", description: {}, pieces: wanted });
      for (const name of ["to come", "claimed", "left"]) {
        await graph.saveCheckpoint(keyOf(name), pattern(3000, 1));
      }
      await graph.claim(keyOf("claimed"), "a", 60);
      await graph.claim(keyOf("left"), "a", 0.001);
      await pause(20);
      const needed = new Set(wanted.slice(0, 2).flatMap((key) => [...reached(key, origins)]));
      const unneeded = pieces.filter(({ key }) => !needed.has(key));
      const bytes = unneeded.reduce((sum, { blobs }) => sum + blobs.bytes!.length, 3000);
      expect(unneeded.length).toBeGreaterThan(3);
      expect(await graph.prune()).toBe(bytes);
      expect(await graph.finished(pieces.map(({ key }) => key))).toEqual(needed);
      for (const key of needed) {
        await graph.blob((await graph.piece(key))!.blobs.bytes!);
      }
      expect(await count(own, "blobs")).toBe(needed.size);
      expect(await graph.checkpoint(keyOf("to come"))).toHaveLength(3000);
      expect(await graph.checkpoint(keyOf("claimed"))).toHaveLength(3000);
      expect(await graph.checkpoint(keyOf("left"))).toBeUndefined();
      expect(await graph.prune()).toBe(0);

      // Removing a piece takes what came from it along.
      const root = [...needed].find((key) => origins.get(key)!.length === 0)!;
      const derived = [...needed].filter((key) => reached(key, origins).has(root));
      await graph.removePiece(root);
      const left = await graph.finished([...needed]);
      expect(left).toEqual(new Set([...needed].filter((key) => !derived.includes(key))));
      await graph.removeRun(run.id);
      await graph.prune();
      for (const table of ["pieces", "piece_depends", "piece_blobs", "blobs", "blob_chunks"]) {
        expect(await count(own, table), table).toBe(0);
      }
      await graph.dispose();
      await expect(graph.piece(root)).rejects.toThrow(/found the store closed/);
    });

    it("notices changed bytes", async () => {
      const bytes = pattern(2 ** 22 + 100, 21);
      await store.savePiece(plainPiece("harmed", { blobs: { bytes } }));
      await store.saveCheckpoint(keyOf("unharmed"), bytes);
      const zeros = {
        sqlite: "zeroblob(length(bytes))",
        postgres: "decode(repeat('00', length(bytes)), 'hex')",
      }[places.dialect];
      const where = `where hash = '${sha256(bytes)}' and ordinal = 1`;
      await places.raw(place, `update blob_chunks set bytes = ${zeros} ${where}`);
      await expect(store.blob(sha256(bytes))).rejects.toThrow(RunError);
      await expect(store.blob(sha256(bytes))).rejects.toThrow(/bytes of another hash/);
      await places.raw(place, `delete from blob_chunks ${where}`);
      await expect(store.blob(sha256(bytes))).rejects.toThrow(/bytes of another hash/);
      await places.raw(place, "update checkpoint_chunks set ordinal = 5 where ordinal = 0");
      await expect(store.checkpoint(keyOf("unharmed"))).rejects.toThrow(DamageError);
      await store.removePiece(keyOf("harmed"));
      await store.savePiece(plainPiece("harmed", { blobs: { bytes } }));
      expect(Buffer.compare(await store.blob(sha256(bytes)), bytes)).toBe(0);
    });

    it("refuses the tables of a newer program", async () => {
      const own = places.fresh();
      await (await openStore(own)).dispose();
      await places.raw(own, `update store_version set version = ${newestVersion + 1}`);
      await expect(openStore(own)).rejects.toThrow(InputError);
      await expect(openStore(own)).rejects.toThrow(
        `from a newer dprime, wanted at most ${newestVersion}`,
      );
    });

    it("serves two stores of one thread at once", async () => {
      const own = places.fresh();
      const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(own)));
      await Promise.all(
        stores.flatMap((each, s) =>
          Array.from({ length: 10 }, (_, i) => each.savePiece(numberedPiece(s * 5 + i))),
        ),
      );
      expect(await stores[0]!.piecesOfKind("numbered")).toHaveLength(35);
      await Promise.all(stores.map((each) => each.dispose()));
    });

    it("loses nothing and keeps nothing twice with three programs that start on nothing", async () => {
      const own = places.fresh();
      const answers = await runChildren(own, [
        { do: "save", from: 0, to: 200 },
        { do: "save", from: 100, to: 300 },
        { do: "claim", count: 1, owner: "c" },
      ]);
      expect(answers).toEqual(["saved", "saved", [0]]);
      const after = await openStore(own);
      const records = await after.piecesOfKind("numbered");
      expect(new Set(records.map(({ key }) => key)).size).toBe(300);
      expect(records).toHaveLength(300);
      expect(await count(own, "piece_blobs")).toBe(600);
      expect(await count(own, "blobs")).toBe(307);
      expect(await count(own, "store_version")).toBe(1);
      for (const record of records) {
        const { i } = record.inputs as { i: number };
        const piece = numberedPiece(i);
        expect(record.values).toEqual(piece.values);
        const bytes = await after.blob(record.blobs.own!);
        expect(Buffer.compare(bytes, piece.blobs.own)).toBe(0);
      }
      await after.dispose();
    });

    it("gives each claim to exactly one of three programs", async () => {
      const own = places.fresh();
      const tasks = ["a", "b", "c"].map((owner) => ({ do: "claim", count: 150, owner }) as const);
      const won = (await runChildren(own, tasks)) as number[][];
      expect(won.flat().sort((x, y) => x - y)).toEqual(Array.from({ length: 150 }, (_, i) => i));
    });

    it("prunes while others add", async () => {
      const own = places.fresh();
      const pruning = await openStore(own);
      const child = startChild(own, { do: "save", from: 0, to: 60 });
      let said = "";
      child.stdout!.setEncoding("utf8").on("data", (text: string) => (said += text));
      while (child.exitCode === null) {
        await pruning.prune();
        for (const { blobs } of await pruning.piecesOfKind("numbered")) {
          // Pruned by nobody else, so what is listed is whole.
          await pruning.blob(blobs.shared!);
        }
        await pause(30);
      }
      expect(said.trim()).toBe('"saved"');
      await pruning.prune();
      expect(await count(own, "blob_chunks")).toBe(0);
      await pruning.dispose();
    });

    it("is whole after kill -9 in the middle of keeping a piece", async () => {
      const own = places.fresh();
      const before = await openStore(own);
      await before.savePiece(plainPiece("before", { blobs: { bytes: pattern(100, 1) } }));
      await before.dispose();
      const child = startChild(own, { do: "save-big", bytes: 100e6 });
      while (!(await places.writing(own))) {
        expect(child.exitCode, "ended before it was killed").toBeNull();
        await pause(3);
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      const after = await openStore(own);
      expect(await after.piece(keyOf("big"))).toBeUndefined();
      expect(await after.blob(sha256(pattern(100, 1)))).toHaveLength(100);
      const big = pattern(9e6, 1);
      await after.savePiece(plainPiece("big", { blobs: { big } }));
      expect(Buffer.compare(await after.blob(sha256(big)), big)).toBe(0);
      expect(await count(own, "blobs")).toBe(2);
      expect(await count(own, "blob_chunks")).toBe(4);
      if (places.dialect === "sqlite") {
        expect(await places.raw(own, "pragma integrity_check")).toEqual([
          { integrity_check: "ok" },
        ]);
      }
      await after.dispose();
    });
  },
);
