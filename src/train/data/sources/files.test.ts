import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageOptions, makeImage } from "../../../core/image.ts";
import { streamOf } from "../../../core/random.ts";
import { saveImage } from "../../../files/files.ts";
import { dataSchema } from "../description.ts";
import { openFiles } from "./files.ts";
import { scanMemory, usualMemory } from "../scan-memory.ts";
import type { SourceContext } from "./source.ts";

const [ny, nx] = [20, 24];

/** Level of a file's clean image. */
const clean = (level: number, depth = 1) =>
  Float32Array.from({ length: depth * ny * nx }, (_, i) => level + (i % nx));

const noisy = (level: number, name: string, sigma = 5) => {
  const stream = streamOf(1, name, level);
  return clean(level).map((v) => v + sigma * stream.normal());
};

describe("images in files", () => {
  let folder: string;
  const save = async (
    name: string,
    data: Float32Array,
    { depth = 1, ...options }: ImageOptions & { depth?: number } = {},
  ) => {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    const shape = depth === 1 ? [ny, nx] : [depth, ny, nx];
    await saveImage(join(folder, name), makeImage(data, shape, { spacing: [1, 2, 2], ...options }));
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dprime-files-"));
    for (const level of [100, 200, 300]) {
      await save(`noisy/sub/p${level}.nii.gz`, noisy(level, "n"));
      await save(`again/sub/p${level}.nii`, noisy(level, "a"));
      await save(`clean/sub/p${level}.npy`, clean(level));
    }
    await save(
      "labels/x.nii",
      clean(0).map((_, i) => (i % 3) + 1),
    );
    await save(
      "labels-of-mr/x.nii",
      clean(0).map(() => 0.5),
    );
    await save("odd/p100.nii", clean(1, 2), { depth: 2 });
    await save(
      "nan.nii",
      clean(1).map((v, i) => (i === 7 ? Number.NaN : v)),
    );
    await save("negative.nii", clean(-300));
    await save("hu.nrrd", clean(-300, 2), { depth: 2, unit: "HU" });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const open = (source: object) => {
    const data = dataSchema.parse({
      sources: [{ kind: "files", licence: "none", windows: [{ low: 0, high: 400 }], ...source }],
    });
    const [config] = data.sources;
    const context: SourceContext = {
      seed: 1,
      role: "train",
      reads: [],
      dataFolder: folder,
      what: "data.sources.0",
      memory: scanMemory(usualMemory),
    };
    if (config?.kind !== "files") throw new Error("wanted a source of files");
    return openFiles(config, context);
  };

  it("belong together by their names, whatever their formats and order", async () => {
    const { samples } = await open({ noisy: "noisy", clean: "clean", again: "again" });
    expect(samples).toHaveLength(3);
    for (const { planes } of samples) {
      const level = planes.clean![0]![0]!;
      expect([100, 200, 300]).toContain(level);
      expect(planes.clean![0]).toEqual(clean(level));
      expect(planes.noisy![0]).toEqual(noisy(level, "n"));
      expect(planes.again![0]).toEqual(noisy(level, "a"));
    }
    expect(samples.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
  });

  it("of one file each belong together whatever their names", async () => {
    const { samples, names } = await open({ clean: "clean/sub/p100.npy", labels: "labels/x.nii" });
    expect(samples[0]!.planes.labels![0]!.slice(0, 4)).toEqual(Float32Array.of(1, 2, 3, 1));
    expect(names).toEqual({ 1: "1", 2: "2", 3: "3" });
    const named = await open({
      clean: "clean/sub/p100.npy",
      labels: "labels/x.nii",
      classes: { 2: "liver" },
    });
    expect(named.names).toEqual({ 2: "liver" });
  });

  it("with noise alone have a level: estimated, or from two images of an object", async () => {
    const pair = await open({ noisy: "noisy", again: "again" });
    // 480 differences: a standard deviation is known to 1/√960.
    for (const { sigma } of pair.samples) expect(Math.abs(sigma! / 5 - 1)).toBeLessThan(5 / 31);
    const alone = await open({ noisy: "noisy" });
    for (const { sigma } of alone.samples) expect(Math.abs(sigma! / 5 - 1)).toBeLessThan(0.5);
  });

  it("of other objects come beside those with noise", async () => {
    const { samples, others } = await open({ noisy: "noisy", other: ["clean", "odd"] });
    expect(samples).toHaveLength(3);
    expect(others).toHaveLength(4);
    expect(others!.every(({ planes }) => planes.clean !== undefined)).toBe(true);
  });

  it.each([
    [{ again: "again" }, /Cannot use data.sources.0: found neither noisy nor clean, wanted files/],
    [{ noisy: "noisy", noise: { name: "gaussian" } }, /found noise beside noisy, wanted clean/],
    [{ clean: "clean", other: "odd" }, /found other without noisy/],
    [{ noisy: "noisy", clean: "odd" }, /found 3 noisy and 1 clean, wanted one for each/],
    [
      { noisy: "noisy/sub/p100.nii.gz", clean: "odd" },
      /found 20 x 24 in arbitrary and 2 x 20 x 24/,
    ],
    [
      {
        noisy: ["noisy/sub/p100.nii.gz", "noisy/sub/p200.nii.gz"],
        clean: ["clean/sub/p100.npy", "clean/sub/p300.npy"],
      },
      /Cannot pair .*p200.nii.gz: found no clean named p200, wanted one of p100, p300/,
    ],
    [{ noisy: "noisy", other: "hu.nrrd" }, /in arbitrary and .*hu.nrrd in HU, wanted one unit/],
    [
      { clean: "nan.nii" },
      /Cannot train on .*nan.nii: found the value NaN at voxel 7, wanted finite/,
    ],
    [
      { clean: "clean/sub/p100.npy", labels: "labels-of-mr/x.nii" },
      /found the value 0.5, wanted at most 256 whole/,
    ],
    [
      { clean: "negative.nii", noise: { name: "poisson" } },
      /Cannot add noise poisson to .*negative.nii: found the value -300/,
    ],
    [
      { clean: "clean", noise: { name: "gausian" } },
      /found no noise model gausian, wanted one of gaussian or/,
    ],
    [
      { clean: "clean", noise: { name: "gaussian", options: { sigma: -1 } } },
      /sigma of noise gaussian/,
    ],
    [{ clean: "missing.nii" }, /missing.nii/],
  ])("refuse %j", async (source, message) => {
    await expect(open(source)).rejects.toThrow(message);
  });
});
