import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { CancelledError } from "../core/errors.ts";
import { makeImage, withData } from "../core/image.ts";
import { openSlabs, processSlabs } from "./files-slabs.ts";
import { openFile, saveImage } from "./files.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-slabs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const root = fileURLToPath(new URL("../..", import.meta.url));

const volume = makeImage(
  Float32Array.from({ length: 2 * 7 * 4 * 5 }, (_, i) => Math.sin(i) * 100),
  [2, 7, 4, 5],
  {
    axes: "tzyx",
    spacing: [3, 2, 1],
    origin: [1, 2, 3],
    direction: [0, 0, 1, 1, 0, 0, 0, 1, 0],
    unit: "HU",
  },
);

/** Mean over the planes at hand of the neighbours above and below, edges repeated. */
function smoothed(slab: typeof volume): typeof volume {
  const [nz, ny, nx] = slab.shape as [number, number, number];
  const out = new Float32Array(slab.data.length);
  const plane = ny * nx;
  for (let z = 0; z < nz; z++) {
    for (let i = 0; i < plane; i++) {
      const at = (k: number) => slab.data[Math.min(nz - 1, Math.max(0, k)) * plane + i]!;
      out[z * plane + i] = (at(z - 1) + at(z) + at(z + 1)) / 3;
    }
  }
  return withData(slab, out);
}

describe("slabs", () => {
  it.each([".nii", ".nii.gz"])(
    "with a halo give what the whole volume gives (%s)",
    async (ending) => {
      const input = join(folder, `in${ending}`);
      await saveImage(input, volume);
      const output = join(folder, `out${ending}`);
      const starts: number[] = [];
      const { slabs } = await processSlabs(input, output, {
        slabBytes: 2 * 4 * 20,
        halo: 1,
        work: (slab) => {
          starts.push(slab.origin[0]);
          return Promise.resolve(smoothed(slab));
        },
      });
      expect(slabs).toBe(8);
      // Planes lie along world x, 3 mm apart: slabs begin at planes 0, 1, 3, 5 of each time point.
      expect(starts.slice(0, 4)).toEqual([1, 4, 10, 16]);
      const back = (await openFile(output)).images[0]!.image;
      expect([back.axes, back.shape, back.unit]).toEqual(["tzyx", [2, 7, 4, 5], "HU"]);
      for (let t = 0; t < 2; t++) {
        const frame = makeImage(volume.data.slice(t * 140, t * 140 + 140), [7, 4, 5]);
        expect(Array.from(back.data.subarray(t * 140, t * 140 + 140))).toEqual([
          ...smoothed(frame).data,
        ]);
      }
    },
  );

  it("reads parts of NPY and NIfTI as the whole reader does", async () => {
    for (const name of ["a.npy", "a.nii"]) {
      const path = join(folder, name);
      const image = makeImage(
        Float32Array.from({ length: 60 }, (_, i) => i),
        [3, 4, 5],
      );
      await saveImage(path, image);
      const source = await openSlabs(path);
      expect([...(await source.read(1, 2)).data]).toEqual(Array.from(image.data.subarray(20)));
      await source.close();
    }
  });

  it("leaves nothing behind when stopped or when the file is cut", async () => {
    const input = join(folder, "in.nii");
    const before = readdirSync(folder).sort();
    const stop = new AbortController();
    const work = (slab: typeof volume) => {
      stop.abort();
      return Promise.resolve(slab);
    };
    await expect(
      processSlabs(input, join(folder, "never.nii"), { slabBytes: 100, work, signal: stop.signal }),
    ).rejects.toThrow(CancelledError);
    const cut = join(folder, "cut.nii");
    writeFileSync(cut, (await import("node:fs")).readFileSync(input).subarray(0, 600));
    await expect(
      processSlabs(cut, join(folder, "never.nii.gz"), { work: (s) => Promise.resolve(s) }),
    ).rejects.toMatchObject({ kind: "truncated" });
    expect(readdirSync(folder).sort()).toEqual([...before, "cut.nii"].sort());
  });

  it.skipIf(!existsSync("/proc/self/status"))(
    "hold a 128 MiB file within the stated bound and a fixed share for the process",
    () => {
      // A sparse file of zeros costs neither disk nor time and is read like any other.
      const script = `
import { open } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { makeImage } from "./src/core/image.ts";
import { niftiHeaderOf } from "./src/formats/nifti-new-header.ts";
import { niftiHeaderToBytes } from "./src/formats/nifti-header.ts";
import { processSlabs } from "./src/files/files-slabs.ts";
const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 1024;
const image = { ...makeImage(new Float32Array(1), [1, 1]), axes: "zyx", shape: [256, 512, 512] };
const path = ${JSON.stringify(join(folder, "large.nii"))};
const file = await open(path, "w");
await file.write(niftiHeaderToBytes(niftiHeaderOf(image, { type: "int16", kind: "scalar", slope: 1, intercept: 0 })));
await file.truncate(352 + 2 * 256 * 512 ** 2);
await file.close();
const before = peak();
const done = await processSlabs(path, path.replace("large", "result"), { slabBytes: 2 ** 23, type: "int16", work: async (s) => s });
console.log(JSON.stringify({ before, after: peak(), bound: done.boundBytes / 2 ** 20, slabs: done.slabs }));`;
      const ran = spawnSync(
        process.execPath,
        ["--import", "tsx", "--input-type=module", "-e", script],
        { cwd: root, encoding: "utf8" },
      );
      const { before, after, bound, slabs } = JSON.parse(
        ran.stdout.trim().split("\n").at(-1)!,
      ) as Record<string, number>;
      expect(slabs).toBe(32);
      expect(bound).toBe(32);
      // The collector lets a few slabs pile up before it clears them: measured 52 MiB.
      expect(after! - before!).toBeLessThan(bound! + 160);
    },
  );
});
