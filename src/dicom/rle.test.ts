import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FormatError } from "../core/errors.ts";
import { decodeRle, encodeRle } from "./rle.ts";

/** A frame of one segment, by hand. */
function frame(segment: number[]): Uint8Array {
  const bytes = new Uint8Array(64 + segment.length);
  new DataView(bytes.buffer).setUint32(0, 1, true);
  new DataView(bytes.buffer).setUint32(4, 64, true);
  bytes.set(segment, 64);
  return bytes;
}

const one = { samples: 1, bytesPerSample: 1, offset: 1000 };

describe("RLE", () => {
  it("decodes literals, runs and the no-operation of PS3.5 annex G", () => {
    const bytes = frame([2, 10, 20, 30, 0xfe, 7, 0x80, 0, 99]);
    expect([...decodeRle(bytes, { ...one, pixels: 7 })]).toEqual([10, 20, 30, 7, 7, 7, 99]);
  });

  it("puts the most significant byte first and samples apart", () => {
    const bytes = new Uint8Array(64 + 4);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 2, true);
    view.setUint32(4, 64, true);
    view.setUint32(8, 66, true);
    bytes.set([0, 0x12, 0, 0x34], 64);
    const out = decodeRle(bytes, { pixels: 1, samples: 1, bytesPerSample: 2, offset: 0 });
    expect(new DataView(out.buffer).getUint16(0, true)).toBe(0x1234);
  });

  it("gives back what it packed, for all sample sizes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom(1, 2, 4),
        fc.constantFrom(1, 3),
        fc.infiniteStream(
          fc.oneof(fc.constant(0), fc.constant(0), fc.integer({ min: 0, max: 255 })),
        ),
        (columns, rows, bytesPerSample, samples, stream) => {
          const count = columns * rows * bytesPerSample * samples;
          const bytes = Uint8Array.from({ length: count }, () => stream.next().value as number);
          const packed = encodeRle(bytes, { columns, samples, bytesPerSample });
          const back = decodeRle(packed, {
            pixels: columns * rows,
            samples,
            bytesPerSample,
            offset: 0,
          });
          expect(back).toEqual(bytes);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("refuses what is cut or points outside, with the byte offset", () => {
    const failure = (bytes: Uint8Array, pixels = 3) => {
      try {
        decodeRle(bytes, { ...one, pixels });
      } catch (error) {
        return error as FormatError;
      }
      throw new Error("decoded");
    };
    expect(failure(new Uint8Array(10))).toMatchObject({ kind: "truncated", offset: 1000 });
    expect(failure(frame([1, 5, 6]))).toMatchObject({ kind: "truncated", offset: 1067 });
    const wrong = frame([1, 5, 6]);
    new DataView(wrong.buffer).setUint32(4, 9999, true);
    expect(failure(wrong)).toMatchObject({ kind: "corrupt", offset: 1004 });
    const many = frame([1, 5, 6]);
    new DataView(many.buffer).setUint32(0, 2, true);
    expect(failure(many).message).toContain("found 2 segments, wanted 1");
  });
});
