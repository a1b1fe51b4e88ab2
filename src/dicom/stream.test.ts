import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import { withData } from "../core/image.ts";
import { openSlabs, processSlabs } from "../files/files-slabs.ts";
import { openFile } from "../files/files.ts";
import { bytesElement, decimalElement, itemOf, numberElement, sequenceElement } from "./build.ts";
import { readDicom } from "./read.ts";
import { type ByteSource, openDicomFrames } from "./stream.ts";
import {
  deflatedLittle,
  explicitLittle,
  implicitLittle,
  jpegLsLossless,
  rleLossless,
} from "./transfer-syntax.ts";

const folder = mkdtempSync(join(tmpdir(), "dprime-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A source that counts what is asked of it. */
function counted(bytes: Uint8Array): ByteSource & { asked: () => number } {
  let asked = 0;
  return {
    size: bytes.length,
    async read(at, length) {
      if (at + length > bytes.length)
        throw new Error(`asked for ${at} + ${length} of ${bytes.length}`);
      asked += length;
      return bytes.slice(at, at + length);
    },
    asked: () => asked,
  };
}

const rows = 12;
const columns = 10;
const frames = 6;
const enhanced = [
  sequenceElement(0x52009229, [
    itemOf([
      sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])])]),
    ]),
  ]),
  sequenceElement(
    0x52009230,
    Array.from({ length: frames }, (_, f) =>
      itemOf([
        sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [1, 2, 3 + 2.5 * f])])]),
        sequenceElement(0x00289145, [
          itemOf([decimalElement(0x00281052, -f), decimalElement(0x00281053, 1 + f)]),
        ]),
      ]),
    ),
  ),
];
const object = {
  data: testValues(rows * columns * frames, 12, true),
  rows,
  columns,
  frames,
  bitsStored: 12,
  extra: enhanced,
  without: [0x00200032, 0x00200037],
};

describe("openDicomFrames", () => {
  it.each([explicitLittle, implicitLittle, rleLossless, jpegLsLossless])(
    "%s: frames one by one are those of the whole",
    async (transferSyntax) => {
      const bytes = await testObject({ ...object, transferSyntax });
      const whole = (await readDicom(bytes)).image;
      const source = counted(bytes);
      const opened = await openDicomFrames(source);
      expect({ ...opened.image, data: 0 }).toEqual({ ...whole, data: 0 });
      expect(opened.frames).toBe(frames);
      for (const [first, count] of [
        [0, 1],
        [5, 1],
        [2, 3],
        [0, 6],
      ] as const) {
        const part = await opened.read(first, count);
        expect([...part.data]).toEqual([
          ...whole.data.subarray(first * rows * columns, (first + count) * rows * columns),
        ]);
        expect(part.origin).toEqual([1, 2, 3 + 2.5 * first]);
        expect(part.shape).toEqual([count, rows, columns]);
      }
      await expect(opened.read(5, 2)).rejects.toThrow(/found 6 frames/);
    },
  );

  it("reads no more than header and frame", async () => {
    const size = 256;
    const bytes = await testObject({
      data: new Int16Array(size * size * 20),
      rows: size,
      columns: size,
      frames: 20,
    });
    const source = counted(bytes);
    const opened = await openDicomFrames(source);
    const before = source.asked();
    expect(before).toBeLessThan(70_000 + 2 * size * size);
    await opened.read(7, 1);
    expect(source.asked() - before).toBe(2 * size * size);
  });

  it("reads headers longer than its first piece", async () => {
    const long = bytesElement(0x00091003, "OB", new Uint8Array(300_000));
    const bytes = await testObject({ ...object, extra: [...enhanced, long] });
    expect((await openDicomFrames(counted(bytes))).frames).toBe(frames);
  });

  it("refuses what has no places, and cut files, when it opens them", async () => {
    const open = async (changes: Partial<Parameters<typeof testObject>[0]>, cut = 0) => {
      const bytes = await testObject({ ...object, ...changes });
      return openDicomFrames(counted(bytes.slice(0, bytes.length - cut)));
    };
    await expect(open({ transferSyntax: deflatedLittle })).rejects.toThrow(/deflated/);
    await expect(open({}, 10)).rejects.toMatchObject({ kind: "truncated" });
    await expect(open({ transferSyntax: rleLossless }, 40)).rejects.toMatchObject({
      kind: "truncated",
    });
    await expect(open({ without: [0x7fe00010] })).rejects.toMatchObject({ kind: "mismatch" });
    await expect(open({ extra: [numberElement(0x00280002, "US", 3)] })).rejects.toThrow(
      /wanted a colour image/,
    );
  });
});

describe("slabs of a DICOM file", () => {
  it("go through a filter into a NIfTI file that holds the same image", async () => {
    const path = join(folder, "a.dcm");
    writeFileSync(path, await testObject({ ...object, transferSyntax: rleLossless }));
    const source = await openSlabs(path);
    expect(source).toMatchObject({ format: "dicom", planes: frames, type: "int16" });
    await source.close();
    const output = join(folder, "a.nii");
    const { slabs } = await processSlabs(path, output, {
      slabBytes: 2 * 4 * rows * columns,
      work: async (slab) =>
        withData(
          slab,
          slab.data.map((v) => v + 1),
        ),
    });
    expect(slabs).toBe(3);
    const { image } = (await openFile(path)).images[0]!;
    const back = (await openFile(output)).images[0]!.image;
    expect([...back.data]).toEqual([...image.data].map((v) => v + 1));
    image.origin.forEach((v, i) => expect(back.origin[i]).toBeCloseTo(v, 4));
  });
});
