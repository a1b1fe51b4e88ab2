import { describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import {
  bytesElement,
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "./build.ts";
import { parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import { implicitLittle } from "./transfer-syntax.ts";

const words = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);

describe("readDicom", () => {
  it("gives HU, geometry and the stored integers of a CT slice", async () => {
    const data = Int16Array.of(0, 1, -5, 1000, 2000, -2000);
    const bytes = await testObject({
      data,
      rows: 2,
      columns: 3,
      extra: [
        decimalElement(0x00281052, -1024),
        decimalElement(0x00281053, 0.5),
        numberElement(0x00280120, "SS", -2000),
      ],
    });
    const { image, stored } = await readDicom(bytes);
    expect(image).toMatchObject({
      axes: "yx",
      shape: [2, 3],
      unit: "HU",
      spacing: [2.5, 0.75, 0.5],
      origin: [-100, -90.5, 12.25],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
      spacingKnown: true,
      orientationKnown: true,
    });
    expect([...image.data]).toEqual([-1024, -1023.5, -1026.5, -524, -24, -2024]);
    expect(stored).toMatchObject({
      type: "int16",
      slope: 0.5,
      intercept: -1024,
      bits: 16,
      padding: -2000,
    });
    expect([...(stored.data as Int16Array)]).toEqual([...data]);
  });

  it("masks and extends the sign by Bits Stored and High Bit", async () => {
    // 12 bits in the upper part of the word, rubbish below.
    const raw = Uint16Array.of(0x7ff3, 0x8005, 0xfff1, 0x0010);
    const read = async (signed: boolean) =>
      readDicom(
        await testObject({
          data: raw,
          rows: 2,
          columns: 2,
          extra: [
            numberElement(0x00280101, "US", 12),
            numberElement(0x00280102, "US", 15),
            numberElement(0x00280103, "US", signed ? 1 : 0),
          ],
        }),
      );
    expect([...((await read(false)).stored.data as Uint16Array)]).toEqual([0x7ff, 0x800, 0xfff, 1]);
    expect([...((await read(true)).stored.data as Int16Array)]).toEqual([2047, -2048, -1, 1]);
  });

  it("keeps MONOCHROME1 values and says so", async () => {
    const bytes = await testObject({
      data: Uint8Array.of(1, 2, 3, 4),
      rows: 2,
      columns: 2,
      photometric: "MONOCHROME1",
    });
    const { image, findings } = await readDicom(bytes);
    expect([...image.data]).toEqual([1, 2, 3, 4]);
    expect(findings.join()).toContain("MONOCHROME1");
  });

  it("reads colours: interleaved, by plane, YBR and palette", async () => {
    // Two pixels: red and a grey.
    const expected = [255, 100, 0, 100, 0, 100];
    const rgb = await testObject({
      data: Uint8Array.of(255, 0, 0, 100, 100, 100),
      rows: 1,
      columns: 2,
      samples: 3,
    });
    expect([...(await readDicom(rgb)).image.data]).toEqual(expected);
    const planar = await testObject({
      data: Uint8Array.of(255, 100, 0, 100, 0, 100),
      rows: 1,
      columns: 2,
      samples: 3,
      extra: [numberElement(0x00280006, "US", 1)],
    });
    const { image, stored } = await readDicom(planar);
    expect(image).toMatchObject({ axes: "cyx", shape: [3, 1, 2] });
    expect([...image.data]).toEqual(expected);
    expect([...(stored.data as Uint8Array)]).toEqual([255, 0, 0, 100, 100, 100]);
    // Red is Y 76, Cb 85, Cr 255 by the formulas of PS3.3 C.7.6.3.1.2; rounding leaves one unit.
    const ybr = await testObject({
      data: Uint8Array.of(76, 85, 255, 100, 128, 128),
      rows: 1,
      columns: 2,
      samples: 3,
      photometric: "YBR_FULL",
    });
    for (const [i, value] of [...(await readDicom(ybr)).image.data].entries()) {
      expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1);
    }
    const pairs = await testObject({
      data: Uint8Array.of(76, 76, 85, 255),
      rows: 1,
      columns: 2,
      photometric: "YBR_FULL_422",
      extra: [numberElement(0x00280002, "US", 3), numberElement(0x00280006, "US", 0)],
    });
    expect([...(await readDicom(pairs)).image.data].map((v) => Math.round(v / 10))).toEqual([
      25, 25, 0, 0, 0, 0,
    ]);
    const palette = await testObject({
      data: Uint8Array.of(5, 6),
      rows: 1,
      columns: 2,
      photometric: "PALETTE COLOR",
      extra: [
        ...[0, 1, 2].map((c) => numberElement(0x00281101 + c, "US", [2, 5, 16])),
        bytesElement(0x00281201, "OW", words(0xff00, 0x6400)),
        bytesElement(0x00281202, "OW", words(0, 0x6400)),
        bytesElement(0x00281203, "OW", words(0, 0x6400)),
      ],
    });
    expect([...(await readDicom(palette)).image.data]).toEqual(expected);
  });

  it("applies a modality lookup table, clamped at its ends", async () => {
    const bytes = await testObject({
      data: Int16Array.of(-3, -2, -1, 0, 5),
      rows: 1,
      columns: 5,
      extra: [
        sequenceElement(0x00283000, [
          itemOf([
            bytesElement(0x00283002, "SS", words(3, 0xfffe, 16)),
            textElement(0x00283004, "LO", "HU"),
            bytesElement(0x00283006, "OW", words(10, 20, 40)),
          ]),
        ]),
      ],
    });
    const { image, stored } = await readDicom(bytes);
    expect([...image.data]).toEqual([10, 10, 20, 40, 40]);
    expect(image.unit).toBe("HU");
    expect(stored.slope).toBe(1);
  });

  it("reads single bits, bytes, 32-bit integers and floating point", async () => {
    const bits = await testObject({
      data: Uint8Array.of(0b10110010, 0b1),
      rows: 3,
      columns: 3,
      extra: [
        numberElement(0x00280100, "US", 1),
        numberElement(0x00280101, "US", 1),
        numberElement(0x00280102, "US", 0),
      ],
    });
    expect([...(await readDicom(bits)).image.data]).toEqual([0, 1, 0, 0, 1, 1, 0, 1, 1]);
    const long = await testObject({
      data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
      rows: 1,
      columns: 2,
    });
    const wide = await readDicom(long);
    expect([...(wide.stored.data as Int32Array)]).toEqual([-(2 ** 31), 2 ** 31 - 1]);
    expect(wide.findings.join()).toContain("2^24");
    const values = Float32Array.of(1.5, -2.25e-7, 3e30, 0);
    const float = await testObject({
      data: Uint8Array.of(0),
      rows: 2,
      columns: 2,
      without: [0x7fe00010],
      extra: [
        numberElement(0x00280100, "US", 32),
        bytesElement(0x7fe00008, "OF", new Uint8Array(values.buffer)),
      ],
    });
    expect([...(await readDicom(float)).image.data]).toEqual([...values]);
  });

  it("reads enhanced objects: planes, measures and rescale of each frame", async () => {
    const frame = (z: number, slope: number) =>
      itemOf([
        sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [1, 2, z])])]),
        sequenceElement(0x00289145, [
          itemOf([
            decimalElement(0x00281052, -10),
            decimalElement(0x00281053, slope),
            textElement(0x00281054, "LO", "HU"),
          ]),
        ]),
      ]);
    const shared = sequenceElement(0x52009229, [
      itemOf([
        sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, [0, 1, 0, 0, 0, -1])])]),
        sequenceElement(0x00289110, [
          itemOf([decimalElement(0x00280030, [0.4, 0.3]), decimalElement(0x00180050, 9)]),
        ]),
      ]),
    ]);
    // Row × column is along −x, so growing z of the normal means falling x.
    const positions = [5, 2, -1].map((x, f) =>
      itemOf([
        sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [x, 2, 3])])]),
        ...[...frame(0, f + 1).elements.values()].filter(({ tag }) => tag === 0x00289145),
      ]),
    );
    for (const transferSyntax of ["1.2.840.10008.1.2.1", implicitLittle]) {
      const bytes = await testObject({
        data: Uint8Array.of(1, 2, 3, 4, 5, 6),
        rows: 1,
        columns: 2,
        frames: 3,
        transferSyntax,
        without: [0x00200032, 0x00200037, 0x00280030, 0x00180050],
        extra: [shared, sequenceElement(0x52009230, positions)],
      });
      const { image, stored } = await readDicom(bytes);
      expect(image).toMatchObject({
        axes: "zyx",
        shape: [3, 1, 2],
        unit: "HU",
        spacing: [3, 0.4, 0.3],
        origin: [5, 2, 3],
      });
      expect(image.direction.map((v) => v + 0)).toEqual([0, 0, -1, 1, 0, 0, 0, -1, 0]);
      expect([...image.data]).toEqual([-9, -8, -4, -2, 5, 8]);
      expect([...stored.planes!.slope]).toEqual([1, 2, 3]);
    }
  });

  it("tells volumes from series in time", async () => {
    const make = (extra: Parameters<typeof testObject>[0]["extra"], without: number[] = []) =>
      testObject({
        data: testValues(4 * 4, 8, false),
        rows: 2,
        columns: 2,
        frames: 4,
        extra: extra ?? [],
        without,
      });
    const time = await make([numberElement(0x00280009, "AT", 0x00181063)]);
    expect((await readDicom(time)).image.axes).toBe("tyx");
    const slices = await make([
      numberElement(0x00280009, "AT", 0x00540080),
      decimalElement(0x00180088, 4),
    ]);
    expect((await readDicom(slices)).image).toMatchObject({ axes: "zyx", spacing: [4, 0.75, 0.5] });
    const group = (z: number) =>
      itemOf([sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, z])])])]);
    const volumes = await make([
      sequenceElement(0x52009229, [
        itemOf([
          sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])])]),
        ]),
      ]),
      sequenceElement(0x52009230, [0, 5, 0, 5].map(group)),
    ]);
    expect((await readDicom(volumes)).image).toMatchObject({ axes: "tzyx", shape: [2, 2, 2, 2] });
  });

  it("refuses contradictions with kind and reason", async () => {
    const object = { data: Uint8Array.of(1, 2, 3, 4), rows: 2, columns: 2 };
    const cases: [Partial<Parameters<typeof testObject>[0]>, RegExp][] = [
      [{ without: [0x7fe00010] }, /without pixel data .*mismatch/],
      [{ without: [0x00280010] }, /Rows missing.*corrupt/],
      [
        { rows: 2, extra: [numberElement(0x00280010, "US", 3)] },
        /found 4 bytes, wanted 6.*truncated/,
      ],
      [{ extra: [numberElement(0x00280101, "US", 9)] }, /Bits Stored 9.*corrupt/],
      [
        { extra: [textElement(0x00280004, "CS", "HSV")] },
        /photometric interpretation "HSV".*unsupported/,
      ],
      [
        { extra: [textElement(0x00280008, "IS", "999999999")] },
        /found 999999999 frames.*too-large/,
      ],
      [
        { extra: [numberElement(0x00280010, "US", 65535), numberElement(0x00280011, "US", 65535)] },
        /too-large/,
      ],
      [{ extra: [numberElement(0x00280002, "US", 3)] }, /three samples per pixel with MONOCHROME2/],
      [{ photometric: "PALETTE COLOR" }, /lookup table: found no descriptor/],
    ];
    for (const [changes, message] of cases) {
      await expect(readDicom(await testObject({ ...object, ...changes }))).rejects.toThrow(message);
    }
    const odd = await testObject({ ...object, extra: [decimalElement(0x00281053, 0)] });
    expect((await readDicom(odd)).findings.join()).toContain("rescale slope of 0");
    expect(parseDicom(odd).dataSet.elements.size).toBeGreaterThan(20);
  });
});
