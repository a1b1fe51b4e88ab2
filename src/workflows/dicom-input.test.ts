/** DICOM as workflows take it: what is padding, what is no image, and what becomes of gaps. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { streamOf } from "../core/random.ts";
import {
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "../dicom/build.ts";
import { type DicomElement, textOf } from "../dicom/elements.ts";
import { parseDicom } from "../dicom/parse.ts";
import { readDicom } from "../dicom/read.ts";
import { openFile } from "../files/files.ts";
import { denoiseFiles } from "./denoise-files.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-dicom-input-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (...names: string[]) => join(folder, ...names);

const side = 32;
const hu = [
  decimalElement(0x00281052, 0),
  decimalElement(0x00281053, 1),
  textElement(0x00281054, "LO", "HU"),
];

/** Noisy tissue in a circle, `outside` of it what a function of the row says. */
function slice(seed: number, outside: (row: number) => number): Int16Array {
  const random = streamOf(seed, "slice");
  return Int16Array.from({ length: side * side }, (_, i) => {
    const [row, column] = [Math.floor(i / side), i % side];
    const r = Math.hypot(row - side / 2 + 0.5, column - side / 2 + 0.5);
    return r > side / 2 - 2 ? outside(row) : Math.round(40 + 20 * (random.uniform() - 0.5));
  });
}

async function write(path: string, data: Int16Array, extra: readonly DicomElement[] = []) {
  const bytes = await testObject({
    data,
    rows: side,
    columns: side,
    frames: data.length / side ** 2,
    extra: [...hu, ...extra],
  });
  writeFileSync(path, bytes);
  return readDicom(bytes);
}

describe("padding", () => {
  const range = [numberElement(0x00280120, "SS", -2000), numberElement(0x00280121, "SS", -1900)];
  it.each([
    ["a range that is declared", (row: number) => (row % 2 ? -2000 : -1900), range, {}],
    ["a constant that is not", () => -3024, [], {}],
    ["a range, slab by slab", (row: number) => (row % 2 ? -2000 : -1900), range, { memory: 1 }],
    ["a constant, slab by slab", () => -2048, [], { memory: 1 }],
  ] as const)("of %s is neither seen nor changed", async (_, outside, extra, options) => {
    const frames = "memory" in options ? 80 : 1;
    const data = Int16Array.from(
      Array.from({ length: frames }, (_unused, k) => [...slice(k, outside)]).flat(),
    );
    const between = frames > 1 ? [decimalElement(0x00180088, 1)] : [];
    const source = await write(at("padded.dcm"), data, [...extra, ...between]);
    const methods = frames > 1 ? ["median", "bilateral"] : ["gaussian", "median", "bilateral"];
    for (const method of methods) {
      await denoiseFiles(at("padded.dcm"), at("out.dcm"), {
        method,
        sigma: 10,
        force: true,
        ...options,
      });
      const { stored } = await readDicom(readFileSync(at("out.dcm")));
      let changed = 0;
      for (let i = 0; i < data.length; i++) {
        const value = Number(stored.data[i]);
        if (data[i]! <= -1900) expect(value).toBe(data[i]);
        // A filter that saw −2000 beside tissue would darken its rim by far more than the noise.
        else expect(Math.abs(value - 40)).toBeLessThan(25);
        if (value !== data[i]) changed++;
      }
      expect(changed).toBeGreaterThan(data.length / 4);
    }
    expect(source.image.unit).toBe("HU");
  });
});

const segmentation = textElement(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.66.4");
const label = Int16Array.from({ length: side * side }, (_, i) => (i % 7 === 0 ? 1 : 0));

describe("labels", () => {
  it("are refused, and left out of a folder with a note", async () => {
    await write(at("labels.dcm"), label, [segmentation]);
    await expect(
      denoiseFiles(at("labels.dcm"), at("l.dcm"), { method: "gaussian" }),
    ).rejects.toThrow(/labels\.dcm: found a segmentation/);
    mkdirSync(at("mixed"));
    await write(
      at("mixed", "ct.dcm"),
      slice(1, () => 40),
    );
    await write(at("mixed", "seg.dcm"), label, [
      segmentation,
      textElement(0x0020000e, "UI", "2.25.77"),
    ]);
    const { outputs, notes } = await denoiseFiles(at("mixed"), at("mixed-out"), {
      method: "gaussian",
    });
    expect(outputs).toEqual([at("mixed-out", "ct.dcm")]);
    expect(notes.join()).toContain("skipped seg.dcm: found a segmentation");
  });
});

describe("a series with a gap", () => {
  const heights = [0, 1, 2, 4, 5];
  const made = (async () => {
    mkdirSync(at("gap"));
    for (const [k, z] of heights.entries()) {
      await write(
        at("gap", `${k}.dcm`),
        slice(k, () => 40),
        [
          textElement(0x00080018, "UI", `2.25.4${k}`),
          textElement(0x00200013, "IS", String(k)),
          decimalElement(0x00200032, [0, 0, z]),
        ],
      );
    }
  })();

  it("is denoised in parts, into one new series", async () => {
    await made;
    const report = await denoiseFiles(at("gap"), at("gap-split"), { method: "gaussian" });
    expect(report.images.map(({ shape }) => shape[0])).toEqual([3, 2]);
    expect(report.notes.join()).toContain("gap: 1 slice is missing");
    const sets = readdirSync(at("gap-split")).map(
      (name) => parseDicom(readFileSync(at("gap-split", name))).dataSet,
    );
    expect(sets).toHaveLength(5);
    expect(new Set(sets.map((set) => textOf(set, 0x0020000e))).size).toBe(1);
  });

  it("is refused, or resampled with its own slices written", async () => {
    await made;
    const options = { method: "gaussian", sigma: 5 } as const;
    await expect(denoiseFiles(at("gap"), at("no"), { ...options, gaps: "refuse" })).rejects.toThrow(
      /gap: 1 slice is missing/,
    );
    const volume = await denoiseFiles(at("gap"), at("gap.nii"), { ...options, gaps: "resample" });
    expect(volume.images.map(({ shape }) => shape[0])).toEqual([6]);
    const { image } = (await openFile(at("gap.nii"))).images[0]!;
    expect(image.spacing[0]).toBe(1);
    const slices = await denoiseFiles(at("gap"), at("gap-all"), { ...options, gaps: "resample" });
    expect(slices.outputs).toHaveLength(5);
  });
});

describe("frames with a gap", () => {
  it("go back to their places one by one, and into a volume only when resampled", async () => {
    const zs = [0, 2, 6];
    const places = sequenceElement(
      0x52009230,
      zs.map((z) =>
        itemOf([
          sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, z])])]),
          sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])])]),
        ]),
      ),
    );
    const data = Int16Array.from(zs.flatMap((z) => [...slice(z, () => 40)]));
    await write(at("frames.dcm"), data, [places]);
    const options = { method: "gaussian", sigma: 5, force: true } as const;
    await denoiseFiles(at("frames.dcm"), at("f.dcm"), options);
    expect((await readDicom(readFileSync(at("f.dcm")))).parts).toHaveLength(2);
    await expect(denoiseFiles(at("frames.dcm"), at("f.nii"), options)).rejects.toThrow(
      /make no single volume/,
    );
    await denoiseFiles(at("frames.dcm"), at("f.nii"), { ...options, gaps: "resample" });
    expect((await openFile(at("f.nii"))).images[0]!.image.shape).toEqual([4, side, side]);
    await denoiseFiles(at("frames.dcm"), at("g.dcm"), { ...options, gaps: "resample" });
    expect((await readDicom(readFileSync(at("g.dcm")))).layout.frames).toBe(3);
  });
});
