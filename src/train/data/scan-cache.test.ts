import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CancelledError } from "../../core/errors.ts";
import { drawScan, scanKey } from "./scan.ts";
import { decodeScan, encodeScan, openScans, scanPath } from "./scan-cache.ts";
import { smallScan } from "./scan.fixture.ts";

const tasks = [0, 1, 2].map((number) => ({ ...smallScan, number, again: number === 1 }));
const paths = (cache: string) => tasks.map((task) => scanPath(cache, scanKey(task)));

describe("scans on disk", () => {
  let cache: string;
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), "dprime-scans-"));
  });
  afterEach(() => rm(cache, { recursive: true }));

  it("are drawn once, by any number of threads, and read to the same bits", async () => {
    const first = await openScans(tasks, { cache, threads: 2 });
    expect(first).toMatchObject({ drawn: 3, damaged: [] });
    const second = await openScans(tasks, { cache });
    expect(second.drawn).toBe(0);
    expect(second.scans).toEqual(first.scans);
    expect((await openScans(tasks)).scans).toEqual(first.scans);
    // Others, such as more of them, find what is there.
    const more = await openScans([...tasks, { ...smallScan, number: 3 }], { cache });
    expect(more.drawn).toBe(1);
  });

  it("are drawn again where they are damaged, and only there", async () => {
    const { scans } = await openScans(tasks, { cache });
    const [first, second, third] = paths(cache) as [string, string, string];
    const bytes = await readFile(first);
    bytes[bytes.length - 100]! ^= 1;
    await writeFile(first, bytes);
    await truncate(second, 1000);
    // What a killed process leaves: a part beside its place, of a process that is gone.
    await writeFile(join(dirname(third), `.${scanKey(tasks[2]!)}.00000000-1-00000000.part`), "cut");
    const again = await openScans(tasks, { cache });
    expect(again).toMatchObject({ drawn: 2, damaged: [first, second] });
    expect(again.scans).toEqual(scans);
    expect((await openScans(tasks, { cache })).drawn).toBe(0);
  });

  it("are not taken for one another", async () => {
    const scan = await drawScan(smallScan);
    const bytes = encodeScan(scan, "a");
    expect(decodeScan(bytes, "a")).toEqual(scan);
    expect(() => decodeScan(bytes, "b")).toThrow(/found a file of another scan/);
    await openScans(tasks, { cache });
    const [first, , third] = paths(cache) as [string, string, string];
    await writeFile(third, await readFile(first));
    expect(await openScans(tasks, { cache })).toMatchObject({ drawn: 1, damaged: [third] });
  });

  it("stay when the work is cancelled", async () => {
    const stop = new AbortController();
    const work = openScans(tasks, {
      cache,
      signal: stop.signal,
      onProgress: ({ done }) => done === 2 && stop.abort(),
    });
    await expect(work).rejects.toThrow(CancelledError);
    const { drawn } = await openScans(tasks, { cache });
    expect(drawn).toBeLessThan(3);
  });

  it("say where they cannot be written", async () => {
    const file = join(cache, "file");
    await writeFile(file, "");
    await expect(openScans(tasks, { cache: file })).rejects.toThrow(
      /^Cannot make the folder .*file: found a file where a folder was wanted/,
    );
    expect(await readdir(cache)).toEqual(["file"]);
  });
});
