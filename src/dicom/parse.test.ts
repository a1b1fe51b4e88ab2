import { deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { testObject, testValues } from "../../test/dicom-objects.ts";
import { FormatError } from "../core/errors.ts";
import { bytesElement, elementMap, itemOf, sequenceElement, textElement } from "./build.ts";
import { itemsOf, numberOf, textOf } from "./elements.ts";
import { looksLikeDicom, parseDicom } from "./parse.ts";
import { readDicom } from "./read.ts";
import { serialiseDicom } from "./serialise.ts";
import { deflatedLittle, implicitLittle } from "./transfer-syntax.ts";

function failure(bytes: Uint8Array): FormatError {
  try {
    parseDicom(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("parsed");
}

const explicitHead = (tag: number, vr: string, length: number) => {
  const long = ["OB", "OW", "SQ", "UN", "UT"].includes(vr);
  const bytes = new Uint8Array(long ? 12 : 8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, tag >>> 16, true);
  view.setUint16(2, tag & 0xffff, true);
  bytes.set([vr.charCodeAt(0), vr.charCodeAt(1)], 4);
  if (long) view.setUint32(8, length, true);
  else view.setUint16(6, length, true);
  return bytes;
};

const join = (...parts: (Uint8Array | number[])[]) => Uint8Array.from(parts.flatMap((p) => [...p]));
const meta = (syntax: string) => {
  const uid = syntax.length % 2 ? `${syntax}\0` : syntax;
  return join(
    new Uint8Array(128),
    [0x44, 0x49, 0x43, 0x4d],
    explicitHead(0x00020010, "UI", uid.length),
    new TextEncoder().encode(uid),
  );
};
const item = (length: number) => {
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0xfffe, true);
  view.setUint16(2, 0xe000, true);
  view.setUint32(4, length, true);
  return bytes;
};

describe("parseDicom", () => {
  it("refuses every prefix of a file with an error whose offset lies in it", async () => {
    const whole = await testObject({ data: testValues(16, 16, true), rows: 4, columns: 4 });
    const pixels = parseDicom(whole).dataSet.elements.get(0x7fe00010)!;
    let complete = 0;
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.slice(0, length);
      try {
        const { dataSet } = parseDicom(cut);
        // A cut between two elements leaves a sound data set, which then lacks its pixels.
        expect(dataSet.elements.has(0x7fe00010)).toBe(false);
        complete++;
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        expect((error as FormatError).offset).toBeLessThanOrEqual(length);
      }
    }
    expect(complete).toBeLessThan(40);
    expect(failure(whole.slice(0, -3)).kind).toBe("truncated");
    expect(failure(whole.slice(0, -3)).offset).toBe(pixels.offset);
  });

  it("reads files whose mark stands at the very beginning", async () => {
    const whole = await testObject({ data: testValues(16, 16, true), rows: 4, columns: 4 });
    const bare = whole.slice(128);
    expect(looksLikeDicom(bare)).toBe(true);
    const file = parseDicom(bare);
    expect(file.findings).toContain("the file has no preamble");
    expect([...file.dataSet.elements.keys()]).toEqual([
      ...parseDicom(whole).dataSet.elements.keys(),
    ]);
    expect(looksLikeDicom(new TextEncoder().encode("DICM and other words of text"))).toBe(false);
  });

  it("keeps elements of unknown representation, short as older toolkits write them", async () => {
    const whole = await testObject({ data: testValues(16, 16, true), rows: 4, columns: 4 });
    const pixels = parseDicom(whole).dataSet.elements.get(0x7fe00010)!;
    const at = pixels.offset - 12;
    const odd = (value: number[]) => join(explicitHead(0x00730001, "??", value.length), value);
    for (const value of [[97, 98], []]) {
      const file = parseDicom(join(whole.slice(0, at), odd(value), whole.slice(at)));
      const element = file.dataSet.elements.get(0x00730001)!;
      expect({ vr: element.vr, value: [...element.value] }).toEqual({ vr: "UN", value });
      expect(file.dataSet.elements.get(0x7fe00010)!.value).toEqual(pixels.value);
    }
  });

  it("names empty files and files of another kind", () => {
    expect(failure(new Uint8Array(0))).toMatchObject({ kind: "empty", offset: 0 });
    expect(failure(new TextEncoder().encode("NRRD0004\ntype: float\nsizes: 3"))).toMatchObject({
      kind: "mismatch",
    });
    expect(
      failure(join(meta("1.2.3.4"), explicitHead(0x00080060, "CS", 2), [67, 84])),
    ).toMatchObject({
      kind: "unsupported",
    });
  });

  it("holds a length against the bytes that are there before it allocates", () => {
    const lie = join(
      meta("1.2.840.10008.1.2.1"),
      explicitHead(0x7fe00010, "OW", 0xfffffff0),
      [1, 2],
    );
    expect(failure(lie)).toMatchObject({ kind: "truncated" });
    expect(failure(lie).message).toContain("(7FE0,0010)");
  });

  it("bounds depth and work on nested sequences", () => {
    const levels: Uint8Array[] = [meta("1.2.840.10008.1.2.1")];
    for (let i = 0; i < 5000; i++) {
      levels.push(explicitHead(0x00081140, "SQ", 0xffffffff), item(0xffffffff));
    }
    expect(failure(join(...levels))).toMatchObject({ kind: "too-large" });
  });

  it("stops inflating at a limit", () => {
    const bomb = deflateRawSync(new Uint8Array(10_000_000));
    const bytes = join(meta(deflatedLittle), bomb);
    expect(() => parseDicom(bytes, { maxInflated: 1_000_000 })).toThrow(
      /found more than 1000000 bytes/,
    );
    expect(failure(join(meta(deflatedLittle), bomb.subarray(0, 40))).kind).toMatch(
      /truncated|corrupt/,
    );
  });

  it("reads sequences of defined and undefined length, nested, and inside UN", () => {
    const code = [
      itemOf([
        textElement(0x00080100, "SH", "T-1"),
        sequenceElement(0x00081140, [itemOf([textElement(0x00081155, "UI", "1.2")])]),
      ]),
    ];
    for (const transferSyntax of ["1.2.840.10008.1.2.1", implicitLittle, deflatedLittle]) {
      const bytes = serialiseDicom(
        elementMap([textElement(0x00080060, "CS", "CT"), sequenceElement(0x0040a170, code)]),
        {
          encoding: { explicit: true, littleEndian: true },
          transferSyntax,
          sopClassUid: "1.2",
          sopInstanceUid: "1.3",
          signedPixels: false,
        },
      );
      const { dataSet } = parseDicom(bytes);
      const [first] = itemsOf(dataSet, 0x0040a170);
      expect(textOf(first!, 0x00080100)).toBe("T-1");
      expect(textOf(itemsOf(first!, 0x00081140)[0]!, 0x00081155)).toBe("1.2");
    }
    // An implicit sequence under UN, as a system writes that does not know the attribute.
    const inner = join(item(14), [0x08, 0, 0, 1, 6, 0, 0, 0], [84, 45, 50, 48, 48, 32]);
    const un = join(
      meta("1.2.840.10008.1.2.1"),
      explicitHead(0x0040a170, "UN", inner.length),
      inner,
    );
    expect(textOf(itemsOf(parseDicom(un).dataSet, 0x0040a170)[0]!, 0x00080100)).toBe("T-200");
  });

  it("keeps a damaged sequence of defined length as bytes and says so", () => {
    const damaged = join(
      meta("1.2.840.10008.1.2.1"),
      explicitHead(0x00081140, "SQ", 6),
      [1, 2, 3, 4, 5, 6],
      explicitHead(0x00280010, "US", 2),
      [5, 0],
    );
    const file = parseDicom(damaged);
    expect(numberOf(file.dataSet, 0x00280010)).toBe(5);
    expect(file.findings.join()).toMatch(/\(0008,1140\) is kept unread/);
  });

  it("reads big endian, files without preamble, and data sets that contradict their syntax", () => {
    const big = join(
      meta("1.2.840.10008.1.2.2"),
      [0x00, 0x28, 0x00, 0x10, 0x55, 0x53, 0x00, 0x02, 0x01, 0x02],
    );
    expect(numberOf(parseDicom(big).dataSet, 0x00280010)).toBe(258);
    const bare = join([0x08, 0, 0x60, 0, 2, 0, 0, 0, 67, 84]);
    expect(looksLikeDicom(bare)).toBe(false);
    const bareLong = join(
      [0x08, 0, 0x05, 0, 10, 0, 0, 0],
      new TextEncoder().encode("ISO_IR 100"),
      [0x28, 0, 0x10, 0, 2, 0, 0, 0, 7, 0],
    );
    const parsed = parseDicom(bareLong);
    expect(numberOf(parsed.dataSet, 0x00280010)).toBe(7);
    expect(parsed.findings).toEqual([
      "the file has no preamble",
      "the transfer syntax is not stated and was guessed",
    ]);
    const lying = join(meta(implicitLittle), explicitHead(0x00080060, "CS", 2), [67, 84]);
    expect(textOf(parseDicom(lying).dataSet, 0x00080060)).toBe("CT");
    expect(parseDicom(lying).findings.join()).toContain("explicit although");
  });

  it("decodes text by its character set", () => {
    const text = (set: string, bytes: number[]) =>
      textOf(
        parseDicom(
          join(
            meta("1.2.840.10008.1.2.1"),
            explicitHead(0x00080005, "CS", set.length),
            new TextEncoder().encode(set),
            explicitHead(0x00100010, "PN", bytes.length),
            bytes,
          ),
        ).dataSet,
        0x00100010,
      );
    expect(text("ISO_IR 100", [0x4d, 0xfc, 0x6c, 0x6c, 0x65, 0x72])).toBe("Müller");
    expect(text("ISO_IR 192", [...new TextEncoder().encode("Žižka ")])).toBe("Žižka");
    expect(text("ISO_IR 101", [0xae, 0x69, 0xbe, 0x6b, 0x61, 0x20])).toBe("Žižka");
    expect(text("ISO_IR 144", [0xbb, 0xee, 0xda, 0xe1])).toBe("Люкс");
    // PS3.5 annex H.3, example 1: Yamada^Tarou in kanji under escape sequences.
    expect(
      text(
        "\\ISO 2022 IR 87",
        [
          0x1b, 0x24, 0x42, 0x3b, 0x33, 0x45, 0x44, 0x1b, 0x28, 0x42, 0x5e, 0x1b, 0x24, 0x42, 0x42,
          0x40, 0x4f, 0x3a, 0x1b, 0x28, 0x42, 0x20,
        ],
      ),
    ).toBe("山田^太郎");
    // PS3.5 annex I.2: Hong Gildong.
    expect(
      text(
        "\\ISO 2022 IR 149",
        [
          0x1b, 0x24, 0x29, 0x43, 0xfb, 0xf3, 0x5e, 0x1b, 0x24, 0x29, 0x43, 0xd1, 0xce, 0xd4, 0xd7,
          0x20,
        ],
      ),
    ).toBe("洪^吉洞");
  });

  it("takes elements out of order and a second of the same tag as findings", () => {
    const bytes = join(
      meta("1.2.840.10008.1.2.1"),
      explicitHead(0x00280011, "US", 2),
      [3, 0],
      explicitHead(0x00280010, "US", 2),
      [5, 0],
      explicitHead(0x00280010, "US", 2),
      [6, 0],
    );
    const file = parseDicom(bytes);
    expect(numberOf(file.dataSet, 0x00280010)).toBe(5);
    expect(file.findings.join()).toContain("a second (0028,0010) is ignored");
  });

  it("never shares memory with a Buffer that it is given", async () => {
    const whole = await testObject({ data: testValues(16, 16, true), rows: 4, columns: 4 });
    // Odd offset, so that the words have to be copied to be aligned.
    const pool = Buffer.alloc(whole.length + 3);
    const view = pool.subarray(3);
    view.set(whole);
    const { stored } = await readDicom(view);
    expect([...(stored.data as Int16Array)]).toEqual([...testValues(16, 16, true)]);
  });

  it("keeps bytes of unknown elements", () => {
    const made = serialiseDicom(
      elementMap([
        textElement(0x00080060, "CS", "CT"),
        bytesElement(0x00111001, "UN", Uint8Array.of(0, 255, 1, 254)),
      ]),
      {
        encoding: { explicit: true, littleEndian: true },
        transferSyntax: "1.2.840.10008.1.2.1",
        sopClassUid: "1.2",
        sopInstanceUid: "1.3",
        signedPixels: false,
      },
    );
    expect([...parseDicom(made).dataSet.elements.get(0x00111001)!.value]).toEqual([0, 255, 1, 254]);
  });
});
