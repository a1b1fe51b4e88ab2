import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import { anonymiseDicom } from "./anonymise.ts";
import { bytesElement, numberElement } from "./build.ts";
import type { DicomElement, Fragment } from "./elements.ts";
import { parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import {
  htj2kLossless,
  jpeg2000Lossless,
  jpegLossless,
  jpegLsLossless,
  rleLossless,
} from "./transfer-syntax.ts";

const secret = "SECRET^PATIENT";
const text = new TextEncoder().encode(secret);
const holds = (bytes: Uint8Array) => Buffer.from(bytes).includes(secret);
const pixelsOf = (bytes: Uint8Array) => parseDicom(bytes).dataSet.elements.get(0x7fe00010)!;
const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** The object with other fragments. */
async function refilled(
  object: Parameters<typeof testObject>[0],
  change: (fragments: readonly Fragment[]) => readonly Uint8Array[],
): Promise<Uint8Array> {
  const { fragments } = pixelsOf(await testObject(object));
  const pixels: DicomElement = {
    ...bytesElement(0x7fe00010, "OB", new Uint8Array(0)),
    undefinedLength: true,
    fragments: change(fragments!).map((bytes) => ({ bytes, offset: 0 })),
  };
  return testObject({
    ...object,
    extra: [...(object.extra ?? []), pixels],
    declaredSyntax: object.transferSyntax!,
  });
}

const twelve = {
  data: testValues(64, 12, false) as Uint16Array,
  rows: 8,
  columns: 8,
  bitsStored: 12,
};

describe("anonymised pixels", () => {
  it.each([
    ["unsigned", false],
    ["signed", true],
  ])("have nothing in the bits above those that are stored (%s)", async (_, signed) => {
    const values = testValues(64, 12, signed) as Int16Array | Uint16Array;
    // Four bits of text in each pixel.
    const hidden = values.map((v, i) => {
      const nibble = (text[(i >> 1) % text.length]! >> (4 * (i % 2))) & 15;
      return (v & 0xfff) | (nibble << 12);
    }) as Uint16Array;
    const bytes = await testObject({ ...twelve, data: hidden });
    const clean = anonymiseDicom(bytes);
    const kept = new Uint16Array(pixelsOf(clean.bytes).value.slice().buffer);
    expect([...kept]).toEqual([...values].map((v) => v & 0xffff));
    expect(clean.warnings.join()).toContain("bits outside the 12 that are stored");
    const before = await readDicom(bytes);
    expect((await readDicom(clean.bytes)).image.data).toEqual(before.image.data);
    // Clean pixels stay, and nothing is said of them.
    const again = anonymiseDicom(await testObject({ ...twelve, data: values }));
    expect([...pixelsOf(again.bytes).value]).toEqual([...new Uint8Array(values.buffer)]);
    expect(again.warnings.join()).not.toContain("bits outside");
  });

  it("have nothing in the bits below either, nor in 8 or 32 bits", async () => {
    const below = await testObject({
      ...twelve,
      data: Uint16Array.from({ length: 64 }, (_, i) => (i << 4) | (i % 16)),
      extra: [numberElement(0x00280102, "US", 15)],
    });
    const clean = anonymiseDicom(below);
    expect([...new Uint16Array(pixelsOf(clean.bytes).value.slice().buffer)]).toEqual(
      Array.from({ length: 64 }, (_, i) => i << 4),
    );
    const eight = { data: Uint8Array.of(0xf3, 0x05), rows: 1, columns: 2, bitsStored: 4 };
    expect([...pixelsOf(anonymiseDicom(await testObject(eight)).bytes).value]).toEqual([3, 5]);
    const wide = { data: Uint32Array.of(0xab000007, 9), rows: 1, columns: 2, bitsStored: 24 };
    const kept = pixelsOf(anonymiseDicom(await testObject(wide)).bytes).value.slice();
    expect([...new Uint32Array(kept.buffer)]).toEqual([7, 9]);
  });

  it.each(["OW", "OB"])("end where the last pixel does (%s)", async (vr) => {
    const plain = new Uint8Array(twelve.data.buffer);
    const bytes = await testObject({
      ...twelve,
      extra: [bytesElement(0x7fe00010, vr, joined(plain, text))],
    });
    expect(holds(bytes)).toBe(true);
    const clean = anonymiseDicom(bytes);
    expect(holds(clean.bytes)).toBe(false);
    expect([...pixelsOf(clean.bytes).value]).toEqual([...plain]);
    expect(clean.warnings.join()).toContain("bytes behind the last pixel were not empty");
  });

  it("end where the last pixel does in floating point and single bits", async () => {
    const float = await testObject({
      ...twelve,
      data: new Uint8Array(1),
      rows: 1,
      columns: 1,
      without: [0x7fe00010, 0x00280101, 0x00280102, 0x00280103],
      extra: [
        numberElement(0x00280100, "US", 32),
        bytesElement(0x7fe00008, "OF", joined(new Uint8Array(4), text)),
      ],
    });
    expect(holds(anonymiseDicom(float).bytes)).toBe(false);
    const bits = await testObject({
      data: new Uint8Array(5),
      rows: 1,
      columns: 5,
      extra: [
        numberElement(0x00280100, "US", 1),
        numberElement(0x00280101, "US", 1),
        numberElement(0x00280102, "US", 0),
        bytesElement(0x7fe00010, "OB", Uint8Array.of(0b11110101)),
      ],
    });
    expect(pixelsOf(anonymiseDicom(bits).bytes).value[0]).toBe(0b10101);
  });

  it.each([jpegLossless, jpegLsLossless, jpeg2000Lossless, htj2kLossless, rleLossless])(
    "carry nothing behind or within the code streams of %s",
    async (transferSyntax) => {
      const object = {
        data: testValues(2 * 64, 12, false),
        rows: 8,
        columns: 8,
        frames: 2,
        bitsStored: 12,
        transferSyntax,
      };
      const wavelet = transferSyntax === jpeg2000Lossless || transferSyntax === htj2kLossless;
      const comment = (stream: Uint8Array) => {
        if (transferSyntax === rleLossless) return stream;
        const length = text.length + (wavelet ? 4 : 2);
        const head = wavelet ? [0xff, 0x64, 0, length, 0, 1] : [0xff, 0xfe, 0, length];
        // Behind the size segment of JPEG 2000, which must be the first; else behind the start.
        const at = wavelet ? 4 + stream[4]! * 256 + stream[5]! : 2;
        return joined(stream.slice(0, at), Uint8Array.from(head), text, stream.slice(at));
      };
      const plain = await testObject(object);
      const bytes = await refilled(object, ([table, ...frames]) => [
        joined(table!.bytes, text),
        ...frames.map((frame) => joined(comment(frame.bytes), text)),
      ]);
      expect(holds(bytes)).toBe(true);
      const clean = anonymiseDicom(bytes);
      expect(holds(clean.bytes)).toBe(false);
      const back = await readDicom(clean.bytes);
      expect(back.image.data).toEqual((await readDicom(plain)).image.data);
      if (transferSyntax !== rleLossless)
        expect(clean.warnings.join()).toMatch(/comments within code streams.*behind a code stream/);
    },
  );

  it("are searched within deflated frames", async () => {
    const object = { ...twelve, transferSyntax: rleLossless };
    const plain = new Uint8Array(twelve.data.map((v) => v | 0x5000).buffer);
    const deflated = "1.2.840.10008.1.2.8.1";
    const bytes = await refilled(object, () => [
      new Uint8Array(0),
      new Uint8Array(deflateRawSync(joined(plain, text))),
    ]);
    const named = await testObject({
      ...twelve,
      extra: [pixelsOf(bytes)],
      declaredSyntax: deflated,
    });
    const clean = anonymiseDicom(named);
    expect((await readDicom(clean.bytes)).stored.data).toEqual(twelve.data);
    expect(clean.warnings.join()).toMatch(/behind the last pixel.*bits outside the 12/);
  });
});
