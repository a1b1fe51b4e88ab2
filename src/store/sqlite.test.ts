/** What only a file can meet: full disks, damage, other programs' files, folders without rights. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it, vi } from "vitest";
import { keyOf, numberedPiece, pattern } from "../../test/store-child.ts";
import { sha256 } from "../core/checksum.ts";
import { InputError, RunError } from "../core/errors.ts";
import { openStore } from "./open-store.ts";
import { openSqliteDriver } from "./sqlite-driver.ts";

// Seconds on a quiet machine; other programs start here, which a busy one delays.
vi.setConfig({ testTimeout: 180_000 });

const folder = mkdtempSync(join(tmpdir(), "dprime-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bigPiece = {
  key: keyOf("big"),
  kind: "big",
  inputs: null,
  depends: {},
  values: null,
  blobs: { big: pattern(9_000_000, 1) },
  seconds: 1,
};

it("keeps everything and says what was wanted when the disk is full", async () => {
  const path = join(folder, "full.sqlite");
  const store = await openStore(path, { maxBytes: 4e6 });
  for (let i = 0; i < 10; i++) await store.savePiece(numberedPiece(i));
  await store.saveCheckpoint(bigPiece.key, pattern(500, 1));
  for (const attempt of [1, 2]) {
    const saving = store.savePiece(bigPiece);
    await expect(saving, `attempt ${attempt}`).rejects.toThrow(RunError);
    await expect(saving).rejects.toThrow(
      `Cannot keep the piece ${bigPiece.key.slice(0, 12)}… (big): found a full disk at ${path}, wanted room for 9.0 MB`,
    );
  }
  await expect(store.saveCheckpoint(bigPiece.key, pattern(9e6, 2))).rejects.toThrow(/full disk/);
  expect(await store.checkpoint(bigPiece.key)).toEqual(pattern(500, 1));
  expect(await store.piece(bigPiece.key)).toBeUndefined();
  await store.savePiece(numberedPiece(10));
  await store.dispose();

  const roomy = await openStore(path);
  expect(await roomy.piecesOfKind("numbered")).toHaveLength(11);
  await roomy.savePiece(bigPiece);
  expect(await roomy.blob(sha256(bigPiece.blobs.big))).toHaveLength(9_000_000);
  await roomy.dispose();
});

/** Runs a program in a mount namespace of its own, in which `folder` is a file system of so many bytes. */
function inSmallFileSystem(folder: string, options: string, code: string): string | undefined {
  const script = `mount -t tmpfs -o ${options} tmpfs "$1" && exec "$2" --import tsx --input-type=module -e "$3"`;
  const { stdout, stderr, status } = spawnSync(
    "unshare",
    ["--mount", "sh", "-c", script, "sh", folder, process.execPath, code],
    { encoding: "utf8", cwd: join(import.meta.dirname, "..", "..") },
  );
  if (status === 0) return stdout.trim();
  if (/unshare|mount/.test(stderr) || stderr === undefined || stderr === "") return undefined;
  throw new Error(stderr);
}

const fillsDisk = (path: string): string => `
  import { openStore } from "./src/store/open-store.ts";
  import { numberedPiece, pattern, keyOf } from "./test/store-child.ts";
  const store = await openStore(${JSON.stringify(path)});
  await store.savePiece(numberedPiece(1));
  const big = { ...numberedPiece(2), blobs: { big: pattern(9e6, 1) } };
  const message = await store.savePiece(big).then(() => "kept", (error) => error.name + ": " + error.message);
  await store.savePiece(numberedPiece(3));
  const blob = await store.blob((await store.piece(numberedPiece(1).key)).blobs.shared);
  await store.dispose();
  const again = await openStore(${JSON.stringify(path)});
  const kept = (await again.piecesOfKind("numbered")).map((piece) => piece.inputs.i);
  console.log(JSON.stringify([message, kept, blob.length]));`;

it("does so on a file system without room", (context) => {
  const small = join(folder, "small");
  mkdirSync(small);
  const said = inSmallFileSystem(small, "size=4m", fillsDisk(join(small, "store.sqlite")));
  if (said === undefined) {
    context.skip("no right to mount a file system");
  }
  const [message, kept, length] = JSON.parse(said!) as [string, number[], number];
  expect(message).toMatch(/^RunError: .*found a full disk at .*, wanted room for 9\.0 MB/);
  expect(kept).toEqual([3, 1]);
  expect(length).toBe(1000);
});

it("says that a folder cannot be written", async (context) => {
  const locked = join(folder, "locked");
  mkdirSync(locked);
  const path = join(locked, "store.sqlite");
  const said = inSmallFileSystem(
    locked,
    "ro",
    `import { openStore } from "./src/store/open-store.ts";
     console.log(await openStore(${JSON.stringify(path)}).then(() => "open", (error) => error.name + ": " + error.message));`,
  );
  // A file where a folder is wanted needs no rights to try.
  writeFileSync(join(folder, "file"), "");
  await expect(openStore(join(folder, "file", "store.sqlite"))).rejects.toThrow(InputError);
  if (said === undefined) {
    context.skip("no right to mount a file system");
  }
  expect(said).toMatch(/^InputError: Cannot open the store .*no right to write there/);
});

it("leaves files alone that are no stores", async () => {
  const noDatabase = join(folder, "notes.txt");
  writeFileSync(noDatabase, "not a database, but long enough to be taken for one\n".repeat(100));

  const foreign = join(folder, "foreign.sqlite");
  const database = await openSqliteDriver(foreign);
  database.prepare("create table runs (id integer)").run([]);
  database.close();

  const whole = join(folder, "whole.sqlite");
  const store = await openStore(whole);
  await store.savePiece(bigPiece);
  await store.dispose();
  const harmed = join(folder, "harmed.sqlite");
  copyFileSync(whole, harmed);
  const bytes = readFileSync(harmed);
  // Past the first hundred bytes, the file's header: the table of tables.
  bytes.fill(0x5a, 100, 8192);
  writeFileSync(harmed, bytes);

  for (const [path, message] of [
    [noDatabase, /damaged file or one of another kind/],
    [foreign, /database of another program/],
    [harmed, /damaged file or one of another kind/],
  ] as const) {
    const before = sha256(readFileSync(path));
    await expect(openStore(path), path).rejects.toThrow(InputError);
    await expect(openStore(path), path).rejects.toThrow(message);
    expect(sha256(readFileSync(path)), path).toBe(before);
    expect(existsSync(`${path}-wal`), path).toBe(false);
  }
});

it.each(["deleted", "replaced", "without its log"])(
  "notices that the file is %s while it is in use",
  async (what) => {
    const path = join(folder, `${what.replaceAll(" ", "-")}.sqlite`);
    const store = await openStore(path);
    await store.savePiece(numberedPiece(1));
    if (what === "deleted") rmSync(path);
    if (what === "replaced") {
      copyFileSync(path, `${path}-copy`);
      renameSync(`${path}-copy`, path);
    }
    if (what === "without its log") rmSync(`${path}-wal`);
    const found = what === "replaced" ? "replaced by another file" : "deleted";
    for (const call of [
      () => store.savePiece(numberedPiece(2)),
      () => store.piece(numberedPiece(1).key),
      () => store.changeRun("any", { status: "done" }),
    ]) {
      await expect(call()).rejects.toThrow(RunError);
      await expect(call()).rejects.toThrow(
        new RegExp(`Cannot go on with the store ${path}: found .* ${found} while it was in use`),
      );
    }
    await store.dispose();
  },
);

it("reports a file that lost its end while reading it", async () => {
  const path = join(folder, "cut.sqlite");
  const store = await openStore(path);
  await store.savePiece(bigPiece);
  await store.dispose();
  truncateSync(path, 3_000_000);
  const cut = await openStore(path).catch((error: unknown) => error);
  const error =
    cut instanceof Error
      ? cut
      : await (cut as Awaited<ReturnType<typeof openStore>>)
          .blob(sha256(bigPiece.blobs.big))
          .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).toMatch(/found damage in|damaged file|another hash/);
});

const hasOwnSqlite = process.getBuiltinModule("node:sqlite") !== undefined;
it.skipIf(hasOwnSqlite)("names the package to install when there is no driver", async () => {
  vi.resetModules();
  vi.doMock("better-sqlite3", () => {
    throw new Error("Cannot find package 'better-sqlite3'");
  });
  const { openSqliteDriver: open } = await import("./sqlite-driver.ts");
  await expect(open(join(folder, "none.sqlite"))).rejects.toThrow(
    /Cannot open the store .*found no SQLite for Node .*wanted `npm install better-sqlite3@12\.11\.1`/,
  );
  vi.doUnmock("better-sqlite3");
});
