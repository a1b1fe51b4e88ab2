import { scanMemory, usualMemory } from "./scan-memory.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signalSchema } from "../../cases/index.ts";
import { type Image, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { saveImage } from "../../files/files.ts";
import { waterInserts } from "../../phantoms/water-inserts.ts";
import { ctFan } from "../../physics/ct-fan.ts";
import { dataSchema } from "./description.ts";
import { drawInserted, insertedKey, type InsertTask } from "./inserted.ts";
import { openFiles } from "./sources/files.ts";

const size = 64;
const scanner = { views: 200 };

describe("images that something is put into", () => {
  let clean: Image;
  let task: InsertTask;
  beforeAll(async () => {
    const water = waterInserts.draw(streamOf(3), { size, slices: 1, diameterMm: 250 }).image;
    ({ image: clean } = await ctFan.acquire(
      water,
      streamOf(4),
      { photons: 2e5, ...scanner },
      { threads: 1 },
    ));
    task = {
      images: { clean },
      names: {},
      dose: { dose: 0.25, photons: 2e5, views: 200 },
      present: 1,
      seed: 1,
      role: "train",
      number: 0,
      again: true,
    };
  });
  const noiseOf = (noisy: Float32Array | undefined, from: Float32Array | undefined) => {
    // The middle, where the body is.
    const inside = [...noisy!.keys()].filter(
      (i) => Math.hypot((i % size) - size / 2, Math.floor(i / size) - size / 2) < size / 5,
    );
    return inside.map((i) => noisy![i]! - from![i]!);
  };
  const square = (values: number[]) => values.reduce((s, v) => s + v * v, 0) / values.length;

  it("have the noise of a lower dose, other noise in the second image, and stay as they were without", async () => {
    const quarter = await drawInserted(task);
    expect(quarter.clean).toEqual(clean.data);
    const [one, two] = [noiseOf(quarter.noisy, clean.data), noiseOf(quarter.again, clean.data)];
    const half = await drawInserted({ ...task, dose: { ...task.dose, dose: 0.5 } });
    // The variance goes with 1/dose − 1: 3 to 1. About 200 independent pixels know it to a tenth each.
    const ratio = square(one) / square(noiseOf(half.noisy, clean.data));
    expect(Math.abs(Math.log(ratio / 3))).toBeLessThan(0.5);
    expect(Math.abs(Math.log(square(one) / square(two)))).toBeLessThan(0.5);
    const product = one.reduce((s, v, i) => s + v * two[i]!, 0) / one.length;
    expect(Math.abs(product) / Math.sqrt(square(one) * square(two))).toBeLessThan(
      5 / Math.sqrt(200),
    );
    expect(await drawInserted(task)).toEqual(quarter);
    expect((await drawInserted({ ...task, number: 1 })).noisy).not.toEqual(quarter.noisy);
  });

  it("have a lesion in all images, blurred as the scan would, in the share that is asked for", async () => {
    const { dose: _, ...plain } = task;
    const signal = signalSchema.parse({
      name: "disk",
      options: { radiusMm: 15, amplitude: 40 },
      centre: [30, 34],
    });
    const noisy = withData(
      clean,
      clean.data.map((v) => v + 1),
    );
    const lesion = { ...plain, signal, images: { clean, noisy } };
    const sharp = await drawInserted(lesion);
    const blurred = await drawInserted({ ...lesion, halfCyclesPerMm: 0.02 });
    const added = (scan: typeof sharp) => scan.clean!.map((v, i) => v - clean.data[i]!);
    const sum = (data: Float32Array) => data.reduce((a, b) => a + b, 0);
    // A transfer function is 1 at frequency 0: blur moves contrast, and loses none.
    expect(sum(added(blurred)) / sum(added(sharp))).toBeCloseTo(1, 3);
    expect(Math.max(...added(sharp))).toBeCloseTo(40, 3);
    // exp(−ln 2 (f/h)²) is a Gaussian of σ² = ln 2/(2π²h²); of a disk it leaves 1 − exp(−r²/2σ²) in the middle.
    const variance = Math.LN2 / (2 * Math.PI ** 2 * 0.02 ** 2);
    const middle = 40 * (1 - Math.exp(-(15 ** 2) / (2 * variance)));
    expect(Math.abs(Math.max(...added(blurred)) / middle - 1)).toBeLessThan(0.03);
    expect(sharp.signal).toEqual({ present: true, place: [0, 30, 34] });
    sharp.noisy!.forEach((v, i) => expect(v - sharp.clean![i]!).toBeCloseTo(1, 3));
    const held = await Promise.all(
      [...Array(16).keys()].map((number) => drawInserted({ ...lesion, number, present: 0.5 })),
    );
    const share = held.filter((scan) => scan.signal!.present).length;
    expect(share).toBeGreaterThan(2);
    expect(share).toBeLessThan(14);
    expect(held.find((scan) => !scan.signal!.present)!.clean).toEqual(clean.data);
  });

  it("are named by their values, not by their files", () => {
    const other = withData(
      clean,
      clean.data.map((v, i) => (i === 5 ? v + 1 : v)),
    );
    const key = insertedKey(task);
    expect(insertedKey({ ...task, images: { clean: withData(clean, clean.data.slice()) } })).toBe(
      key,
    );
    expect(insertedKey({ ...task, images: { clean: other } })).not.toBe(key);
    expect(insertedKey({ ...task, dose: { dose: 0.3 } })).not.toBe(key);
  });

  describe("from files", () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "dprime-insert-"));
      await saveImage(join(folder, "ct.nrrd"), clean);
      await saveImage(
        join(folder, "labels.nrrd"),
        withData(
          clean,
          clean.data.map((v) => (v > -500 ? 1 : 0)),
          { unit: "arbitrary" },
        ),
      );
      await saveImage(join(folder, "mr.nii"), withData(clean, clean.data, { unit: "arbitrary" }));
    });
    afterAll(() => rm(folder, { recursive: true }));
    const open = (source: object) => {
      const windows = [{ low: -200, high: 200 }];
      const usual = { kind: "files", licence: "none", windows, clean: "ct.nrrd", ...source };
      const [config] = dataSchema.parse({ sources: [usual] }).sources;
      if (config?.kind !== "files") throw new Error("wanted files");
      const context = {
        seed: 1,
        role: "train",
        reads: [],
        dataFolder: folder,
        what: "data.sources.0",
        memory: scanMemory(usualMemory),
      } as const;
      return openFiles(config, { ...context, cache: join(folder, "scans") });
    };
    const insertion = { dose: { from: 0.2, to: 0.5 }, options: { photons: 2e5, ...scanner } };

    it("are drawn as often as asked for, and kept", async () => {
      const source = {
        insertion,
        draws: 2,
        labels: "labels.nrrd",
        classes: { 1: "water" },
        signal: {
          name: "disk",
          options: { radiusMm: 10, amplitude: 30 },
          within: { label: "water", marginMm: 20 },
        },
        present: 0.5,
      };
      const first = await open(source);
      expect(first.notes).toEqual(["drew 2 of 2 images of data.sources.0"]);
      expect(first.samples).toHaveLength(2);
      const [a, b] = first.samples;
      expect(a!.planes.noisy![0]).not.toEqual(b!.planes.noisy![0]);
      expect(a!.planes.labels).toBeDefined();
      const again = await open(source);
      expect(again.notes).toEqual([]);
      expect(again.samples).toEqual(first.samples);
    });

    it.each([
      [{ clean: "mr.nii", insertion }, /HU/],
      [{ insertion, noise: { name: "gaussian" } }, /found both noise and insertion, wanted one/],
      [{ noisy: "ct.nrrd", insertion }, /found insertion beside noisy/],
      [{ insertion: { dose: 2 } }, /dose of low-dose insertion: found 2/],
      [{ insertion: { dose: 0.5, options: { fotons: 1 } } }, /fotons/],
      [{ signal: { name: "disk", within: { label: "liver" } } }, /without classes/],
    ])("refuse %j", async (source, message) => {
      await expect(open(source)).rejects.toThrow(message);
    });
  });
});
