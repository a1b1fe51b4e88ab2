/**
 * Pixel data without what hides beside the pixels: text in bits that are not stored, behind the last pixel or
 * code stream, in comments of code streams and in offset tables. Pixel values stay as they are.
 */
import { bytesElement } from "./build.ts";
import { withoutComments } from "./code-stream-comments.ts";
import { deflateDataSet, inflateRaw } from "./deflate.ts";
import { codestreamStart, jpeg2000Header, jpegHeader } from "./codestream.ts";
import type { DicomElement, Fragment } from "./elements.ts";
import { offsetTable } from "./encode-pixels.ts";
import { swapBytes } from "../codecs/elements.ts";
import { splitFrames } from "./frames.ts";
import type { DicomFile } from "./parse.ts";
import { nativeBytes, type PixelLayout, pixelLayout, samplesPerFrame } from "./pixels.ts";
import { decodeRle, encodeRle } from "./rle.ts";

export interface CleanPixels {
  /** The element to write, little endian; absent where the object has no pixels. */
  readonly element?: DicomElement;
  /** What was cleared, one sentence each. */
  readonly cleared: readonly string[];
  /** What may still hide something, one sentence each. */
  readonly left: readonly string[];
}

/** @throws FormatError when the pixels are not what the data set says */
export function cleanPixels(file: DicomFile): CleanPixels {
  const { elements } = file.dataSet;
  if (![0x7fe00008, 0x7fe00009, 0x7fe00010].some((tag) => elements.has(tag)))
    return { cleared: [], left: [] };
  const { layout } = pixelLayout(file, { maxElements: Number.MAX_SAFE_INTEGER });
  const { element } = layout;
  const said = { cleared: new Set<string>(), left: new Set<string>() };
  const clean = element.fragments
    ? cleanFragments(file, layout, said)
    : cleanNative(file, layout, said);
  return { element: clean, cleared: [...said.cleared], left: [...said.left] };
}

interface Said {
  readonly cleared: Set<string>;
  readonly left: Set<string>;
}

const behindPixels = "bytes behind the last pixel";

function cleanNative(file: DicomFile, layout: PixelLayout, said: Said): DicomElement {
  const { element } = layout;
  const little = (element.encoding ?? file.dataSet.encoding).littleEndian;
  // Eight-bit samples travel in 16-bit words when the representation says OW.
  const unit = layout.bitsAllocated <= 8 ? (element.vr === "OW" ? 2 : 1) : layout.bitsAllocated / 8;
  const value = element.value.slice();
  if (!little) swapBytes(value, unit);
  const wanted = nativeBytes(layout);
  if (value.subarray(wanted).some((byte) => byte !== 0) || value.length > wanted + 1) {
    said.cleared.add(behindPixels);
  }
  const pixels = value.subarray(0, wanted);
  clearBits(pixels, layout, said);
  return bytesElement(element.tag, element.vr === "UN" ? "OW" : element.vr, pixels);
}

/** Clears, in place, the bits of samples that are not stored, and those behind the last single bit. */
function clearBits(bytes: Uint8Array, layout: PixelLayout, said: Said): void {
  const { bitsAllocated, bitsStored, highBit, signed, type } = layout;
  if (type !== "integer") return;
  if (bitsAllocated === 1) {
    const bits = samplesPerFrame(layout) * layout.frames;
    const keep = bits % 8 === 0 ? 0xff : (1 << (bits % 8)) - 1;
    const last = Math.ceil(bits / 8) - 1;
    if (last < bytes.length && (bytes[last]! & ~keep) !== 0) {
      bytes[last]! &= keep;
      said.cleared.add(behindPixels);
    }
    return;
  }
  if (bitsStored === bitsAllocated) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bitsAllocated / 8;
  const low = highBit - bitsStored + 1;
  const mask = bitsStored === 32 ? 0xffffffff : 2 ** bitsStored - 1;
  const all = bitsAllocated === 32 ? 0xffffffff : 2 ** bitsAllocated - 1;
  let hidden = false;
  for (let at = 0; at + size <= bytes.length; at += size) {
    const raw =
      size === 1 ? bytes[at]! : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
    const field = (raw >>> low) & mask;
    // The sign of a number stands in all bits above it, or in none: either is nothing hidden.
    const negative = signed && (field & (1 << (bitsStored - 1))) !== 0;
    const plain = (field << low) >>> 0;
    const extended = negative ? ((all & ~((2 ** (highBit + 1) - 1) >>> 0)) | plain) >>> 0 : plain;
    if (raw === extended) continue;
    if (raw !== plain) hidden = true;
    if (size === 1) bytes[at] = extended;
    else if (size === 2) view.setUint16(at, extended, true);
    else view.setUint32(at, extended, true);
  }
  if (hidden) {
    said.cleared.add(`bits outside the ${bitsStored} that are stored of each pixel`);
  }
}

function cleanFragments(file: DicomFile, layout: PixelLayout, said: Said): DicomElement {
  const { element } = layout;
  const { codec } = file.syntax;
  const [table, ...pieces] = element.fragments!;
  if (codec === undefined) {
    said.left.add("compressed pixels of a kind that cannot be decoded went out as they are");
    return element;
  }
  if (codec === "none" || !file.syntax.encapsulated) {
    const whole = { ...element, value: joined(pieces) };
    const { value } = cleanNative(file, { ...layout, element: whole }, said);
    const size = nativeBytes({ ...layout, frames: 1 });
    const frames = Array.from({ length: layout.frames }, (_, f) => ({
      bytes: value.slice(f * size, (f + 1) * size),
      offset: 0,
    }));
    return withFrames(element, frames, table);
  }
  const frames = splitFrames(file, layout).map((frame) => cleanFrame(frame, codec, layout, said));
  return withFrames(element, frames, table);
}

function joined(pieces: readonly Fragment[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, { bytes }) => sum + bytes.length, 0));
  let at = 0;
  for (const { bytes } of pieces) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** Frames one by one, with a table of offsets of their own where there was one. */
function withFrames(
  element: DicomElement,
  frames: readonly Fragment[],
  table: Fragment | undefined,
): DicomElement {
  const empty = { bytes: new Uint8Array(0), offset: 0 };
  return {
    ...element,
    fragments: [(table?.bytes.length ?? 0) > 0 ? offsetTable(frames) : empty, ...frames],
  };
}

function cleanFrame(
  frame: Fragment,
  codec: NonNullable<DicomFile["syntax"]["codec"]>,
  layout: PixelLayout,
  said: Said,
): Fragment {
  const { bytes, offset } = frame;
  const one = { ...layout, frames: 1 };
  if (codec === "deflate") {
    const size = nativeBytes(one);
    const plain = inflateRaw(bytes, { offset, limit: size + 2 ** 20, what: "a DICOM frame" });
    if (plain.subarray(size).some((byte) => byte !== 0)) said.cleared.add(behindPixels);
    const pixels = plain.slice(0, size);
    clearBits(pixels, one, said);
    return { bytes: deflateDataSet(pixels), offset };
  }
  if (codec === "rle") {
    const { samples, columns, rows } = layout;
    const bytesPerSample = layout.bitsAllocated / 8;
    const pixels = decodeRle(bytes, { pixels: rows * columns, samples, bytesPerSample, offset });
    clearBits(pixels, one, said);
    // Packed anew: nothing behind or between the segments goes along.
    return { bytes: encodeRle(pixels, { columns, samples, bytesPerSample }), offset };
  }
  if (codec === "jpeg-xl") {
    said.left.add("code streams of JPEG XL are not searched for what is no pixel");
    return frame;
  }
  const wavelet = codec === "jpeg-2000" || codec === "htj2k";
  const start = wavelet ? codestreamStart(bytes, offset) : 0;
  const clean = withoutComments(bytes.subarray(start), wavelet ? "jpeg-2000" : "jpeg");
  // A stream must end where it says: what stood behind is away by now.
  const header = (wavelet ? jpeg2000Header : jpegHeader)(clean.bytes, offset);
  if (layout.type === "integer" && header.precision > layout.bitsStored) {
    said.left.add(
      `the code streams have ${header.precision} bits where ${layout.bitsStored} are stored: what is in the others went out as it is`,
    );
  }
  if (start > 0) said.cleared.add("boxes before a code stream");
  if (clean.comments) said.cleared.add("comments within code streams");
  if (clean.behind) said.cleared.add("bytes behind a code stream");
  return { bytes: clean.bytes, offset };
}
