/** What only a server can meet: lost connections, wrong credentials, schemas of others. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, describe, expect, it, vi } from "vitest";
import { startPostgres } from "../../test/postgres.ts";
import { keyOf, numberedPiece, pattern } from "../../test/store-child.ts";
import { postgresPlaces } from "../../test/store-places.ts";
import { sha256 } from "../core/checksum.ts";
import { InputError, RunError } from "../core/errors.ts";
import { openStore } from "./open-store.ts";
import { failure, lostConnection } from "./postgres.ts";

// Seconds on a quiet machine; other programs start here, which a busy one delays.
vi.setConfig({ testTimeout: 180_000 });

const server = await startPostgres();
afterAll(() => server?.stop());

const big = pattern(12e6, 1);
const bigPiece = { ...numberedPiece(0), key: keyOf("big"), blobs: { big } };

it("tells a full disk, a lost connection and damage apart", () => {
  const shown = "postgres://host/database";
  const options = { mode: "write", action: "keep it", bytes: 2.5e6 } as const;
  const withCode = (code: string): Error => Object.assign(new Error("said so"), { code });
  expect(failure(withCode("53100"), options, shown).message).toBe(
    `Cannot keep it: found a full disk at ${shown}, wanted room for 2.5 MB; nothing was changed, make room and try again`,
  );
  for (const code of ["57P01", "08006", "ECONNRESET", "EPIPE", "ECONNREFUSED"]) {
    expect(lostConnection(withCode(code)), code).toBe(true);
  }
  for (const code of ["53100", "23505", "40001", "28P01"]) {
    expect(lostConnection(withCode(code)), code).toBe(false);
  }
  const manyAddresses = new AggregateError([withCode("ECONNREFUSED")], "");
  expect(failure(manyAddresses, options, shown).message).toMatch(/no connection .*\(said so\)/);
  expect(failure(withCode("XX001"), options, shown).message).toMatch(/found damage/);
});

describe.skipIf(server === undefined)("store in PostgreSQL", () => {
  const places = server && postgresPlaces(server);
  const endConnections = (place: string): Promise<unknown> =>
    places!.raw(
      place,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dprime'",
    );

  it("goes on after its connections were ended, idle and in the middle of a call", async () => {
    const place = places!.fresh();
    const store = await openStore(place);
    await store.savePiece(numberedPiece(1));
    await endConnections(place);
    await pause(50);
    expect(await store.piece(numberedPiece(1).key)).toBeDefined();

    let over = false;
    const saving = store.savePiece(bigPiece).finally(() => (over = true));
    while (!over && !(await places!.writing(place))) await pause(2);
    await endConnections(place);
    await saving;
    expect(Buffer.compare(await store.blob(sha256(big)), big)).toBe(0);
    await store.dispose();
  });

  it("is whole after a crash of the server", async () => {
    const place = places!.fresh();
    const store = await openStore(place);
    await store.savePiece(numberedPiece(1));
    let over = false;
    const saving = store
      .savePiece(bigPiece)
      .then(() => "kept")
      .finally(() => (over = true));
    while (!over && !(await places!.writing(place))) await pause(2);
    await server!.crash();
    expect(await saving).toBe("kept");
    await store.savePiece(bigPiece);
    expect(await store.blob(sha256(big))).toHaveLength(big.length);
    expect(await store.piecesOfKind("numbered")).toHaveLength(2);
    await store.dispose();
  });

  it("waits for a server that is away, says so once, and loses nothing", async () => {
    const place = places!.fresh();
    const notices: string[] = [];
    const onNotice = (notice: string) => notices.push(notice);
    const store = await openStore(place, { onNotice });
    await store.savePiece(numberedPiece(0));
    const back = server!.crash(4000);
    await pause(500);
    // Several calls at once, as pieces end, claims are renewed and a report is asked for.
    const calls = [1, 2, 3].map((i) => store.savePiece(numberedPiece(i)));
    const claimed = store.claim(keyOf("claimed"), "a", 60);
    await Promise.all([...calls, claimed, back]);
    expect(await store.piecesOfKind("numbered")).toHaveLength(4);
    expect(await claimed).toBe(true);
    expect(notices).toEqual([
      expect.stringMatching(/^no connection to postgres:.*: waiting up to 300 s$/),
      expect.stringMatching(/^postgres:.* is back after \d+ s$/),
    ]);
    await store.dispose();
  });

  it("gives up after its patience, and at once when it is told to stop", async () => {
    const place = places!.fresh();
    const control = new AbortController();
    const { signal } = control;
    const short = await openStore(place, { patienceSeconds: 1 });
    const told = await openStore(place, { signal });
    const back = server!.crash(8000);
    await pause(500);
    const started = performance.now();
    const given = short.savePiece(numberedPiece(1)).catch((error: unknown) => error);
    const stopped = told.savePiece(numberedPiece(2)).catch((error: unknown) => error);
    setTimeout(() => control.abort(), 500);
    for (const error of [await stopped, await given]) {
      expect(error).toBeInstanceOf(RunError);
      expect((error as Error).message).toMatch(/found no connection to .*kept before stays$/);
    }
    // The server is away for 8 s; three tries and a wait of a second stay well below.
    expect(performance.now() - started).toBeLessThan(7000);
    await back;
    await short.savePiece(numberedPiece(1));
    expect(await told.piecesOfKind("numbered")).toHaveLength(1);
    await Promise.all([short.dispose(), told.dispose()]);
  });

  it("never shows a password", async () => {
    const place = places!.fresh().replace("dprime@", "dprime:secret@");
    const store = await openStore(`${place}&password=secret`);
    expect(store.place).not.toContain("secret");
    expect(store.place).toContain("dprime@localhost");
    await store.dispose();
    for (const wrong of [
      place.replace("/postgres?", "/nowhere?"),
      place.replace("host=", "port=1&host="),
      "postgres://dprime:secret@[",
    ]) {
      const error = (await openStore(wrong).catch((reason: unknown) => reason)) as Error;
      expect(error, wrong).toBeInstanceOf(Error);
      expect(error.message).toMatch(/^Cannot open (the|a) store/);
      expect(error.message).not.toContain("secret");
    }
    await expect(openStore(place.replace("/postgres?", "/nowhere?"))).rejects.toThrow(InputError);
  });

  it("leaves a schema of another program alone", async () => {
    const place = places!.fresh();
    const schema = new URL(place).searchParams.get("schema");
    await places!.raw(place, `create schema ${schema}`);
    await places!.raw(place, "create table runs (id integer)");
    await expect(openStore(place)).rejects.toThrow(InputError);
    await expect(openStore(place)).rejects.toThrow(/tables of another program in the schema/);
    const tables = await places!.raw(
      place,
      `select tablename from pg_tables where schemaname = '${schema}'`,
    );
    expect(tables).toEqual([{ tablename: "runs" }]);
  });

  it("uses an empty schema that is there", async () => {
    const place = places!.fresh();
    await places!.raw(place, `create schema ${new URL(place).searchParams.get("schema")}`);
    const store = await openStore(place);
    await store.savePiece(numberedPiece(1));
    expect(await places!.raw(place, "select kind from pieces")).toEqual([{ kind: "numbered" }]);
    await store.dispose();
  });
});
