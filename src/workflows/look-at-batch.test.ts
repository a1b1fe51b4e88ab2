import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookAtBatch } from "./look-at-batch.ts";

const windows = [{ low: 0, high: 1 }];
const description = {
  name: "small",
  network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
  steps: 1,
  batch: 3,
  patch: 16,
  data: {
    sources: [
      {
        kind: "simulated",
        object: { name: "water-inserts", options: { size: 32 } },
        noise: { name: "gaussian", options: { sigma: 20 } },
        signal: { name: "disk", options: { radiusMm: 30, amplitude: 100 } },
        count: 2,
        windows: [{ low: -200, high: 200 }],
      },
    ],
    level: { from: 0.01, to: 0.1 },
  },
};

describe("a look at a batch", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "dprime-look-"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const look = async (changes: object, options: object = {}) => {
    const path = join(folder, "a.json");
    await writeFile(path, JSON.stringify({ ...description, ...changes }));
    const place = { cache: join(folder, "scans"), output: join(folder, "a.svg"), threads: 1 };
    return lookAtBatch(path, { ...place, ...options });
  };

  it("shows every field with its range, and draws what the training would draw", async () => {
    const seen = await look({});
    const ranges = Object.fromEntries(seen.fields.map(({ field, ...rest }) => [field, rest]));
    expect(Object.keys(ranges)).toEqual([
      "noisy",
      "clean",
      "other",
      "sigma",
      "labels",
      "present",
      "classes",
    ]);
    expect(ranges["labels"]).toEqual({ shape: [3, 3, 16, 16], low: 0, high: 1 });
    expect(ranges["sigma"]!.low).toBeGreaterThanOrEqual(0.01);
    expect(ranges["sigma"]!.high).toBeLessThanOrEqual(0.1001);
    expect(seen.reads).toEqual(["noisy", "clean"]);
    const svg = await readFile(seen.picture, "utf8");
    for (const word of ["small: first batch, 3 patches", "noisy, σ 0.0", "labels, 3 classes"]) {
      expect(svg).toContain(word);
    }
    // Three patches of five pictures each.
    expect(svg.match(/<image /g)).toHaveLength(15);
    await expect(look({})).rejects.toThrow(/a.svg: found a file that is there already/);
  });

  it("takes white noise on clean sources as it comes, and writes PNG", async () => {
    const sources = [{ kind: "phantom", name: "shepp-logan", count: 1, windows }];
    const output = join(folder, "b.png");
    const seen = await look({ data: undefined, sources }, { output });
    expect(seen.fields.map(({ field }) => field)).toContain("again");
    const png = await readFile(output);
    expect(png.subarray(1, 4).toString()).toBe("PNG");
  });

  it("finds what a training would stop at, and writes nothing then", async () => {
    await expect(
      look({
        method: { name: "segmentation" },
        data: { sources: [{ ...description.data.sources[0], object: { name: "shepp-logan" } }] },
      }),
    ).rejects.toThrow(/Cannot train with segmentation: found network dncnn/);
    await expect(look({ method: { name: "noise2nose" } })).rejects.toThrow(/noise2noise/);
    await expect(look({}, { output: join(folder, "a.pdf") })).rejects.toThrow(/.png or .svg/);
    expect(await readdir(folder)).toEqual(["a.json"]);
  });
});
