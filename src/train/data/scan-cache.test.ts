import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CancelledError } from "../../core/errors.ts";
import { drawScan, type Scan, scanKey } from "./scan.ts";
import { type AnyScanTask, openScans, type ScanOptions, scanPath } from "./scan-cache.ts";
import { decodeScan, encodeScan } from "./scan-file.ts";
import { smallScan } from "./scan.fixture.ts";

const tasks = [0, 1, 2].map((number) => ({ ...smallScan, number, again: number === 1 }));
const paths = (cache: string) => tasks.map((task) => scanPath(cache, scanKey(task)));

/** All scans with what is told of them. */
async function scansOf(wanted: readonly AnyScanTask[], options: ScanOptions = {}) {
  const scans = new Array<Scan>(wanted.length);
  const counts = await openScans(wanted, options, (scan, n) => {
    scans[n] = scan;
  });
  return { ...counts, scans };
}

describe("scans on disk", () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "dprime-scans-"));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it("are drawn once, by any number of threads, and read to the same bits", async () => {
    const first = await scansOf(tasks, { cache, threads: 2 });
    expect(first).toMatchObject({ drawn: 3, damaged: [] });
    const second = await scansOf(tasks, { cache });
    expect(second.drawn).toBe(0);
    expect(second.scans).toEqual(first.scans);
    expect((await scansOf(tasks)).scans).toEqual(first.scans);
    // Others, such as more of them, find what is there.
    const more = await scansOf([...tasks, { ...smallScan, number: 3 }], { cache });
    expect(more.drawn).toBe(1);
  });

  it("are drawn again where they are damaged, and only there", async () => {
    const { scans } = await scansOf(tasks, { cache });
    const [first, second, third] = paths(cache) as [string, string, string];
    const bytes = await readFile(first);
    bytes[bytes.length - 100]! ^= 1;
    await writeFile(first, bytes);
    await truncate(second, 1000);
    // What a killed process leaves: a part beside its place, of a process that is gone.
    await writeFile(join(dirname(third), `.${scanKey(tasks[2]!)}.00000000-1-00000000.part`), "cut");
    const again = await scansOf(tasks, { cache });
    expect(again).toMatchObject({ drawn: 2, damaged: [first, second] });
    expect(again.scans).toEqual(scans);
    expect((await scansOf(tasks, { cache })).drawn).toBe(0);
  });

  it("are not taken for one another", async () => {
    const scan = await drawScan(smallScan);
    const bytes = encodeScan(scan, "a");
    expect(decodeScan(bytes, "a")).toEqual(scan);
    expect(() => decodeScan(bytes, "b")).toThrow(/found a file of another scan/);
    await scansOf(tasks, { cache });
    const [first, , third] = paths(cache) as [string, string, string];
    await writeFile(third, await readFile(first));
    expect(await scansOf(tasks, { cache })).toMatchObject({ drawn: 1, damaged: [third] });
  });

  it("stay when the work is cancelled", async () => {
    const stop = new AbortController();
    const work = scansOf(tasks, {
      cache,
      signal: stop.signal,
      onProgress: ({ done }) => done === 2 && stop.abort(),
    });
    await expect(work).rejects.toThrow(CancelledError);
    const { drawn } = await scansOf(tasks, { cache });
    expect(drawn).toBeLessThan(3);
  });

  it("leave whole files alone, and one clear error, where the disk is full", async () => {
    // A limit on file sizes is met by the same calls as a full disk. Scans of 64 × 64 pixels have 32 KiB and more.
    const script = `
import { openScans } from "./src/train/data/scan-cache.ts";
const scan = { description: { object: { name: "gaussian-field", options: { size: 64 } },
  noise: { name: "gaussian", options: { sigma: 1 } } }, seed: 1, role: "train", number: 0, present: 0, again: false };
openScans([scan], { cache: ${JSON.stringify(cache)} }, () => {}).then(
  () => console.log("written"),
  (error) => console.log(error.name + ": " + error.message),
);`;
    const limited = (kibibytes: string) =>
      spawnSync(
        "bash",
        [
          "-c",
          `ulimit -f ${kibibytes}; exec "$0" --import tsx --input-type=module -e "$1"`,
          process.execPath,
          script,
        ],
        { cwd: fileURLToPath(new URL("../../..", import.meta.url)), encoding: "utf8" },
      ).stdout.trim();
    expect(limited("16")).toMatch(/^RunError: Cannot write .*\.safetensors: found /);
    expect(
      (await readdir(cache, { recursive: true })).filter((name) => name.includes(".")),
    ).toEqual([]);
    expect(limited("unlimited")).toBe("written");
    expect(
      (await readdir(cache, { recursive: true })).filter((name) => name.includes(".")),
    ).toHaveLength(1);
  });

  it("that a killed process left half drawn are drawn by the next", async () => {
    const script = `
import { openScans } from "./src/train/data/scan-cache.ts";
const scan = (number) => ({ description: { object: { name: "gaussian-field", options: { size: 64 } },
  noise: { name: "gaussian", options: { sigma: 1 } } }, seed: 1, role: "train", number, present: 0, again: false });
const all = Array.from({ length: 9 }, (_, n) => scan(n));
const kill = process.argv[1] === "kill";
let n = 0;
openScans(all, { cache: ${JSON.stringify(cache)} }, () => { if (kill && ++n === 5) process.kill(process.pid, "SIGKILL"); })
  .then(({ drawn, damaged }) => console.log(JSON.stringify({ drawn, damaged })));`;
    const run = (...args: string[]) =>
      spawnSync(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", script, ...args],
        {
          cwd: fileURLToPath(new URL("../../..", import.meta.url)),
          encoding: "utf8",
        },
      );
    expect(run("kill").signal).toBe("SIGKILL");
    expect(JSON.parse(run("go").stdout)).toEqual({ drawn: 4, damaged: [] });
    expect(JSON.parse(run("go").stdout)).toEqual({ drawn: 0, damaged: [] });
  });

  it("say where they cannot be written", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    await expect(scansOf(tasks, { cache: file })).rejects.toThrow(
      /^Cannot make the folder .*file: found a file where a folder was wanted/,
    );
    expect(await readdir(cache)).toEqual(["file"]);
  });
});
