/** A folder with a damaged file is no smaller volume: the work ends, or says what it left out. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { writeNewSeries } from "../dicom/create.ts";
import { encodeImage, openOne, openPath } from "../files/files.ts";
import { convert } from "./convert.ts";
import { inspect } from "./inspect.ts";
import { measureFiles } from "./measure-files.ts";
import { readMask } from "./read-mask.ts";
import { readTemplates } from "./templates.ts";

const root = mkdtempSync(join(tmpdir(), "dprime-whole-"));
afterAll(() => rmSync(root, { recursive: true }));

const volume = makeImage(
  Float32Array.from({ length: 5 * 32 * 24 }, (_, i) => (i * 7) % 90),
  [5, 32, 24],
  { spacing: [2, 1, 1], origin: [0, 0, 0], unit: "HU" },
);

async function series(name: string): Promise<{ folder: string; files: Uint8Array[] }> {
  const folder = join(root, name);
  mkdirSync(folder);
  const files = (await writeNewSeries(volume)).map(({ bytes }) => bytes);
  for (const [k, bytes] of files.entries()) writeFileSync(join(folder, `${k}.dcm`), bytes);
  return { folder, files };
}

describe("a folder", () => {
  it.each([0, 2, 4])("whose slice %i is cut is not converted as what is left", async (k) => {
    const { folder, files } = await series(`cut${k}`);
    writeFileSync(join(folder, `${k}.dcm`), files[k]!.subarray(0, files[k]!.length - 100));
    const before = readdirSync(root).sort();
    await expect(convert(folder, join(root, "out.nii"))).rejects.toThrow(
      new RegExp(`Cannot work on .*cut${k}: found the damaged file ${k}\\.dcm .*wanted every file`),
    );
    expect(readdirSync(root).sort()).toEqual(before);
    // To look at it is another matter.
    expect((await inspect(folder)).refused.map(({ name }) => name)).toEqual([`${k}.dcm`]);
  });

  it("with files that take no part is converted, and they are named", async () => {
    const { folder, files } = await series("names");
    writeFileSync(
      Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from(".dcm")]),
      files[0]!,
    );
    const { shape, notes } = await convert(folder, join(root, "names.nii"));
    expect(shape).toEqual([5, 32, 24]);
    expect(notes).toContain("skipped caf\uFFFD.dcm: found a name that is no UTF-8");
  });

  it("with a name of its own that is no UTF-8 is refused with that reason", async () => {
    await expect(openPath(join(root, "fold\uFFFDer"))).rejects.toThrow(
      /Cannot open .*found a name that is no UTF-8/,
    );
  });
});

describe("a file of several images", () => {
  it("is no mask, template or image to measure: none is chosen in silence", async () => {
    const path = join(root, "two.npz");
    const plane = makeImage(new Float32Array(32 * 24).fill(1), [32, 24]);
    const bytes = (await encodeImage(plane, "a.npy")).files[0]!.bytes;
    const two = zipSync({ "a.npy": bytes, "b.npy": bytes });
    writeFileSync(path, two);
    expect((await openPath(path)).images).toHaveLength(2);
    const wanted = /Cannot .*two\.npz: found 2 images in it, wanted one/;
    await expect(readMask(path, plane)).rejects.toThrow(wanted);
    await expect(readTemplates({ template: [path] }, plane)).rejects.toThrow(wanted);
    await expect(openOne(path, { use: "measure" })).rejects.toThrow(wanted);
    mkdirSync(join(root, "measured"));
    writeFileSync(join(root, "measured", "two.npz"), two);
    await expect(
      measureFiles(join(root, "measured"), undefined, { metrics: ["uniformity"] }),
    ).rejects.toThrow(wanted);
  });
});
