/** The programs of a user's first day, against the built package by its own name. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { makeImage } from "../src/core/image.ts";
import { writeNewSeries } from "../src/dicom/create.ts";
import { buildOnce, newFolder } from "./cli/dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

const root = join(import.meta.dirname, "..");
// Inside the package, so that Node resolves `dprime` to it.
const programs = join(root, ".vitest", `examples-${process.pid}`);
const folder = newFolder("examples");

const expected: Readonly<Record<string, RegExp>> = {
  "adapt-to-a-task": /^the disk's response: \d+\.\d+ before, \d+\.\d+ after\n$/,
  "auc-with-interval": /^0\.922 \(0\.6\d\d to 0\.9\d\d\)\n$/,
  "compare-denoisers":
    /^median \d\d\.\d dB\nnon-local-means \d\d\.\d dB\ntotal-variation \d\d\.\d dB\n$/,
  "compare-on-own-images": /^Without denoising at full dose, a disk of 6 mm and 8 HU is found/,
  "denoise-an-array": /64, 64 \] noise \d+\.\d, changed by \d+\.\d/,
  "read-a-series": /^\w.*: 3 × 32 × 32, noise \d+\.\d HU, 3 files\n$/,
  "run-a-study": /Detectability: matched/,
  "simulate-low-dose-ct": /1 \[ 64, 64 \] HU\n2 \[ 64, 64 \] HU/,
  "train-a-network": /^own-images: \d+ bytes, loss 0\.\d+\n$/,
  "train-on-pairs": /^changed by 0\.[12]\d; the noise is 0\.20\n$/,
};

beforeAll(async () => {
  buildOnce();
  mkdirSync(programs, { recursive: true });
  mkdirSync(join(folder, "series"));
  const data = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => ((i * 7919) % 41) + 20);
  const volume = makeImage(data, [3, 32, 32], { spacing: [2, 1, 1], unit: "HU" });
  for (const [k, { bytes }] of (await writeNewSeries(volume)).entries()) {
    writeFileSync(join(folder, "series", `${k}.dcm`), bytes);
  }
});
afterAll(() => rmSync(programs, { recursive: true, force: true }));

describe("examples", () => {
  it("are all run here, but the one that draws the figures of a page", () => {
    const names = readdirSync(join(root, "examples")).map((name) => name.replace(/\.ts$/, ""));
    expect(names.filter((name) => name !== "low-dose-ct").sort()).toEqual(
      Object.keys(expected).sort(),
    );
  });

  it.each(Object.entries(expected))("%s runs in under fifteen lines", (name, says) => {
    const text = readFileSync(join(root, "examples", `${name}.ts`), "utf8");
    expect(text).toContain('from "dprime"');
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(15);
    const { outputText } = ts.transpileModule(text, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    });
    const program = join(programs, `${name}.mjs`);
    writeFileSync(program, outputText);
    const ran = spawnSync(process.execPath, [program], { cwd: folder, encoding: "utf8" });
    expect(ran.stderr).toBe("");
    expect(ran.stdout).toMatch(says);
    expect(ran.status).toBe(0);
  });

  it("leave what they say on the disk", () => {
    for (const name of ["case-1.nii.gz", "truth-2.nii.gz", "denoised/0.dcm", "study.sqlite"]) {
      expect(existsSync(join(folder, name)), name).toBe(true);
    }
  });
});
