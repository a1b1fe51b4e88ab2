/** Batches drawn in a thread: the same as here, drawn while this thread is busy, from scans in bounded memory. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signalSchema } from "../cases/index.ts";
import { type FieldName, type BatchSource } from "./batch.ts";
import type { TrainingConfig } from "./config.ts";
import { openData, type OpenDataOptions } from "./data/open-data.ts";
import { dataSchema } from "./data/description.ts";
import { openScans, scanPath } from "./data/scan-cache.ts";
import { scanMemory } from "./data/scan-memory.ts";
import { scanKey, type ScanTask } from "./data/scan.ts";
import { drawInThread, type SourceInThread } from "./draw-in-thread.ts";
import { trainingConfigOf } from "./loop.fixture.ts";
import { runTraining } from "./loop.ts";
import { planeData } from "./plane-batches.ts";

let cache: string;
beforeAll(() => {
  cache = mkdtempSync(join(tmpdir(), "dprime-thread-"));
});
afterAll(() => rmSync(cache, { recursive: true }));

const source = {
  kind: "simulated",
  object: { name: "gaussian-field", options: { size: 32 } },
  noise: { name: "gaussian", options: { sigma: { from: 0.1, to: 0.5 } } },
  signal: { name: "disk" },
  present: 0.5,
  count: 6,
  windows: [{ low: -3, high: 3 }],
};
const config = trainingConfigOf({
  sources: undefined,
  noise: undefined,
  data: dataSchema.parse({ sources: [source], level: { from: 0.05, to: 0.2 } }),
  patch: 16,
  steps: 12,
}) as TrainingConfig & { data: ReturnType<typeof dataSchema.parse> };
const reads: FieldName[] = ["noisy", "clean", "again", "other", "sigma", "present"];
const open = (options: Partial<OpenDataOptions>) =>
  openData(config, { seed: 1, reads, dataFolder: ".", ...options });
const request = (step: number) => ({ step, draw: 0, fields: reads });

async function drawn(data: BatchSource, steps = 5) {
  // All at once, as a training asks ahead.
  const batches = await Promise.all(
    [...Array(steps).keys()].map(async (n) => data.draw(request(n))),
  );
  await data.dispose?.();
  return batches;
}

describe("a source in a thread", () => {
  it("gives the batches of one in this thread, whether scans are kept, held or read again", async () => {
    const here = await drawn((await open({})).data);
    for (const options of [{ inThread: true }, { inThread: true, cache }, { cache, memory: 1 }]) {
      expect(await drawn((await open(options)).data)).toEqual(here);
    }
  });

  it("draws while this thread does something else", async () => {
    const { data } = await open({ inThread: true });
    const thread = data as SourceInThread;
    expect(thread.ahead).toBeGreaterThan(1);
    await thread.draw(request(0));
    const asked = [1, 2].map(async (step) => thread.draw(request(step)));
    // The requests leave with the next turn; then this thread stands still, as in a step of the native runtime.
    await new Promise((resolve) => setTimeout(resolve, 20));
    const deadline = performance.now() + 20_000;
    while (Atomics.load(thread.finished, 0) < 3 && performance.now() < deadline) {
      Atomics.wait(thread.finished, 0, Atomics.load(thread.finished, 0), 1000);
    }
    expect(Atomics.load(thread.finished, 0)).toBe(3);
    await Promise.all(asked);
    await thread.dispose();
    await expect(thread.draw(request(3))).rejects.toThrow(/found a closed source/);
  });

  it("trains to the bits of a source in this thread, from planes too", async () => {
    const bits = async (data: BatchSource) => {
      const { weights } = await runTraining(config, { data, compile: { threads: 1 } });
      await data.dispose?.();
      return [...weights];
    };
    expect(await bits((await open({ inThread: true, cache })).data)).toEqual(
      await bits((await open({})).data),
    );
    const planes = [{ data: Float32Array.from({ length: 900 }, (_, i) => i % 7), ny: 30, nx: 30 }];
    const window = { low: 0, high: 7, clip: false, weight: 1 };
    const sources = [{ planes, windows: [window], weight: 1 }];
    const white = trainingConfigOf({ steps: 3 });
    const [inThread, here] = [true, false].map(
      (own) => planeData(white, { sources }, { inThread: own }).data,
    );
    expect(await drawn(inThread!)).toEqual(await drawn(here!));
  });

  it("hands on what goes wrong there, and ends where nothing was asked", async () => {
    const shapes = {};
    const module = new URL("./batch.ts", import.meta.url).href;
    const given = { module, name: "nothing", given: {} };
    const broken = drawInThread({ shapes }, given);
    await expect(broken.draw(request(0))).rejects.toThrow(/not a function/);
    await expect(broken.draw(request(1))).rejects.toThrow(/not a function/);
    await broken.dispose();
    await drawInThread({ shapes }, given).dispose();
  });
});

describe("scans in memory", () => {
  it("are as many as fit, the last used, and are read anew when they are needed", async () => {
    const tasks = [0, 1, 2].map(
      (number): ScanTask => ({
        description: {
          object: { name: "gaussian-field", options: { size: 32 } },
          noise: { name: "gaussian", options: { sigma: 0.1 } },
          signal: signalSchema.parse({ name: "disk" }),
        },
        seed: 1,
        role: "train",
        number,
        present: 0,
        again: false,
      }),
    );
    const values: (Float32Array | undefined)[] = [];
    await openScans(tasks, { cache }, (scan, n) => {
      values[n] = scan.noisy;
    });
    const kept = tasks.map((task) => ({
      key: scanKey(task),
      path: scanPath(cache, scanKey(task)),
    }));
    // Noisy and clean of 32 × 32 float32 each: two scans fit.
    const memory = scanMemory(2 * 2 * 4096 + 1);
    for (const [n, reads] of [
      [0, 1],
      [1, 2],
      [0, 2],
      [2, 3],
      [0, 3],
      [1, 4],
    ] as const) {
      expect(memory.arraysOf(kept[n]!).noisy).toEqual(values[n]);
      expect(memory.reads()).toBe(reads);
      expect(memory.bytes()).toBeLessThanOrEqual(4 * 4096);
    }
    // One that is larger than all is held alone.
    const small = scanMemory(1);
    for (const one of kept) small.arraysOf(one);
    expect(small.bytes()).toBe(2 * 4096);
  });

  it("say what is held, and which file was damaged meanwhile", async () => {
    const folder = join(cache, "own");
    const { data, notes } = await open({ cache: folder, memory: 3e4 });
    // Six scans of noisy, clean and again, 32 × 32 float32 each: 72 KiB.
    expect(notes).toEqual([
      "drew 6 of 6 scans of data.sources.0",
      "holds at most 0.029 of 0.07 MiB of scans in memory and reads the others from the disk when patches are cut from them",
    ]);
    await data.draw(request(0));
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    const later = (async () => {
      for (let step = 1; step < 20; step++) await data.draw(request(step));
    })();
    await expect(later).rejects.toThrow(
      /Cannot go on with the scan .*own.*wanted it as it was when/,
    );
  });
});
