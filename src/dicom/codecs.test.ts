/** The traps of dcmjs and dcmjs-codecs, each held by a test of the place where it is met. */
import { describe, expect, it } from "vitest";
import { testObject, testUids, testValues } from "../../test/dicom-objects.ts";
import { FormatError } from "../core/errors.ts";
import { decodeFrame, encodeFrame, loadCodecs } from "./codecs.ts";
import { jpegHeader } from "./codestream.ts";
import { littleBytes } from "./encode-pixels.ts";
import { parseDicom } from "./parse.ts";
import { type PixelLayout, pixelLayout } from "./pixels.ts";
import { readDicom } from "./read.ts";
import { serialiseDicom } from "./serialise.ts";
import {
  htj2kLossless,
  jpeg2000Lossless,
  jpegLossless,
  jpegLsLossless,
  rleLossless,
} from "./transfer-syntax.ts";
import { isUid, newUid } from "./uid.ts";

const compressed = [jpegLossless, jpegLsLossless, jpeg2000Lossless, htj2kLossless] as const;
const codecOf = {
  [jpegLossless]: "jpeg",
  [jpegLsLossless]: "jpeg-ls",
  [jpeg2000Lossless]: "jpeg-2000",
  [htj2kLossless]: "htj2k",
} as const;

async function frameOf(
  transferSyntax: string,
): Promise<{ bytes: Uint8Array; layout: PixelLayout; file: Uint8Array }> {
  const file = await testObject({
    data: testValues(48 * 40, 12, false),
    rows: 48,
    columns: 40,
    bitsStored: 12,
    transferSyntax,
  });
  const { layout } = pixelLayout(parseDicom(file), { maxElements: 2 ** 20 });
  return { bytes: layout.element.fragments![1]!.bytes, layout, file };
}

describe("compressed frames", () => {
  it.each(compressed)("%s: a cut stream is refused, never filled in", async (transferSyntax) => {
    const { bytes, layout } = await frameOf(transferSyntax);
    const codec = codecOf[transferSyntax];
    let refused = 0;
    // The code stream ends with its marker, perhaps with one byte of padding behind it. JPEG 2000 without
    // that marker is complete all the same: its tile parts state their lengths.
    const end = bytes.length - (bytes.at(-1) === 0 ? 1 : 0);
    const tiled = codec === "jpeg-2000" || codec === "htj2k";
    const cuts = (tiled ? [3, 4] : [1, 2, 3]).concat([5, 10, 40]).map((n) => end - n);
    for (const length of [...cuts, 20, 100, bytes.length >> 1]) {
      await expect(
        decodeFrame(bytes.subarray(0, length), { codec, layout, offset: 500 }),
        `${length} of ${bytes.length} bytes`,
      ).rejects.toThrow(FormatError);
      refused++;
    }
    expect(refused).toBeGreaterThan(7);
  });

  it.each(compressed)(
    "%s: sizes that contradict the data set are refused",
    async (transferSyntax) => {
      const { bytes, layout } = await frameOf(transferSyntax);
      const codec = codecOf[transferSyntax];
      for (const changes of [{ rows: 40, columns: 48 }, { rows: 4000 }, { samples: 3 as const }]) {
        await expect(
          decodeFrame(bytes, { codec, layout: { ...layout, ...changes }, offset: 500 }),
        ).rejects.toMatchObject({ name: "FormatError", kind: "mismatch", offset: 500 });
      }
    },
  );

  it("decodes again after a failure inside the library", async () => {
    const { bytes, layout } = await frameOf(jpeg2000Lossless);
    const before = await decodeFrame(bytes, { codec: "jpeg-2000", layout, offset: 0 });
    const damaged = bytes.slice();
    for (let i = 90; i < damaged.length - 2; i++) damaged[i] = (i * 37) & 0x7f;
    // Whatever the damaged stream gives, the sound one decodes as before afterwards.
    await decodeFrame(damaged, { codec: "jpeg-2000", layout, offset: 0 }).catch(
      (error: unknown) => {
        expect(error).toBeInstanceOf(FormatError);
      },
    );
    for (const codec of ["jpeg", "jpeg-ls", "htj2k"] as const) {
      await expect(decodeFrame(bytes, { codec, layout, offset: 0 })).rejects.toThrow(FormatError);
    }
    const after = await decodeFrame(bytes, { codec: "jpeg-2000", layout, offset: 0 });
    expect(after.bytes).toEqual(before.bytes);
  });

  it("codes and decodes without loss at all depths, signed and unsigned", async () => {
    await loadCodecs();
    for (const transferSyntax of [...compressed, rleLossless]) {
      for (const [bits, signed] of [
        [8, false],
        [10, false],
        [12, false],
        [12, true],
        [16, false],
        [16, true],
      ] as const) {
        const data = testValues(33 * 29, bits, signed);
        const bytes = await testObject({
          data,
          rows: 33,
          columns: 29,
          bitsStored: bits,
          transferSyntax,
        });
        const { stored } = await readDicom(bytes);
        expect([...(stored.data as Int16Array)], `${transferSyntax} ${bits} ${signed}`).toEqual([
          ...data,
        ]);
      }
    }
  });

  it("reads frames split over fragments by the offset table and by where streams begin", async () => {
    const { file, layout } = await (async () => {
      const data = testValues(3 * 16 * 16, 12, false);
      const bytes = await testObject({
        data,
        rows: 16,
        columns: 16,
        frames: 3,
        bitsStored: 12,
        transferSyntax: jpegLsLossless,
      });
      const parsed = parseDicom(bytes);
      return { file: parsed, layout: pixelLayout(parsed, { maxElements: 2 ** 20 }).layout };
    })();
    const { splitFrames } = await import("./frames.ts");
    const [table, ...frames] = layout.element.fragments!;
    // Each frame cut in two pieces; offsets count item headers of 8 bytes.
    let at = 0;
    const pieces = frames.flatMap(({ bytes }) =>
      [bytes.subarray(0, 20), bytes.subarray(20)].map((part) => {
        const piece = { bytes: part, offset: 1000 + at + 8 };
        at += 8 + part.length;
        return piece;
      }),
    );
    const offsets = new Uint8Array(12);
    [0, 2, 4].forEach((i, f) =>
      new DataView(offsets.buffer).setUint32(4 * f, pieces[i]!.offset - pieces[0]!.offset, true),
    );
    for (const head of [
      { bytes: offsets, offset: 0 },
      { bytes: new Uint8Array(0), offset: 0 },
    ]) {
      const split = splitFrames(file, {
        ...layout,
        element: { ...layout.element, fragments: [head, ...pieces] },
      });
      expect(split.map(({ bytes }) => [...bytes])).toEqual(frames.map(({ bytes }) => [...bytes]));
    }
    expect(() => splitFrames(file, { ...layout, frames: 4 })).toThrow(
      /found 3 fragments, wanted 4 frames/,
    );
    expect(table!.bytes.length).toBe(12);
  });

  it("reads a stream that one byte of anything makes even", async () => {
    const { bytes, layout } = await frameOf(jpegLsLossless);
    const end = bytes.length - (bytes.at(-1) === 0 ? 1 : 0);
    const before = await decodeFrame(bytes, { codec: "jpeg-ls", layout, offset: 0 });
    const odd = Uint8Array.from([...bytes.subarray(0, end), ...(end % 2 ? [0x47] : [0, 0])]);
    // An odd stream is needed: a comment of one byte moves the end by five.
    const comment = [0xff, 0xd8, 0xff, 0xfe, 0, 3, 0x20];
    const shifted = Uint8Array.from(comment.concat([...bytes.subarray(2, end)], 0x47));
    for (const padded of [odd, ...(end % 2 ? [] : [shifted])]) {
      expect(padded.length % 2).toBe(0);
      const after = await decodeFrame(padded, { codec: "jpeg-ls", layout, offset: 0 });
      expect(after.bytes).toEqual(before.bytes);
    }
  });

  it("says that colours called RGB are luma and chroma by their own code stream", async () => {
    const colours = testValues(3 * 16 * 16, 8, false);
    const { dataSet } = parseDicom(
      await testObject({ data: colours, rows: 16, columns: 16, samples: 3, photometric: "RGB" }),
    );
    await loadCodecs();
    const options = { rows: 16, columns: 16, samples: 3, bitsAllocated: 8, bitsStored: 8 };
    const bytes = littleBytes(colours).slice();
    const coded = encodeFrame(bytes, { codec: "jpeg", ...options, signed: false });
    const segment = (marker: number, name: string, rest: number[]) => {
      const body = [...new TextEncoder().encode(name), ...rest];
      return [0xff, marker, 0, body.length + 2, ...body];
    };
    const jfif = segment(0xe0, "JFIF", [0, 1, 1, 0, 0, 1, 0, 1, 0, 0]);
    const adobe = (transform: number) => segment(0xee, "Adobe", [0, 100, 0, 0, 0, 0, transform]);
    const from = coded[3] === 0xe0 || coded[3] === 0xee ? 4 + coded[5]! : 2;
    for (const [extra, said] of [
      [[], false],
      [jfif, true],
      [adobe(0), false],
      [adobe(1), true],
    ] as const) {
      const stream = [0xff, 0xd8, ...extra, ...coded.subarray(from)];
      const { chroma } = jpegHeader(Uint8Array.from(stream), 0);
      expect(chroma).toBe(said);
      if (stream.length % 2) stream.push(0);
      const fragments = [[], stream].map((part) => ({ bytes: Uint8Array.from(part), offset: 0 }));
      const pixels = { ...dataSet.elements.get(0x7fe00010)!, undefinedLength: true, fragments };
      const file = serialiseDicom(new Map([...dataSet.elements, [0x7fe00010, pixels]]), {
        encoding: dataSet.encoding,
        transferSyntax: jpegLossless,
        sopClassUid: testUids.sopClass,
        sopInstanceUid: testUids.instance,
        signedPixels: false,
      });
      const { findings } = await readDicom(file);
      expect(findings.join().includes("luma and chroma")).toBe(said);
    }
  });

  it("puts the colours of JPEG-LS together that stand in scans of their own", async () => {
    await loadCodecs();
    const [rows, columns] = [11, 13];
    const planes = [0, 1, 2].map((c) =>
      Uint8Array.from({ length: rows * columns }, (_, i) => (i * (c + 3) + 40 * c) % 256),
    );
    const scans = planes.map((plane) => {
      const options = { rows, columns, samples: 1, bitsAllocated: 8, bitsStored: 8, signed: false };
      return encodeFrame(plane, { codec: "jpeg-ls", ...options });
    });
    const stream = [0xff, 0xd8, 0xff, 0xf7, 0, 17, 8, 0, rows, 0, columns, 3];
    stream.push(1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0);
    for (const [c, scan] of scans.entries()) {
      const start = scan.findIndex((byte, i) => byte === 0xff && scan[i + 1] === 0xda);
      const end = scan.findLastIndex((byte, i) => byte === 0xff && scan[i + 1] === 0xd9);
      stream.push(0xff, 0xda, 0, 8, 1, c + 1, ...scan.subarray(start + 6, end));
    }
    stream.push(0xff, 0xd9);
    if (stream.length % 2) stream.push(0);
    const colours = Uint8Array.from(
      { length: 3 * rows * columns },
      (_, i) => planes[i % 3]![Math.floor(i / 3)]!,
    );
    const { dataSet } = parseDicom(
      await testObject({ data: colours, rows, columns, samples: 3, photometric: "RGB" }),
    );
    const fragments = [[], stream].map((bytes) => ({ bytes: Uint8Array.from(bytes), offset: 0 }));
    const pixels = { ...dataSet.elements.get(0x7fe00010)!, undefinedLength: true, fragments };
    const file = serialiseDicom(new Map([...dataSet.elements, [0x7fe00010, pixels]]), {
      encoding: dataSet.encoding,
      transferSyntax: jpegLsLossless,
      sopClassUid: testUids.sopClass,
      sopInstanceUid: testUids.instance,
      signedPixels: false,
    });
    expect([...((await readDicom(file)).stored.data as Uint8Array)]).toEqual([...colours]);
  });

  it("refuses what an encoder cannot take before it is asked", async () => {
    await loadCodecs();
    const coded = encodeFrame(new Uint8Array(64), {
      codec: "jpeg-ls",
      rows: 8,
      columns: 8,
      samples: 1,
      bitsAllocated: 8,
      bitsStored: 8,
      signed: false,
    });
    expect(coded.length).toBeGreaterThan(0);
    await expect(
      testObject({
        data: testValues(64, 32, false),
        rows: 8,
        columns: 8,
        transferSyntax: jpegLsLossless,
      }),
    ).rejects.toThrow(/found 1 samples of 32 bits/);
  });
});

describe("newUid", () => {
  it("is legal under 2.25 and fits 128 bits, unlike dcmjs's", () => {
    const uids = Array.from({ length: 2000 }, newUid);
    expect(new Set(uids).size).toBe(2000);
    for (const uid of uids) {
      expect(isUid(uid)).toBe(true);
      expect(BigInt(uid.slice(5)) < 2n ** 128n).toBe(true);
    }
    expect(isUid("2.25.01")).toBe(false);
    expect(isUid("1")).toBe(false);
  });
});
