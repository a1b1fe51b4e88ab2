/** Slab by slab from the shell: what stays on the disk when it goes wrong, and what is said. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { type Image, makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { numberElement, textElement } from "../../src/dicom/build.ts";
import { writeNewSeries } from "../../src/dicom/create.ts";
import { saveImage } from "../../src/files/files.ts";
import { testObject } from "../dicom-objects.ts";
import { buildOnce, dprime, namesIn, newFolder } from "./dprime.ts";

// Child processes on a busy machine take many times as long as on a quiet one.
vi.setConfig({ testTimeout: 240_000 });

beforeAll(buildOnce);

const slabs = ["--method", "median", "--memory", "1", "--quiet"];

/** 32 planes of 48 × 48: more than 1 MiB takes. */
function noise(): Image {
  const stream = streamOf(3, "large");
  const data = Float32Array.from({ length: 32 * 48 * 48 }, () => Math.round(20 * stream.normal()));
  return makeImage(data, [32, 48, 48], { spacing: [2, 1, 1], unit: "HU" });
}

async function inputIn(folder: string, name: string): Promise<void> {
  const path = join(folder, name);
  const image = noise();
  if (name === "slices") {
    mkdirSync(path);
    for (const [k, { bytes }] of (await writeNewSeries(image)).entries()) {
      writeFileSync(join(path, String(k)), bytes);
    }
  } else if (name.endsWith(".dcm")) {
    const object = {
      data: Int16Array.from(image.data),
      rows: 48,
      columns: 48,
      frames: 32,
      extra: [
        numberElement(0x00280009, "AT", 0x00540080),
        textElement(0x00281052, "DS", "0"),
        textElement(0x00281053, "DS", "1"),
      ],
    };
    writeFileSync(path, await testObject(object));
  } else await saveImage(path, image);
}

describe("dprime denoise --memory", () => {
  it.each([
    ["a.nii", "out.nii", 64],
    ["a.nii", "out.nii.gz", 16],
    // The scratch file of 32-bit values is what meets the limit.
    ["a.dcm", "out.dcm", 200],
    ["slices", "out", 3],
  ])("leaves nothing on a full disk: %s to %s", async (input, output, limit) => {
    const folder = newFolder("full");
    await inputIn(folder, input);
    const before = namesIn(folder);
    const { code, out, err } = dprime(["denoise", input, "-o", output, ...slabs], {
      cwd: folder,
      // A limit of so many KiB per file stands for a disk without room.
      shell: `ulimit -f ${limit}`,
    });
    expect(err).toMatch(/^dprime denoise: Cannot write [^\n]*\n$/);
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(namesIn(folder)).toEqual(before);
  });

  it("shows no half result when it is killed", async () => {
    const folder = newFolder("killed");
    await inputIn(folder, "slices");
    await inputIn(folder, "a.nii");
    buildOnce();
    const main = join(import.meta.dirname, "..", "..", "dist", "cli", "main.js");
    for (const [input, output] of [
      ["slices", "out"],
      ["a.nii", "out.nii"],
    ] as const) {
      const child = spawn(
        process.execPath,
        // Planes of a slow method, so that the end is far when the first slab is done.
        [main, "denoise", input, "-o", output, "--method", "wnnm", "--planes", "--memory", "1"],
        { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
      );
      await new Promise<void>((resolve) => {
        child.stderr.on("data", (text: Buffer) => {
          if (/denoising/.test(String(text))) child.kill("SIGKILL");
        });
        child.on("exit", () => resolve());
      });
      expect(child.signalCode).toBe("SIGKILL");
      expect(namesIn(folder).filter((name) => name.startsWith("out"))).toEqual([]);
    }
  });

  it("says how it went, in words and as JSON", async () => {
    const folder = newFolder("report");
    await inputIn(folder, "a.nii");
    const { code, out, err } = dprime(["denoise", "a.nii", "-o", "out.nii", ...slabs, "--json"], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(err).toBe("");
    const report = JSON.parse(out) as {
      images: { noiseAfter: { sigma: number } }[];
      notes: string[];
    };
    expect(report.notes.join()).toMatch(
      /denoised 4 planes and 2 on each side at a time, in about 1 MiB/,
    );
    expect(report.images[0]!.noiseAfter.sigma).toBeGreaterThan(0);
    const refused = dprime(
      ["denoise", "a.nii", "-o", "b.nii", "--method", "wavelet-shrinkage", "--memory", "1"],
      { cwd: folder },
    );
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/thresholds follow from bands of the whole volume/);
    expect(refused.err).toMatch(/--planes/);
  });

  it("estimates the noise of a folder of slices", async () => {
    const folder = newFolder("noise");
    await inputIn(folder, "slices");
    const { code, out, err } = dprime(["noise", "slices", "--json"], { cwd: folder });
    expect(err).toMatch(/judged on 9 of its 32 slices/);
    expect(code).toBe(0);
    const { sigma } = JSON.parse(out) as { sigma: number };
    // A standard error of 1 % on 20 000 pixels, and some for windows.
    expect(sigma).toBeGreaterThan(18.5);
    expect(sigma).toBeLessThan(21.5);
  });
});
