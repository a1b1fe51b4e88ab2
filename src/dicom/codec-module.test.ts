/** The module called by our own code against the JavaScript that its package brings. */
import { NativeCodecs, Context, log } from "dcmjs-codecs";
import { beforeAll, expect, it } from "vitest";
import { type CodecModule, type ModuleFrame, openCodecModule } from "./codec-module.ts";

let ours: CodecModule;
beforeAll(async () => {
  log.setLevel("silent", false);
  await NativeCodecs.initializeAsync();
  ours = await openCodecModule();
});

/** Samples that repeat and jump, so that predictors and run lengths have something to do. */
function samples(length: number, bits: number): Uint8Array {
  const values = Uint16Array.from(
    { length },
    (_, i) => ((i * i) % 97) * 11 + (i % 13 === 0 ? 2000 : 0),
  );
  const kept = values.map((value) => value % 2 ** bits);
  return bits > 8 ? new Uint8Array(kept.buffer) : Uint8Array.from(kept);
}

it.each([
  ["Jpeg", 12, 1],
  ["JpegLs", 16, 1],
  ["Jpeg2000", 12, 1],
  ["HtJpeg2000", 16, 1],
  ["JpegXl", 8, 1],
  ["Jpeg", 8, 3],
  ["Jpeg2000", 8, 3],
] as const)("%s of %i bits and %i channels: the same bytes both ways", (codec, bits, channels) => {
  const [columns, rows] = [37, 23];
  const frame: ModuleFrame = {
    columns,
    rows,
    bitsAllocated: bits > 8 ? 16 : 8,
    bitsStored: bits,
    samples: channels,
    signed: false,
    photometric: channels === 3 ? "RGB" : "MONOCHROME2",
  };
  const settings = {
    width: columns,
    height: rows,
    bitsAllocated: frame.bitsAllocated,
    bitsStored: bits,
    samplesPerPixel: channels,
    pixelRepresentation: 0,
    planarConfiguration: 0,
    photometricInterpretation: frame.photometric,
  };
  const bytes = samples(columns * rows * channels, bits);
  const theirs = NativeCodecs[`encode${codec}`](
    new Context({ ...settings, decodedBuffer: bytes }),
    {
      lossy: false,
    },
  ).getEncodedBuffer()!;
  const coded = ours.encode(codec, frame, bytes);
  expect(coded).toEqual(theirs);
  const back = ours.decode(codec, frame, { bytes: coded, toRgb: false });
  const wanted = NativeCodecs[`decode${codec}`](new Context({ ...settings, encodedBuffer: coded }));
  expect(back.bytes).toEqual(wanted.getDecodedBuffer());
  expect(back.planar).toBe(wanted.getPlanarConfiguration() === 1);
  // Lossless, where the codec does not turn the colours.
  if (channels === 1) expect(back.bytes).toEqual(bytes);
});

it("says what the module said when a stream is broken", () => {
  const frame = {
    columns: 8,
    rows: 8,
    bitsAllocated: 8,
    bitsStored: 8,
    samples: 1,
    signed: false,
    photometric: "MONOCHROME2",
  };
  const bytes = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);
  expect(() => ours.decode("JpegLs", frame, { bytes, toRgb: false })).toThrow(/\w/);
});
