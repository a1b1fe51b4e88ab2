/** Where results go from the shell: folders that are made, files that stay, pipes, and readers that leave. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Image, makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { decodeBytes, encodeImage, openFile, saveImage } from "../../src/files/files.ts";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const main = join(import.meta.dirname, "..", "..", "dist", "cli", "main.js");
const method = ["--method", "median", "--quiet"];

function disc(unit: Image["unit"] = "arbitrary"): Image {
  const stream = streamOf(3, "outputs");
  const data = Float32Array.from({ length: 64 * 64 }, (_, i) => {
    const inside = Math.hypot((i % 64) - 32, Math.floor(i / 64) - 32) < 20;
    return Math.round((inside ? 60 : 0) + 5 * stream.normal());
  });
  return makeImage(data, [64, 64], { spacing: [1, 1, 1], unit });
}

async function place(): Promise<string> {
  const folder = newFolder("outputs");
  await saveImage(join(folder, "a.npy"), disc());
  return folder;
}

const values = async (path: string): Promise<Float32Array> =>
  (await openFile(path)).images[0]!.image.data;

describe("places", () => {
  it("are made with their parents, for output and figure", async () => {
    const cwd = await place();
    const words = ["denoise", "a.npy", "-o", "new/deep/out.npy", "--figure", "other/deep/f.svg"];
    expect(dprime([...words, ...method], { cwd })).toMatchObject({ code: 0, err: "" });
    expect(namesIn(cwd)).toContain("new/deep/out.npy");
    expect(namesIn(cwd)).toContain("other/deep/f.svg");
  });

  it("take a figure inside the folder that is the output", async () => {
    const cwd = await place();
    mkdirSync(join(cwd, "in"));
    for (const name of ["1.npy", "2.npy"]) await saveImage(join(cwd, "in", name), disc());
    const words = ["denoise", "in", "-o", "out", "--figure", "out/check.svg"];
    expect(dprime([...words, ...method], { cwd })).toMatchObject({ code: 0, err: "" });
    expect(namesIn(join(cwd, "out"))).toEqual(["1.npy", "2.npy", "check.svg"]);
    // Once more into the same folder: refused, and with --force what else lies there stays.
    writeFileSync(join(cwd, "out", "mine.txt"), "mine");
    const again = ["denoise", "in", "-o", "out", ...method];
    expect(dprime(again, { cwd })).toMatchObject({
      code: 2,
      err: expect.stringMatching(/found a folder with 4 entries, wanted a new or empty folder/),
    });
    expect(dprime([...again, "--force"], { cwd })).toMatchObject({ code: 0, err: "" });
    expect(namesIn(join(cwd, "out"))).toEqual(["1.npy", "2.npy", "check.svg", "mine.txt"]);
  });

  it("vanish again where the writing fails", async () => {
    const cwd = await place();
    const { code } = dprime(["denoise", "a.npy", "-o", "new/deep/out.npy", ...method], {
      cwd,
      shell: "ulimit -f 8",
    });
    expect(code).toBe(1);
    expect(namesIn(cwd)).toEqual(["a.npy"]);
  });

  it.each([
    ["info", ["info", "a.npy", "--figure", "f.svg"]],
    ["metrics", ["metrics", "a.npy", "-m", "nps:side=16", "--figure", "f.svg"]],
    ["convert", ["convert", "a.npy", "-o", "f.svg.npy"]],
    ["simulate", ["simulate", "shepp-logan+direct", "-o", "cases", "--phantom-param", "size=32"]],
    ["demo", ["demo", "-o", "demo", "--size", "64", "--method", "median"]],
  ])("that %s wrote are refused, or written over by the same command", async (name, words) => {
    const cwd = await place();
    const first = dprime([...words, "--quiet"], { cwd });
    expect(first.code, first.err).toBe(0);
    const again = dprime([...words, "--quiet"], { cwd });
    if (name === "demo") {
      expect(again.code, again.err).toBe(0);
      writeFileSync(join(cwd, "demo", "mine.txt"), "mine");
      expect(dprime([...words, "--quiet"], { cwd }).err).toMatch(/found a folder with 5 entries/);
    } else {
      expect(again.err).toMatch(/wanted a new .*--force/);
      expect(again.code).toBe(2);
    }
    const forced = dprime([...words, "--force", "--quiet"], { cwd });
    expect(forced.code, forced.err).toBe(0);
  });
});

describe("pipes", () => {
  it.each([
    ["npy", "npy"],
    ["nii", "nifti"],
    ["nrrd", "nrrd"],
    ["mha", "metaimage"],
    ["tif", "tiff"],
  ])("carry .%s through denoise as a file would be", async (ending, format) => {
    const cwd = await place();
    const { files } = await encodeImage(disc(), `a.${ending}`);
    writeFileSync(join(cwd, `a.${ending}`), files[0]!.bytes);
    dprime(["denoise", `a.${ending}`, "-o", `file.${ending}`, ...method], { cwd });
    const ran = spawnSync(process.execPath, [main, "denoise", "-", "-o", "-", ...method], {
      cwd,
      input: files[0]!.bytes,
    });
    expect(ran.status, ran.stderr.toString()).toBe(0);
    const piped = await decodeBytes(new Uint8Array(ran.stdout), "piped");
    expect(piped.format).toBe(format);
    expect(piped.images[0]!.image.data).toEqual(await values(join(cwd, `file.${ending}`)));
  });

  it("go from one dprime to the next, words for people on stderr", async () => {
    const cwd = await place();
    const node = `"${process.execPath}" "${main}"`;
    const line = `${node} convert a.npy -o - --output-format nifti | ${node} denoise - -o - --method median | ${node} info - --json`;
    const ran = spawnSync("bash", ["-o", "pipefail", "-c", line], { cwd, encoding: "utf8" });
    expect(ran.status, ran.stderr).toBe(0);
    const { images } = JSON.parse(ran.stdout) as { images: { shape: number[] }[] };
    expect(images[0]!.shape).toEqual([64, 64]);
    expect(ran.stderr).toMatch(/method: median/);
    expect(namesIn(cwd)).toEqual(["a.npy"]);
  });

  it("are refused where they cannot be, before the work", async () => {
    const cwd = await place();
    mkdirSync(join(cwd, "in"));
    await saveImage(join(cwd, "in", "1.npy"), disc());
    for (const [words, message] of [
      [["denoise", "in", "-o", "-"], /found the folder in, whose result is a folder too/],
      [["denoise", "a.npy", "-o", "-", "--json"], /found -o - and --json, wanted one of them/],
      [["convert", "a.npy", "-o", "-"], /found a name without an ending, wanted one of \.dcm/],
    ] as const) {
      const { code, err } = dprime([...words, "--quiet"], { cwd });
      expect(err).toMatch(message);
      expect(code).toBe(2);
    }
  });
});

describe("a reader that leaves", () => {
  it("does not stop the work: the file is there, and the code is that of the work", async () => {
    const cwd = await place();
    const words = ["denoise", "a.npy", "-o", "out.npy", "--method", "wnnm"];
    const child = spawn(process.execPath, [main, ...words], { cwd });
    child.stdout.destroy();
    child.stderr.destroy();
    const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
    expect(code).toBe(0);
    expect(existsSync(join(cwd, "out.npy"))).toBe(true);
  });

  it("is a failure where the result itself is what it leaves", async () => {
    const cwd = await place();
    // More than a pipe holds.
    await saveImage(join(cwd, "big.npy"), makeImage(new Float32Array(512 * 512), [512, 512]));
    const child = spawn(
      process.execPath,
      [main, "convert", "big.npy", "-o", "-", "--output-format", "npy"],
      { cwd },
    );
    child.stdout.destroy();
    const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
    expect(code).toBe(1);
  });

  it.skipIf(!existsSync("/dev/full"))("is not a full disk, which fails", async () => {
    const full = openSync("/dev/full", "w");
    const ran = spawnSync(process.execPath, [main, "list", "metrics"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    expect(ran.stderr).toMatch(/standard output: found a full disk/);
    expect(ran.status).toBe(1);
  });
});

describe("--unit", () => {
  it.each([
    [
      "info",
      ["info", "a.npy"],
      (doc: string) => (JSON.parse(doc) as { images: { unit: string }[] }).images[0]!.unit,
    ],
    ["noise", ["noise", "a.npy"], (doc: string) => (JSON.parse(doc) as { unit: string }).unit],
    [
      "denoise",
      ["denoise", "a.npy", "-o", "o.npy", "--method", "median"],
      (doc: string) => (JSON.parse(doc) as { images: { unit: string }[] }).images[0]!.unit,
    ],
  ])("is heard by %s", async (_, words, unitOf) => {
    const cwd = await place();
    const { code, out, err } = dprime([...words, "--unit", "HU", "--json", "--quiet"], { cwd });
    expect(code, err).toBe(0);
    expect(unitOf(out)).toBe("HU");
  });

  it("is heard slab by slab, by conversion, and beside what the file says", async () => {
    const cwd = await place();
    const volume = makeImage(
      Float32Array.from({ length: 32 * 48 * 48 }, (_, i) => (i * 7919) % 101),
      [32, 48, 48],
    );
    await saveImage(join(cwd, "v.npy"), volume);
    const words = ["denoise", "v.npy", "-o", "v.nii", "--memory", "1", "--unit", "HU", ...method];
    expect(dprime(words, { cwd })).toMatchObject({ code: 0 });
    expect((await openFile(join(cwd, "v.nii"))).images[0]!.image.unit).toBe("HU");
    // What a file says stays.
    const said = JSON.parse(dprime(["info", "v.nii", "--unit", "1/mm", "--json"], { cwd }).out);
    expect(said.images[0].unit).toBe("HU");
    dprime(["convert", "a.npy", "-o", "c.nii", "--unit", "HU"], { cwd });
    expect((await openFile(join(cwd, "c.nii"))).images[0]!.image.unit).toBe("HU");
    expect(readFileSync(join(cwd, "c.nii")).length).toBeGreaterThan(352);
  });
});
