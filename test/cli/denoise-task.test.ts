/** Denoising from the shell with what is looked for, or with a guide. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { openFile, saveImage } from "../../src/files/files.ts";
import { buildOnce, dprime, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

const size = 40;
let folder = "";
const path = (name: string): string => join(folder, name);
const read = async (name: string): Promise<Float32Array> =>
  (await openFile(path(name))).images[0]!.image.data;

const stream = streamOf(3, "task cli");
const disk = Float32Array.from({ length: size * size }, (_, i) =>
  Math.hypot(Math.floor(i / size) - 12, (i % size) - 25) <= 3 ? 1 : 0,
);
const clean = Float32Array.from({ length: size * size }, (_, i) => (i % size < 20 ? 1 : 2));
const noisy = clean.map((v, i) => v + 0.2 * disk[i]! + 0.3 * stream.normal());
const response = (data: Float32Array): number => disk.reduce((sum, w, i) => sum + w * data[i]!, 0);

beforeAll(async () => {
  buildOnce();
  folder = newFolder("task");
  const shape = [size, size];
  await saveImage(path("noisy.npy"), makeImage(noisy, shape));
  await saveImage(path("disk.npy"), makeImage(disk, shape));
  await saveImage(path("clean.npy"), makeImage(clean, shape));
  await saveImage(path("small.npy"), makeImage(new Float32Array(64), [8, 8]));
});

const denoise = (words: readonly string[], output = "out.npy") =>
  dprime([
    "denoise",
    path("noisy.npy"),
    "-o",
    path(output),
    "--sigma",
    "0.3",
    "--force",
    "--quiet",
    ...words,
  ]);

describe("dprime denoise with a task", () => {
  it.each(["task-preserving+gaussian", "task-preserving+bm3d", "task-preserving+drunet-light"])(
    "keeps the response of a template file exactly by %s",
    async (method) => {
      const plain = denoise(["--method", method.slice("task-preserving+".length)]);
      expect(plain.code, plain.err).toBe(0);
      const lost = Math.abs(response(await read("out.npy")) - response(noisy));
      const { code, err } = denoise(["--method", method, "--template", path("disk.npy")]);
      expect(code, err).toBe(0);
      // 29 float32 values near 2.
      expect(Math.abs(response(await read("out.npy")) - response(noisy))).toBeLessThan(1e-5);
      expect(lost).toBeGreaterThan(0.01);
    },
  );

  it("weighs it by beta in pls-tv, with a signal by name at a place", async () => {
    // Pixels of 1 mm.
    const signal = ["--signal", "disk", "--signal-param", "radiusMm=3", "--at", "12,25"];
    const loss = async (beta: number): Promise<number> => {
      const { code, err } = denoise(["--method", "pls-tv", "--param", `beta=${beta}`, ...signal]);
      expect(code, err).toBe(0);
      return Math.abs(response(await read("out.npy")) - response(noisy));
    };
    expect(await loss(1e6)).toBeLessThan(0.1 * (await loss(0)));
  });

  it("takes edges from a guide", async () => {
    const distance = async (): Promise<number> =>
      (await read("out.npy")).reduce((sum, v, i) => sum + (v - clean[i]!) ** 2, 0);
    expect(denoise(["--method", "joint-bilateral"]).code).toBe(0);
    const alone = await distance();
    const { code, err } = denoise(["--method", "joint-bilateral", "--guide", path("clean.npy")]);
    expect(code, err).toBe(0);
    expect(await distance()).toBeLessThan(0.9 * alone);
  });

  it.each([
    [["--method", "bm3d", "--template", "disk.npy"], "wanted task-preserving+bm3d or pls-tv"],
    [["--method", "bm3d", "--guide", "clean.npy"], "wanted joint-bilateral"],
    [["--method", "task-preserving+bm3d"], "found no template"],
    [["--method", "task-preserving+bm3d", "--template", "small.npy"], "found 8 × 8 pixels"],
    [["--method", "pls-tv", "--at", "3,4"], "found no --signal"],
    [["--method", "pls-tv", "--signal", "ring"], "found no signal ring"],
    [["--method", "pls-tv", "--signal", "disk", "--at", "3,400"], "a place outside"],
    [["--method", "joint-bilateral", "--guide", "small.npy"], "found a guide of shape [8, 8]"],
    [["--method", "task-preserving+nothing", "--template", "disk.npy"], "found no such method"],
  ])("refuses %j in one line and writes nothing", (words, wanted) => {
    const given = words.map((word) => (word.endsWith(".npy") ? path(word) : word));
    const { code, err } = denoise(given, "refused.npy");
    expect(code).toBe(2);
    expect(err.trim().split("\n")).toHaveLength(1);
    expect(err).toContain(wanted);
    expect(existsSync(path("refused.npy"))).toBe(false);
  });
});
