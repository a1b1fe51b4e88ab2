import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { testObject } from "../../test/dicom-objects.ts";
import {
  bytesElement,
  codeElement,
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "./build.ts";
import { writeDerivedDicom } from "./derive.ts";
import type { DicomElement } from "./elements.ts";
import { readDicom } from "./read.ts";
import { realWorldSequence } from "./real-world-values.ts";
import { openDicomFrames } from "./stream.ts";

const mr = [
  textElement(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.4"),
  textElement(0x00080060, "CS", "MR"),
];
const data = Int16Array.of(0, 4, 8, -4, 100, 1000);
const plane = { data, rows: 2, columns: 3 };

interface Mapping {
  readonly slope: number;
  readonly intercept: number;
  readonly unit?: string;
  readonly last?: number;
  readonly table?: boolean;
}
const mapping = ({ slope, intercept, unit = "um2/s", last = 2000, table }: Mapping) =>
  itemOf([
    codeElement(0x004008ea, { value: unit, scheme: "UCUM", meaning: unit }),
    textElement(0x00409210, "SH", "ADC"),
    numberElement(0x00409216, "SS", -10),
    numberElement(0x00409211, "SS", last),
    ...(table
      ? [numberElement(0x00409212, "FD", [1, 4, 9])]
      : [numberElement(0x00409224, "FD", intercept), numberElement(0x00409225, "FD", slope)]),
  ]);
const mapped = (...mappings: Mapping[]) =>
  sequenceElement(realWorldSequence, mappings.map(mapping));
const quarter = { slope: 0.25, intercept: 3 };
const read = async (extra: readonly DicomElement[], more = {}) =>
  readDicom(await testObject({ ...plane, extra: [...mr, ...extra], ...more }));

describe("real world values", () => {
  it("are applied where nothing else says what the values mean", async () => {
    const { image, stored, findings, scaledBy } = await read([mapped(quarter)]);
    expect([...image.data]).toEqual([...data].map((v) => 0.25 * v + 3));
    expect(stored).toMatchObject({ slope: 0.25, intercept: 3 });
    expect(scaledBy).toBe("real world values");
    expect(findings).toEqual(["the values are in um2/s by the real world value mapping ADC"]);
  });

  it("say of how many values the mapping says nothing", async () => {
    const { findings } = await read([mapped({ ...quarter, last: 99 })]);
    expect(findings.join()).toContain("2 stored values lie outside");
  });

  it("stand behind a rescale that says something, and are named then", async () => {
    const rescale = [decimalElement(0x00281052, 0), decimalElement(0x00281053, 2)];
    const other = await read([...rescale, mapped(quarter)]);
    expect(other.image.data[1]).toBe(8);
    expect(other.findings.join()).toContain("(um2/s) is not applied: the rescale is");
    const same = await read([...rescale, mapped({ slope: 2, intercept: 0 })]);
    expect(same.findings).toEqual([]);
    const unsaid = await read([
      decimalElement(0x00281052, 0),
      decimalElement(0x00281053, 1),
      textElement(0x00281054, "LO", "US"),
      mapped(quarter),
    ]);
    expect(unsaid.image.data[1]).toBe(4);
  });

  it("are named and not applied where there is no single line", async () => {
    const two = await read([mapped(quarter, { slope: 7, intercept: 0, unit: "g/ml" })]);
    expect(two.image.data[1]).toBe(4);
    expect(two.findings.join()).toContain("(um2/s, g/ml) is not applied: there are 2 of them");
    const table = await read([mapped({ ...quarter, table: true })]);
    expect(table.image.data[1]).toBe(4);
    expect(table.findings.join()).toContain("no line but a table");
    const alike = await read([mapped(quarter, { ...quarter, unit: "um2/s" })]);
    expect(alike.image.data[1]).toBe(4);
    expect(alike.scaledBy).toBe("real world values");
  });

  it("are taken frame by frame, shared or at the top, whole and in streams", async () => {
    const frames = { rows: 1, columns: 3, frames: 2 };
    const each = sequenceElement(0x52009230, [
      itemOf([mapped(quarter)]),
      itemOf([mapped({ slope: 2, intercept: -1 })]),
    ]);
    const own = await read([each], frames);
    expect([...own.image.data]).toEqual([3, 4, 5, -9, 199, 1999]);
    expect([...own.stored.planes!.slope]).toEqual([0.25, 2]);
    const shared = sequenceElement(0x52009229, [itemOf([mapped(quarter)])]);
    expect([...(await read([shared], frames)).image.data].slice(0, 3)).toEqual([3, 4, 5]);
    const bytes = await testObject({ ...plane, ...frames, extra: [...mr, each] });
    const stream = await openDicomFrames({
      size: bytes.length,
      read: (at, length) => Promise.resolve(bytes.slice(at, at + length)),
    });
    expect([...(await stream.read(1, 1)).data]).toEqual([-9, 199, 1999]);
    expect(stream.findings.join()).toContain("real world value mapping");
  });

  it("of Hounsfield units are HU", async () => {
    const { image } = await read([mapped({ slope: 1, intercept: -1024, unit: "[hnsf'U]" })]);
    expect(image.unit).toBe("HU");
    expect(image.data[0]).toBe(-1024);
  });

  it("stay true in derived objects, as a mapping while it can, as a rescale when not", async () => {
    const source = await read([mapped(quarter)]);
    const { bytes } = await writeDerivedDicom(source, source.image, { method: "x" });
    const kept = await readDicom(bytes);
    expect(kept.scaledBy).toBe("real world values");
    expect(kept.file.dataSet.elements.has(0x00281053)).toBe(false);
    expect(kept.image.data).toEqual(source.image.data);
    const fitted = await writeDerivedDicom(source, source.image, { method: "x", rescale: "fit" });
    const back = await readDicom(fitted.bytes);
    expect(back.file.dataSet.elements.has(realWorldSequence)).toBe(false);
    expect(fitted.notes.join()).toContain("the real world value mapping became a rescale");
    for (const [i, v] of source.image.data.entries())
      expect(Math.abs(back.image.data[i]! - v)).toBeLessThanOrEqual(0.51 * back.stored.slope);
  });
});

describe("dose grids", () => {
  const dose = (extra: readonly DicomElement[] = []) => [
    textElement(0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.481.2"),
    textElement(0x00080060, "CS", "RTDOSE"),
    decimalElement(0x3004000e, 1e-4),
    decimalElement(0x3004000c, [0, 3, 6]),
    textElement(0x30040002, "CS", "GY"),
    numberElement(0x00280009, "AT", 0x3004000c),
    ...extra,
  ];
  const grid = { data: Uint32Array.of(10000, 5, 0, 70000, 4e9, 3), rows: 1, columns: 2, frames: 3 };

  it("are in Gy, at the offsets of their frames", async () => {
    const { image, findings } = await readDicom(await testObject({ ...grid, extra: dose() }));
    expect(image).toMatchObject({ axes: "zyx", shape: [3, 1, 2] });
    expect(image.spacing[0]).toBe(3);
    expect([...image.data]).toEqual([...grid.data].map((v) => Math.fround(1e-4 * v)));
    expect(findings.join()).toContain("dose in Gy");
    const relative = await readDicom(
      await testObject({ ...grid, extra: dose([textElement(0x30040002, "CS", "RELATIVE")]) }),
    );
    expect(relative.findings.join()).toContain("relative dose");
  });

  it("whose offsets are uneven are no volume with a mean distance", async () => {
    const { image, findings, parts } = await readDicom(
      await testObject({ ...grid, extra: dose([decimalElement(0x3004000c, [0, 3, 9])]) }),
    );
    expect(image.axes).toBe("tyx");
    expect(findings.join()).toMatch(/gap: 1 slice is missing/);
    expect(parts!.map(({ frames }) => frames)).toEqual([[0, 1], [2]]);
    expect(parts![1]!.geometry.origin[2]).toBeCloseTo(12.25 + 9, 9);
  });
});

describe("lookup tables of the modality", () => {
  it("leave padding alone, which is declared before them", async () => {
    const lut = sequenceElement(0x00283000, [
      itemOf([
        numberElement(0x00283002, "US", [4, 0, 16]),
        textElement(0x00283004, "LO", "HU"),
        numberElement(0x00283006, "US", [50, 60, 50, 80]),
      ]),
    ]);
    const source = await readDicom(
      await testObject({
        data: Uint16Array.of(0, 1, 2, 3),
        rows: 2,
        columns: 2,
        extra: [lut, numberElement(0x00280120, "US", 0)],
      }),
    );
    expect([...source.image.data]).toEqual([50, 60, 50, 80]);
    // The third pixel has the same output and is a measurement.
    expect([...source.padded!]).toEqual([1, 0, 0, 0]);
    const { bytes } = await writeDerivedDicom(source, source.image, { method: "x" });
    const back = await readDicom(bytes);
    expect(back.image).toEqual(source.image);
    expect(back.padded).toBeUndefined();
  });
});

describe("deflated frames", () => {
  const deflated = "1.2.840.10008.1.2.8.1";
  /** An object with its frames packed one by one, as they are given. */
  async function packed(
    object: Parameters<typeof testObject>[0],
    frames: readonly Uint8Array[],
  ): Promise<Uint8Array> {
    const pieces = frames.map((bytes) => ({
      bytes: new Uint8Array(deflateRawSync(bytes)),
      offset: 0,
    }));
    const pixels: DicomElement = {
      ...bytesElement(0x7fe00010, "OB", new Uint8Array(0)),
      undefinedLength: true,
      fragments: [{ bytes: new Uint8Array(0), offset: 0 }, ...pieces],
    };
    return testObject({
      ...object,
      extra: [...(object.extra ?? []), pixels],
      declaredSyntax: deflated,
    });
  }
  const bytesOf = (array: Uint16Array) => new Uint8Array(array.buffer.slice(0));

  it("of grey values and colours are what native ones are", async () => {
    const values = Uint16Array.from({ length: 24 }, (_, i) => i * i);
    const grey = { data: values, rows: 3, columns: 4, frames: 2 };
    const plain = await readDicom(await testObject(grey));
    const read = await readDicom(
      await packed(grey, [bytesOf(values.slice(0, 12)), bytesOf(values.slice(12))]),
    );
    expect(read.image).toEqual(plain.image);
    expect(read.file.syntax.title).toBe("Deflated Image Frame Compression");
    const colours = {
      data: Uint8Array.from({ length: 36 }, (_, i) => 7 * i),
      rows: 3,
      columns: 4,
      samples: 3 as const,
    };
    const rgb = await readDicom(await packed(colours, [colours.data]));
    expect(rgb.image).toEqual((await readDicom(await testObject(colours))).image);
    const { transferSyntax } = await writeDerivedDicom(read, read.image, { method: "x" });
    expect(transferSyntax).toBe("1.2.840.10008.1.2.1");
  });

  it("of single bits begin at a byte each", async () => {
    // Five pixels a frame: 10101 and 01100, the first in the lowest bit.
    const bits = [
      numberElement(0x00280100, "US", 1),
      numberElement(0x00280101, "US", 1),
      numberElement(0x00280102, "US", 0),
    ];
    const object = { data: new Uint8Array(10), rows: 1, columns: 5, frames: 2, extra: bits };
    const { image } = await readDicom(
      await packed(object, [Uint8Array.of(0b10101), Uint8Array.of(0b00110)]),
    );
    expect([...image.data]).toEqual([1, 0, 1, 0, 1, 0, 1, 1, 0, 0]);
  });

  it("cut short, damaged or endless are refused", async () => {
    const grey = { data: new Uint16Array(12), rows: 3, columns: 4 };
    await expect(readDicom(await packed(grey, [new Uint8Array(20)]))).rejects.toMatchObject({
      kind: "truncated",
    });
    await expect(readDicom(await packed(grey, [new Uint8Array(1e6)]))).rejects.toMatchObject({
      kind: "too-large",
    });
  });
});

describe("chroma shared by pairs", () => {
  const ybr = { samples: 3 as const, photometric: "YBR_FULL_422" };
  /** Y Y Cb Cr of every pair: grey pixels whose value tells row and column. */
  const pairs = (rows: number, columns: number) =>
    Uint8Array.from({ length: rows * Math.ceil(columns / 2) * 4 }, (_, i) => {
      const pair = Math.floor(i / 4);
      const row = Math.floor(pair / Math.ceil(columns / 2));
      const column = 2 * (pair % Math.ceil(columns / 2)) + (i % 4);
      return i % 4 < 2 ? 20 * row + column : 128;
    });

  it.each([
    [3, 7],
    [2, 1],
    [4, 6],
  ])("begins anew in each of %i rows of %i pixels", async (rows, columns) => {
    const bytes = await testObject({
      data: new Uint8Array(3 * rows * columns),
      rows,
      columns,
      ...ybr,
      extra: [bytesElement(0x7fe00010, "OB", pairs(rows, columns))],
    });
    const { image } = await readDicom(bytes);
    const grey = Array.from(
      { length: rows * columns },
      (_, i) => 20 * Math.floor(i / columns) + (i % columns),
    );
    expect([...image.data]).toEqual([...grey, ...grey, ...grey]);
  });

  it("is refused where rows of an odd number have no room for their last pair", async () => {
    const bytes = await testObject({
      data: new Uint8Array(63),
      rows: 3,
      columns: 7,
      ...ybr,
      extra: [bytesElement(0x7fe00010, "OB", new Uint8Array(42))],
    });
    await expect(readDicom(bytes)).rejects.toThrow(/found 42 bytes, wanted 48/);
  });
});
