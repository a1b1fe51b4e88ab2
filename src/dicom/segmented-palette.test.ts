import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { bytesElement, numberElement } from "./build.ts";
import { readDicom } from "./read.ts";
import { expandedSegments } from "./segmented-palette.ts";

const expanded = (words: readonly number[], wide = true) => {
  const found = expandedSegments(words, wide);
  return found instanceof Uint16Array ? [...found] : found;
};

describe("expandedSegments", () => {
  it("takes discrete entries as they are, and lines to their end", () => {
    expect(expanded([0, 3, 7, 5, 6])).toEqual([7, 5, 6]);
    // y = y0 + (y1 − y0) · i / n for i = 1 … n, y0 being the entry before.
    expect(expanded([0, 1, 10, 1, 4, 30])).toEqual([10, 15, 20, 25, 30]);
    expect(expanded([0, 1, 30, 1, 4, 10])).toEqual([30, 25, 20, 15, 10]);
    expect(expanded([0, 1, 0, 1, 255, 65535])).toEqual(
      Array.from({ length: 256 }, (_, i) => 257 * i),
    );
    expect(expanded([0, 1, 5, 1, 3, 5, 0, 1, 9])).toEqual([5, 5, 5, 5, 9]);
  });

  it("repeats segments that stand before, with their lines from where it is now", () => {
    // Bytes 0 to 5: one entry of 100; 6 to 11: a line of two to 200; then both again.
    expect(expanded([0, 1, 100, 1, 2, 200, 2, 2, 0, 0])).toEqual([100, 150, 200, 100, 150, 200]);
    // The line alone, from 200 on.
    expect(expanded([0, 1, 100, 1, 2, 300, 2, 1, 6, 0])).toEqual([100, 200, 300, 300, 300]);
    // In eight bits the offset has four bytes; a byte at the end makes the length even.
    expect(expanded([0, 1, 100, 1, 2, 200, 2, 1, 3, 0, 0, 0], false)).toEqual([
      100, 150, 200, 200, 200,
    ]);
    expect(expanded([0, 2, 8, 9, 1, 2, 13, 0], false)).toEqual([8, 9, 11, 13]);
  });

  it.each([
    [[3, 1, 0], 0, "segment type 3"],
    [[0, 4, 1, 2], 0, "discrete segment cut"],
    [[1, 4, 9], 0, "without a beginning"],
    [[0, 1, 9, 1, 4], 3, "linear segment cut"],
    [[0, 1, 9, 2, 1, 400, 0], 3, "to byte 400"],
    [[0, 1, 9, 2, 1, 6, 0, 2, 1, 6, 0], 3, "within another"],
    [[0, 1, 9, 1, 65535, 0, 1, 65535, 1], 6, "more than 65536"],
  ])("refuses %j at word %i", (words, at, reason) => {
    const found = expandedSegments(words, true);
    expect(found).toMatchObject({ at, reason: expect.stringContaining(reason) });
  });
});

describe("an image with a segmented palette", () => {
  const ramp = Uint16Array.of(0, 1, 0, 1, 255, 65535);
  const words = (values: Uint16Array) => new Uint8Array(values.buffer.slice(0));
  const palette = (table: Uint16Array) => [
    ...[0, 1, 2].map((c) => numberElement(0x00281101 + c, "US", [256, 0, 16])),
    ...[0, 1, 2].map((c) => bytesElement(0x00281221 + c, "OW", words(table))),
  ];
  const pixels = {
    data: Uint8Array.of(0, 1, 128, 255, 17, 3),
    rows: 2,
    columns: 3,
    photometric: "PALETTE COLOR",
  };

  it("is read in the colours that the segments stand for", async () => {
    const { image, stored } = await readDicom(
      await testObject({ ...pixels, extra: palette(ramp) }),
    );
    expect(image.axes).toBe("cyx");
    expect(stored).toMatchObject({ type: "uint8", kind: "rgb" });
    expect([...image.data]).toEqual([...pixels.data, ...pixels.data, ...pixels.data]);
  });

  it("is refused with the place of what is wrong, or when entries are missing", async () => {
    const bad = testObject({ ...pixels, extra: palette(Uint16Array.of(0, 1, 5, 9, 1)) });
    await expect(readDicom(await bad)).rejects.toMatchObject({
      kind: "corrupt",
      message: expect.stringContaining("segment type 9"),
    });
    const short = testObject({ ...pixels, extra: palette(Uint16Array.of(0, 2, 5, 9)) });
    await expect(readDicom(await short)).rejects.toThrow(/2 entries, wanted 256/);
  });
});
