import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testObject, testUids, testValues } from "../../test/dicom-objects.ts";
import { withData } from "../core/image.ts";
import {
  bytesElement,
  decimalElement,
  itemOf,
  numberElement,
  sequenceElement,
  textElement,
} from "./build.ts";
import { writeDerivedDicom } from "./derive.ts";
import { itemsOf, numberOf, textOf, textsOf } from "./elements.ts";
import { parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import {
  deflatedLittle,
  explicitLittle,
  htj2kLossless,
  implicitLittle,
  jpeg2000Lossless,
  jpegLossless,
  jpegLsLossless,
  rleLossless,
} from "./transfer-syntax.ts";
import { isUid } from "./uid.ts";

const hu = [decimalElement(0x00281052, -1024), decimalElement(0x00281053, 1)];
const slice = {
  data: testValues(20 * 24, 12, false),
  rows: 20,
  columns: 24,
  bitsStored: 12,
  extra: hu,
};

describe("writeDerivedDicom", () => {
  it("says what it is, what it was made of, by what and how", async () => {
    const source = await readDicom(await testObject(slice));
    const date = new Date(2026, 10, 21, 9, 8, 7);
    const { bytes, sopInstanceUid, seriesUid } = await writeDerivedDicom(source, source.image, {
      method: "drunet-light",
      parameters: { sigmaHU: 12.5, strength: 1, blind: true },
      version: "0.1.0",
      date,
    });
    const { dataSet: set, meta } = parseDicom(bytes);
    expect(textsOf(set, 0x00080008)).toEqual(["DERIVED", "SECONDARY", "AXIAL"]);
    expect(textOf(set, 0x00080018)).toBe(sopInstanceUid);
    expect(textOf(meta, 0x00020003)).toBe(sopInstanceUid);
    expect(textOf(set, 0x0020000e)).toBe(seriesUid);
    expect(isUid(sopInstanceUid) && isUid(seriesUid)).toBe(true);
    expect(textOf(set, 0x0020000d)).toBe(testUids.study);
    expect(textOf(set, 0x00200052)).toBe(testUids.frame);
    expect(textOf(set, 0x0008103e)).toBe("Abdomen dprime drunet-light");
    expect(textOf(set, 0x00200011)).toBe("1003");
    expect(textOf(set, 0x00080012)).toBe("20261121");
    expect(textOf(set, 0x00080013)).toBe("090807");
    expect(textOf(set, 0x00082111)).toBe(
      "Denoised by dprime, method drunet-light: sigmaHU=12.5, strength=1, blind=true. For research, not for diagnosis",
    );
    const [from] = itemsOf(set, 0x00082112);
    expect(textOf(from!, 0x00081155)).toBe(testUids.instance);
    expect(textOf(from!, 0x00081150)).toBe(testUids.sopClass);
    expect(textOf(itemsOf(from!, 0x0040a170)[0]!, 0x00080100)).toBe("121322");
    const [device] = itemsOf(set, 0x0018a001);
    expect(textOf(device!, 0x00081090)).toBe("dprime");
    expect(textOf(device!, 0x00181020)).toBe("0.1.0");
    expect(textOf(itemsOf(device!, 0x0040a170)[0]!, 0x00080100)).toBe("109102");
  });

  it("keeps every other element byte for byte, in every encoding", async () => {
    const changed = new Set([
      0x00080008, 0x00080012, 0x00080013, 0x00080018, 0x0008103e, 0x00082111, 0x00082112,
      0x0018a001, 0x0020000e, 0x00200011, 0x7fe00010,
    ]);
    for (const transferSyntax of [explicitLittle, implicitLittle, deflatedLittle, rleLossless]) {
      const source = await readDicom(await testObject({ ...slice, transferSyntax }));
      for (const target of [explicitLittle, implicitLittle, jpegLsLossless]) {
        const { bytes } = await writeDerivedDicom(source, source.image, {
          method: "x",
          transferSyntax: target,
        });
        const back = parseDicom(bytes);
        for (const [tag, element] of source.file.dataSet.elements) {
          if (changed.has(tag)) continue;
          expect([...back.dataSet.elements.get(tag)!.value], tag.toString(16)).toEqual([
            ...element.value,
          ]);
        }
      }
    }
  });

  it("keeps a lossless transfer syntax and replaces a lossy or retired one", async () => {
    for (const transferSyntax of [
      explicitLittle,
      implicitLittle,
      deflatedLittle,
      rleLossless,
      jpegLossless,
      jpegLsLossless,
      jpeg2000Lossless,
      htj2kLossless,
    ]) {
      const source = await readDicom(await testObject({ ...slice, transferSyntax }));
      const written = await writeDerivedDicom(source, source.image, { method: "x" });
      expect(written.transferSyntax).toBe(transferSyntax);
      const back = await readDicom(written.bytes);
      expect(back.image.data).toEqual(source.image.data);
      expect(back.image).toMatchObject({
        spacing: source.image.spacing,
        origin: source.image.origin,
        unit: "HU",
      });
    }
    const source = await readDicom(await testObject(slice));
    await expect(
      writeDerivedDicom(source, source.image, {
        method: "x",
        transferSyntax: "1.2.840.10008.1.2.2",
      }),
    ).rejects.toThrow(/wanted one of/);
  });

  it("rounds to the source's steps, takes more bits when needed, and fits a rescale as the last resort", async () => {
    const source = await readDicom(await testObject(slice));
    const shifted = (f: (v: number, i: number) => number) =>
      withData(source.image, source.image.data.map(f));
    const near = await writeDerivedDicom(
      source,
      shifted((v) => v + 0.4),
      { method: "x" },
    );
    expect((await readDicom(near.bytes)).stored.data).toEqual(source.stored.data);
    const more = await writeDerivedDicom(
      source,
      shifted((v) => v + 3000),
      { method: "x" },
    );
    const wide = await readDicom(more.bytes);
    expect(wide.stored).toMatchObject({ bits: 16, slope: 1, intercept: -1024 });
    expect(wide.image.data).toEqual(shifted((v) => v + 3000).data);
    expect(more.notes.join()).toContain("take 16 bits, 12 in the source");
    const below = shifted((v, i) => (i === 0 ? -5000.5 : v));
    const fitted = await writeDerivedDicom(source, below, { method: "x" });
    const back = await readDicom(fitted.bytes);
    expect(back.image.unit).toBe("HU");
    for (let i = 0; i < below.data.length; i++) {
      // Half a step of the fitted slope, and float32 rounding.
      expect(Math.abs(back.image.data[i]! - below.data[i]!)).toBeLessThan(
        0.51 * back.stored.slope + 1e-3,
      );
    }
    expect(fitted.notes.join()).toContain("fitted anew");
  });

  it.each([
    ["a 12-bit magnitude", Uint16Array.of(0, 3, 4095, 70), 12, [], [-0.6, 3, 4095, -900]],
    ["a 16-bit magnitude", Uint16Array.of(0, 3, 65535, 70), 16, [], [-0.6, 3, 65535, -70]],
    ["a slope of its own", Uint16Array.of(0, 4, 8, 12), 12, [0, 2.5], [-7, 0, 10, 15]],
    ["CT clipped at air", Uint16Array.of(0, 24, 1024, 2000), 12, [-1024, 1], [-1040, -1000, 0, 1]],
  ] as const)("keeps %s unsigned, with its bits", async (_, data, bitsStored, scaling, values) => {
    const source = await readDicom(
      await testObject({
        data,
        rows: 2,
        columns: 2,
        bitsStored,
        extra: scaling.map((v, i) => decimalElement(0x00281052 + i, v)),
      }),
    );
    const changed = withData(source.image, Float32Array.from(values));
    const { bytes, notes } = await writeDerivedDicom(source, changed, { method: "x" });
    const back = await readDicom(bytes);
    expect(back.layout).toMatchObject({ signed: false, bitsStored, bitsAllocated: 16 });
    const [intercept = 0, slope = 1] = scaling;
    expect([...back.stored.data].map(Number)).toEqual(
      values.map((v) => Math.max(0, Math.round((v - intercept) / slope))),
    );
    expect(notes.join()).toMatch(/set to 0, the least/);
  });

  it("keeps pictures of eight bits within them, at both ends", async () => {
    const source = await readDicom(
      await testObject({ data: Uint8Array.of(0, 255, 7, 9), rows: 2, columns: 2 }),
    );
    const changed = withData(source.image, Float32Array.of(-3, 260, 7.4, 8.6));
    const { bytes, notes } = await writeDerivedDicom(source, changed, { method: "x" });
    const back = await readDicom(bytes);
    expect([...back.stored.data]).toEqual([0, 255, 7, 9]);
    expect(back.layout.bitsAllocated).toBe(8);
    expect(notes.join()).toMatch(/down to -3 are set to 0.*up to 260 are set to 255/);
  });

  it.each([
    ["float32", 32, 0x7fe00008, "OF"],
    ["float64", 64, 0x7fe00009, "OD"],
  ] as const)("takes %s values back through the rescale to what is stored", async (...made) => {
    const [type, bits, tag, vr] = made;
    const values = [1.5, -2.25, 0, 1e5];
    const array = bits === 32 ? Float32Array.from(values) : Float64Array.from(values);
    const source = await readDicom(
      await testObject({
        data: new Uint8Array(4),
        rows: 2,
        columns: 2,
        without: [0x7fe00010, 0x00280101, 0x00280102, 0x00280103],
        extra: [
          numberElement(0x00280100, "US", bits),
          bytesElement(tag, vr, new Uint8Array(array.buffer.slice(0))),
          decimalElement(0x00281052, -8),
          decimalElement(0x00281053, 4),
        ],
      }),
    );
    expect([...source.image.data]).toEqual(values.map((v) => 4 * v - 8));
    const doubled = withData(
      source.image,
      source.image.data.map((v) => 2 * v),
    );
    const { bytes, notes } = await writeDerivedDicom(source, doubled, { method: "x" });
    const back = await readDicom(bytes);
    expect(back.image).toEqual(doubled);
    expect(back.stored.type).toBe(type);
    expect(back.layout.bitsAllocated).toBe(bits);
    expect(notes).toEqual([]);
  });

  it("describes any finite range by decimal strings of 16 characters", async () => {
    const source = await readDicom(
      await testObject({ ...slice, rows: 1, columns: 3, data: Uint16Array.of(1, 2, 3) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        async (low, span) => {
          const values = Float32Array.of(low, low + span / 3, low + span);
          const { bytes } = await writeDerivedDicom(source, withData(source.image, values), {
            method: "x",
            rescale: "fit",
          });
          const { image, stored, file } = await readDicom(bytes);
          expect(textOf(file.dataSet, 0x00281053)!.length).toBeLessThanOrEqual(16);
          for (const [i, value] of values.entries()) {
            const tolerance =
              0.51 * stored.slope + 2 ** -23 * Math.abs(value) + 1e-9 * Math.abs(low);
            expect(Math.abs(image.data[i]! - value)).toBeLessThanOrEqual(tolerance);
          }
        },
      ),
      {
        numRuns: 60,
        // Narrow ranges far from zero.
        examples: [
          [-1.5419354396063367, 1e-6],
          [216494.03111415543, 1.4007078551271905],
          [1.7429708434882774, 2.648833279373222e-5],
          [-87796.0404005005, 1e-6],
          [173799.83836371233, 0.004150377847672207],
        ],
      },
    );
  });

  it("leaves padding where it is", async () => {
    const data = Int16Array.of(-2000, 5, 6, -2000);
    const source = await readDicom(
      await testObject({
        data,
        rows: 2,
        columns: 2,
        extra: [...hu, numberElement(0x00280120, "SS", -2000)],
      }),
    );
    const smooth = withData(
      source.image,
      source.image.data.map((v) => v / 2),
    );
    const kept = await readDicom((await writeDerivedDicom(source, smooth, { method: "x" })).bytes);
    expect(kept.stored.padding).toBe(-2000);
    expect((kept.stored.data as Int16Array)[0]).toBe(-2000);
    const fit = await readDicom(
      (await writeDerivedDicom(source, smooth, { method: "x", rescale: "fit" })).bytes,
    );
    expect(fit.stored.padding).toBe(0);
    expect([...(fit.stored.data as Uint16Array)].map((v) => v === 0)).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("keeps frames, their rescale and their frame types", async () => {
    const frames = [1, 2].map((slope, f) =>
      itemOf([
        sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, 3 * f])])]),
        sequenceElement(0x00289145, [
          itemOf([decimalElement(0x00281052, 0), decimalElement(0x00281053, slope)]),
        ]),
        sequenceElement(0x00189329, [
          itemOf([textElement(0x00089007, "CS", ["ORIGINAL", "PRIMARY", "VOLUME"])]),
        ]),
      ]),
    );
    const bytes = await testObject({
      data: testValues(2 * 6, 12, false),
      rows: 2,
      columns: 3,
      frames: 2,
      bitsStored: 12,
      without: [0x00200032, 0x00200037],
      extra: [
        sequenceElement(0x52009229, [
          itemOf([
            sequenceElement(0x00209116, [itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])])]),
          ]),
        ]),
        sequenceElement(0x52009230, frames),
      ],
    });
    const source = await readDicom(bytes);
    const same = await readDicom(
      (await writeDerivedDicom(source, source.image, { method: "x" })).bytes,
    );
    expect(same.image).toEqual(source.image);
    expect(same.stored.planes).toEqual(source.stored.planes);
    const [frame] = itemsOf(same.file.dataSet, 0x52009230);
    // PS3.3 C.8.16.1.2: the second value of a frame's type is PRIMARY, whatever was derived.
    expect(textsOf(itemsOf(frame!, 0x00189329)[0]!, 0x00089007)).toEqual([
      "DERIVED",
      "PRIMARY",
      "VOLUME",
    ]);
    const fitted = await readDicom(
      (await writeDerivedDicom(source, source.image, { method: "x", rescale: "fit" })).bytes,
    );
    expect(fitted.stored.planes).toBeUndefined();
    for (const [i, value] of source.image.data.entries()) {
      expect(Math.abs(fitted.image.data[i]! - value)).toBeLessThan(
        0.51 * fitted.stored.slope + 1e-3,
      );
    }
    expect(numberOf(fitted.file.dataSet, 0x00281053)).toBe(fitted.stored.slope);
    // Readers of enhanced objects look for it in the groups alone.
    const [shared] = itemsOf(fitted.file.dataSet, 0x52009229);
    const [transformation] = itemsOf(shared!, 0x00289145);
    expect(numberOf(transformation!, 0x00281053)).toBe(fitted.stored.slope);
    expect(numberOf(transformation!, 0x00281052)).toBe(fitted.stored.intercept);
    expect(textOf(transformation!, 0x00281054)).toBe("HU");
    expect(itemsOf(shared!, 0x00209116)).toHaveLength(1);
  });

  it("keeps the rescale of each frame while every frame fits into its own", async () => {
    const slopes = [0.001, 1];
    const bytes = await testObject({
      data: Uint16Array.of(0, 65535, 40000, 0, 65535, 40000),
      rows: 1,
      columns: 3,
      frames: 2,
      without: [0x00200032, 0x00200037, 0x00281052, 0x00281053],
      extra: [
        sequenceElement(
          0x52009230,
          slopes.map((slope, f) =>
            itemOf([
              sequenceElement(0x00209113, [itemOf([decimalElement(0x00200032, [0, 0, 3 * f])])]),
              sequenceElement(0x00209116, [
                itemOf([decimalElement(0x00200037, [1, 0, 0, 0, 1, 0])]),
              ]),
              sequenceElement(0x00289145, [
                itemOf([decimalElement(0x00281052, 0), decimalElement(0x00281053, slope)]),
              ]),
            ]),
          ),
        ),
      ],
    });
    const source = await readDicom(bytes);
    expect([...source.stored.planes!.slope]).toEqual(slopes);
    // The values of the second frame have no place in the rescale of the first.
    const { bytes: written } = await writeDerivedDicom(source, source.image, { method: "x" });
    const same = await readDicom(written);
    expect(same.stored.planes).toEqual(source.stored.planes);
    expect(same.stored.data).toEqual(source.stored.data);
  });

  it("refuses other shapes and values that are not finite", async () => {
    const source = await readDicom(await testObject(slice));
    const other = await readDicom(await testObject({ ...slice, rows: 24, columns: 20 }));
    await expect(writeDerivedDicom(source, other.image, { method: "x" })).rejects.toThrow(
      /found yx \[24, 20\], wanted yx \[20, 24\]/,
    );
    const bad = withData(
      source.image,
      source.image.data.map((v, i) => (i === 3 ? NaN : v)),
    );
    await expect(writeDerivedDicom(source, bad, { method: "x" })).rejects.toThrow(/NaN at index 3/);
  });

  it("adds text that every character set can hold", async () => {
    const source = await readDicom(await testObject(slice));
    const { bytes } = await writeDerivedDicom(source, source.image, {
      method: "nlm",
      parameters: { σ: "1 ± 0.5" },
    });
    const { dataSet } = parseDicom(bytes);
    expect(textOf(dataSet, 0x00082111)).toContain("nlm: sigma=1 +- 0.5");
    expect(textOf(dataSet, 0x00100010)).toBe("Müller");
  });
});
