import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import { withData } from "../core/image.ts";
import { bytesElement, decimalElement, numberElement, textElement } from "./build.ts";
import { writeDerivedDicom } from "./derive.ts";
import type { DicomElement } from "./elements.ts";
import { readDicom } from "./read.ts";
import { openDicomFrames } from "./stream.ts";

const value = (v: number, vr = "SS") => numberElement(0x00280120, vr, v);
const limit = (v: number, vr = "SS") => numberElement(0x00280121, vr, v);
const hu = [
  decimalElement(0x00281052, 0),
  decimalElement(0x00281053, 1),
  textElement(0x00281054, "LO", "HU"),
];
const signed = Int16Array.of(-2000, -1950, -1900, -1899, -1024, 40);

async function maskOf(data: Int16Array | Uint16Array, extra: readonly DicomElement[], more = {}) {
  const object = await readDicom(
    await testObject({
      data,
      rows: 2,
      columns: data.length / 2,
      extra: [...hu, ...extra],
      ...more,
    }),
  );
  return object.padded && [...object.padded];
}

describe("declared padding", () => {
  it("is one value, or a range with both its ends, in either order", async () => {
    expect(await maskOf(signed, [])).toBeUndefined();
    expect(await maskOf(signed, [value(-2000)])).toEqual([1, 0, 0, 0, 0, 0]);
    const range = [1, 1, 1, 0, 0, 0];
    expect(await maskOf(signed, [value(-2000), limit(-1900)])).toEqual(range);
    expect(await maskOf(signed, [value(-1900), limit(-2000)])).toEqual(range);
    expect(await maskOf(signed, [value(-3000)])).toBeUndefined();
    // A limit alone declares nothing.
    expect(await maskOf(signed, [limit(-1900)])).toBeUndefined();
  });

  it("has the sign and the significant bits of the pixels, whatever its representation", async () => {
    expect(await maskOf(signed, [value(0xf830, "US")])).toEqual([1, 0, 0, 0, 0, 0]);
    const twelve = Uint16Array.of(0x830, 5, 6, 7);
    expect(await maskOf(twelve, [value(0xf830, "US")], { bitsStored: 12 })).toEqual([1, 0, 0, 0]);
  });

  it("is not taken from colours", async () => {
    const rgb = await readDicom(
      await testObject({
        data: new Uint8Array(12),
        rows: 2,
        columns: 2,
        samples: 3,
        extra: [value(0, "US")],
      }),
    );
    expect(rgb.padded).toBeUndefined();
    expect(rgb.stored.padding).toBeUndefined();
  });

  it.each([
    ["float32", 0x7fe00008, "OF", 0x00280122, "FL", NaN],
    ["float32", 0x7fe00008, "OF", 0x00280122, "FL", -1e30],
    ["float64", 0x7fe00009, "OD", 0x00280123, "FD", NaN],
    ["float64", 0x7fe00009, "OD", 0x00280123, "FD", -1e300],
  ])("of %s pixels, as %d, is found and goes out as it came", async (...made) => {
    const [type, tag, vr, paddingTag, paddingVr, mark] = made;
    const values = [mark, 1.5, -2.5, mark];
    const array = type === "float32" ? Float32Array.from(values) : Float64Array.from(values);
    const bytes = await testObject({
      data: new Uint8Array(4),
      rows: 2,
      columns: 2,
      without: [0x7fe00010, 0x00280101, 0x00280102, 0x00280103],
      extra: [
        numberElement(0x00280100, "US", type === "float32" ? 32 : 64),
        bytesElement(tag, vr, new Uint8Array(array.buffer.slice(0))),
        numberElement(paddingTag, paddingVr, mark),
      ],
    });
    const source = await readDicom(bytes);
    expect([...source.padded!]).toEqual([1, 0, 0, 1]);
    const halved = withData(
      source.image,
      source.image.data.map((v, i) => (source.padded![i] === 1 ? v : v / 2)),
    );
    const written = await writeDerivedDicom(source, halved, { method: "half" });
    const back = await readDicom(written.bytes);
    expect(back.stored.type).toBe(type);
    expect([...back.stored.data].map(Number)).toEqual([array[0], 0.75, -1.25, array[3]]);
  });

  it("goes out bit by bit while the rescale is the source's, and as one value by a new one", async () => {
    const source = await readDicom(
      await testObject({
        data: signed,
        rows: 2,
        columns: 3,
        extra: [...hu, value(-2000), limit(-1900)],
      }),
    );
    const smooth = withData(
      source.image,
      source.image.data.map((v) => v / 2),
    );
    const kept = await readDicom((await writeDerivedDicom(source, smooth, { method: "x" })).bytes);
    expect([...kept.stored.data]).toEqual([-2000, -1950, -1900, -949, -512, 20]);
    expect(kept.stored).toMatchObject({ padding: -2000, paddingLimit: -1900 });
    const fitted = await writeDerivedDicom(source, smooth, { method: "x", rescale: "fit" });
    const back = await readDicom(fitted.bytes);
    expect([...back.padded!]).toEqual([1, 1, 1, 0, 0, 0]);
    expect(back.stored.paddingLimit).toBeUndefined();
    // Padding takes nothing of the range of the others.
    expect(back.stored.slope * 65534).toBeLessThan(970);
  });

  it("is told frame by frame as well", async () => {
    const bytes = await testObject({
      data: signed,
      rows: 1,
      columns: 3,
      frames: 2,
      extra: [...hu, value(-2000), limit(-1900)],
    });
    const frames = await openDicomFrames({
      size: bytes.length,
      read: (at, length) => Promise.resolve(bytes.slice(at, at + length)),
    });
    expect((await frames.read(0, 1)).padded).toEqual(Uint8Array.of(1, 1, 1));
    expect((await frames.read(1, 1)).padded).toBeUndefined();
    expect((await frames.read(0, 2)).padded).toEqual(Uint8Array.of(1, 1, 1, 0, 0, 0));
  });
});

describe("supplemental palettes", () => {
  const palette = [
    textElement(0x00089205, "CS", "MIXED"),
    ...[0, 1, 2].map((c) => numberElement(0x00281101 + c, "US", [4, 1000, 16])),
    ...[0, 1, 2].map((c) => numberElement(0x00281201 + c, "US", [0, 100, 200, 65535])),
  ];
  const data = Uint16Array.of(1003, 900, 10, 1000);
  const object = { data, rows: 2, columns: 2, bitsStored: 12 };

  it("mark what they colour, which is no grey value", async () => {
    const source = await readDicom(await testObject({ ...object, extra: palette }));
    expect([...source.padded!]).toEqual([1, 0, 0, 1]);
    const brighter = withData(
      source.image,
      source.image.data.map((v) => v + 150.2),
    );
    const { bytes, notes } = await writeDerivedDicom(source, brighter, { method: "x" });
    const back = await readDicom(bytes);
    // A grey value must not become a colour.
    expect([...back.stored.data]).toEqual([1003, 999, 160, 1000]);
    expect(notes.join()).toContain("set to 999");
    for (const one of palette)
      expect(back.file.dataSet.elements.get(one.tag)!.value).toEqual(one.value);
  });

  it("go with the stored values that they speak of", async () => {
    const source = await readDicom(await testObject({ ...object, extra: palette }));
    const { bytes, notes } = await writeDerivedDicom(source, source.image, {
      method: "x",
      rescale: "fit",
    });
    const { file, padded } = await readDicom(bytes);
    expect(file.dataSet.elements.has(0x00281101)).toBe(false);
    expect(file.dataSet.elements.has(0x00281201)).toBe(false);
    expect(notes.join()).toContain("supplemental palette is left out");
    expect([...padded!]).toEqual([1, 0, 0, 1]);
  });

  it("over the whole range of values colour nothing of its own", async () => {
    const extra = [...palette, textElement(0x00089205, "CS", "COLOR_RANGE")];
    const source = await readDicom(await testObject({ ...object, extra }));
    expect(source.padded).toBeUndefined();
  });
});
