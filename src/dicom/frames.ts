/** Frames of pixel data as little-endian samples, whatever the transfer syntax. */
import { throwIfAborted } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { decodeFrame } from "./codecs.ts";
import { inflateRaw } from "./deflate.ts";
import { swapBytes } from "../codecs/elements.ts";
import type { Fragment } from "./elements.ts";
import { numbersOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import type { DicomFile } from "./parse.ts";
import { isSubsampled, nativeBytes, type PixelLayout, samplesPerFrame } from "./pixels.ts";
import { decodeRle } from "./rle.ts";

export interface Frames {
  /** Layout of the frames as they are now: planar configuration and photometric interpretation may have changed. */
  readonly layout: PixelLayout;
  /** Little-endian samples of all frames; native 4:2:2 pairs and single bits as the file has them. */
  readonly bytes: Uint8Array;
  readonly findings: readonly string[];
}

/**
 * Decodes all frames.
 *
 * @throws FormatError when the data is cut, damaged or of an unsupported kind
 */
export async function decodeFrames(
  file: DicomFile,
  layout: PixelLayout,
  work: WorkOptions = {},
): Promise<Frames> {
  const findings: string[] = [];
  const { element } = layout;
  if (!element.fragments) {
    if (file.syntax.encapsulated && file.syntax.codec !== "none") {
      throw dicomError(
        "corrupt",
        element.offset,
        `Cannot read DICOM pixels: found them bare under ${file.syntax.title}, wanted fragments`,
      );
    }
    return { layout, bytes: nativeFrames(file, layout, element.value, findings), findings };
  }
  const { codec } = file.syntax;
  if (!codec) {
    throw dicomError(
      "unsupported",
      element.offset,
      `Cannot decode DICOM pixels: found ${file.syntax.title} (${file.syntax.uid}), wanted a syntax that can be decoded`,
    );
  }
  if (layout.type !== "integer") {
    throw dicomError(
      "unsupported",
      element.offset,
      "Cannot decode DICOM pixels: found compressed floating point, wanted integers",
    );
  }
  if (codec === "none" || !file.syntax.encapsulated) {
    const [, ...pieces] = element.fragments;
    return { layout, bytes: nativeFrames(file, layout, joined(pieces), findings), findings };
  }
  const frames = splitFrames(file, layout);
  if (codec === "deflate") return deflatedFrames(frames, layout, findings);
  const size = (samplesPerFrame(layout) * layout.bitsAllocated) / 8;
  if (layout.bitsAllocated === 1) {
    throw dicomError(
      "unsupported",
      element.offset,
      "Cannot decode DICOM pixels: found compressed single bits, wanted 8 or 16 bits allocated",
    );
  }
  // A single frame is taken as its decoder gives it.
  let bytes = new Uint8Array(frames.length === 1 ? 0 : size * layout.frames);
  const keep = (decoded: Uint8Array, index: number) => {
    if (frames.length > 1) bytes.set(decoded, index * size);
    else bytes = decoded as Uint8Array<ArrayBuffer>;
  };
  let planar = false;
  let photometric = layout.photometric;
  for (const [index, frame] of frames.entries()) {
    throwIfAborted(work.signal, "reading DICOM frames");
    if (codec === "rle") {
      const decoded = decodeRle(frame.bytes, {
        pixels: layout.rows * layout.columns,
        samples: layout.samples,
        bytesPerSample: layout.bitsAllocated / 8,
        offset: frame.offset,
      });
      keep(decoded, index);
    } else {
      const decoded = await decodeFrame(frame.bytes, { codec, layout, offset: frame.offset });
      keep(decoded.bytes, index);
      planar = decoded.planar;
      const { header } = decoded;
      if (index === 0 && header && header.precision !== layout.bitsStored) {
        findings.push(
          `the code stream has ${header.precision} bits, the data set says ${layout.bitsStored}`,
        );
      }
      if (index === 0 && codec === "jpeg" && header?.chroma && photometric === "RGB") {
        findings.push(
          "the code stream says luma and chroma, the data set RGB, which is believed: colours may be wrong",
        );
      }
      if (
        index === 0 &&
        header &&
        codec !== "jpeg" &&
        codec !== "jpeg-ls" &&
        header.signed !== layout.signed
      ) {
        findings.push(
          `the code stream is ${header.signed ? "signed" : "unsigned"}, the data set says otherwise`,
        );
      }
      // The multiple component transforms of JPEG 2000 are undone by the codec, as is JPEG's.
      if (photometric === "YBR_RCT" || photometric === "YBR_ICT") photometric = "RGB";
      if (codec === "jpeg" && photometric.startsWith("YBR_FULL")) photometric = "RGB";
    }
  }
  // Every codec gives chroma at full resolution.
  if (photometric === "YBR_FULL_422") photometric = "YBR_FULL";
  return { layout: { ...layout, planar, photometric }, bytes, findings };
}

/** Frames that are native but for a deflate stream around each. */
function deflatedFrames(
  frames: readonly Fragment[],
  layout: PixelLayout,
  findings: string[],
): Frames {
  const size = nativeBytes({ ...layout, frames: 1 });
  const bytes = new Uint8Array(size * frames.length);
  for (const [index, { bytes: packed, offset }] of frames.entries()) {
    // A byte makes the length even.
    const frame = inflateRaw(packed, { offset, limit: size + 1, what: "a DICOM frame" });
    if (frame.length < size) {
      throw dicomError(
        "truncated",
        offset,
        `Cannot inflate a DICOM frame: found ${frame.length} bytes, wanted ${size} for ${layout.rows} × ${layout.columns} × ${layout.samples} of ${layout.bitsAllocated} bits`,
      );
    }
    bytes.set(frame.subarray(0, size), index * size);
  }
  if (layout.bitsAllocated > 1) return { layout, bytes, findings };
  // Every frame begins at a byte here, and where its neighbour ends in native pixels.
  const pixels = samplesPerFrame(layout);
  const samples = new Uint8Array(pixels * frames.length);
  for (let i = 0; i < samples.length; i++) {
    const [frame, bit] = [Math.floor(i / pixels), i % pixels];
    samples[i] = (bytes[frame * size + (bit >> 3)]! >> (bit & 7)) & 1;
  }
  return { layout: { ...layout, bitsAllocated: 8, highBit: 0 }, bytes: samples, findings };
}

function nativeFrames(
  file: DicomFile,
  layout: PixelLayout,
  value: Uint8Array,
  findings: string[],
): Uint8Array {
  const wanted = nativeBytes(layout);
  const { element } = layout;
  if (value.length < wanted) {
    throw dicomError(
      "truncated",
      element.offset + value.length,
      `Cannot read DICOM pixels: found ${value.length} bytes, wanted ${wanted} for ${layout.frames} frames of ${layout.rows} × ${layout.columns} × ${isSubsampled(layout) ? 2 : layout.samples} of ${layout.bitsAllocated} bits`,
    );
  }
  if (value.length > wanted + 1) {
    findings.push(`${value.length - wanted} bytes behind the last frame are ignored`);
  }
  const bytes = value.subarray(0, wanted);
  const privateBigEndian = file.syntax.uid === "1.2.840.113619.5.2";
  if ((element.encoding ?? file.dataSet.encoding).littleEndian && !privateBigEndian) return bytes;
  // Eight-bit samples travel in 16-bit words when the representation says OW.
  const unit = layout.bitsAllocated <= 8 ? (element.vr === "OW" ? 2 : 1) : layout.bitsAllocated / 8;
  if (unit === 1) return bytes;
  const source = value.subarray(0, Math.min(value.length, wanted + (wanted % unit)));
  const out = new Uint8Array(Math.ceil(source.length / unit) * unit);
  out.set(source);
  swapBytes(out, unit);
  return out.subarray(0, wanted);
}

function joined(pieces: readonly Fragment[]): Uint8Array {
  if (pieces.length === 1) return pieces[0]!.bytes;
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.bytes.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece.bytes, at);
    at += piece.bytes.length;
  }
  return out;
}

/** One code stream for each frame, by the offset tables, or by where streams begin. */
export function splitFrames(file: DicomFile, layout: PixelLayout): Fragment[] {
  const [table, ...pieces] = layout.element.fragments ?? [];
  const starts = frameStarts(file, layout, { table, pieces });
  return starts.map((start, i) => {
    const group = pieces.slice(start, starts[i + 1]);
    return { bytes: joined(group), offset: group[0]!.offset };
  });
}

/**
 * Index of the first fragment of every frame.
 *
 * @param fragments of the pieces only the first two bytes and the offset are looked at
 * @throws FormatError when there are too few fragments, or they cannot be told apart
 */
export function frameStarts(
  file: DicomFile,
  layout: Pick<PixelLayout, "element" | "frames">,
  fragments: { table: Fragment | undefined; pieces: readonly Fragment[] },
): number[] {
  const { element, frames } = layout;
  const { table, pieces } = fragments;
  if (!table || pieces.length === 0) {
    throw dicomError(
      "truncated",
      element.offset,
      `Cannot read DICOM pixels: found no fragment, wanted ${frames} frames`,
    );
  }
  if (frames === 1) return [0];
  if (pieces.length === frames) return pieces.map((_, i) => i);
  if (pieces.length < frames) {
    const last = pieces.at(-1)!;
    throw dicomError(
      "truncated",
      last.offset + last.bytes.length,
      `Cannot read DICOM pixels: found ${pieces.length} fragments, wanted ${frames} frames`,
    );
  }
  const starts = tableStarts(file, table, pieces, frames) ?? streamStarts(pieces);
  if (starts.length !== frames) {
    throw dicomError(
      "corrupt",
      element.offset,
      `Cannot read DICOM pixels: found ${starts.length} frames in ${pieces.length} fragments, wanted ${frames}`,
    );
  }
  return starts;
}

function tableStarts(
  file: DicomFile,
  table: Fragment,
  pieces: readonly Fragment[],
  frames: number,
): number[] | undefined {
  const extended = numbersOf(file.dataSet, 0x7fe00001, "UV");
  let offsets = extended;
  if (extended.length !== frames) {
    if (table.bytes.length < 4 * frames) return undefined;
    const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
    offsets = Array.from({ length: frames }, (_, i) => view.getUint32(4 * i, true));
  }
  // Offsets count from the first item tag behind the table.
  const origin = pieces[0]!.offset;
  const index = new Map(pieces.map((piece, i) => [piece.offset - origin, i]));
  const starts: number[] = [];
  for (const offset of offsets) {
    const start = index.get(offset);
    if (start === undefined || (starts.length > 0 && start <= starts.at(-1)!)) return undefined;
    starts.push(start);
  }
  return starts[0] === 0 ? starts : undefined;
}

function streamStarts(pieces: readonly Fragment[]): number[] {
  const starts: number[] = [];
  for (const [i, { bytes }] of pieces.entries()) {
    const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
    const jpeg2000 = bytes[0] === 0xff && bytes[1] === 0x4f;
    if (i === 0 || jpeg || jpeg2000) starts.push(i);
  }
  return starts;
}
