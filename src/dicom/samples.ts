/** Frames to samples: integers masked and sign-extended by Bits Stored, colours interleaved as RGB. */
import type { StoredArray, StoredType } from "../core/stored.ts";
import type { DataSet } from "./elements.ts";
import { numbersOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import type { Frames } from "./frames.ts";
import { isSubsampled, pairsInRow, type PixelLayout } from "./pixels.ts";
import { expandedSegments } from "./segmented-palette.ts";

export interface Samples {
  /** All frames, row-major, components side by side. */
  readonly data: StoredArray & ArrayLike<number>;
  readonly type: StoredType;
  readonly components: 1 | 3;
  /** Significant bits. */
  readonly bits: number;
  readonly findings: readonly string[];
}

type NumberArray = Exclude<StoredArray, BigInt64Array | BigUint64Array>;

function alignedBuffer(bytes: Uint8Array, unit: number): { buffer: ArrayBuffer; offset: number } {
  if (bytes.byteOffset % unit === 0) {
    return { buffer: bytes.buffer as ArrayBuffer, offset: bytes.byteOffset };
  }
  const copy = bytes.slice();
  return { buffer: copy.buffer as ArrayBuffer, offset: 0 };
}

/** Samples as the file orders them. */
function plainSamples(frames: Frames, findings: string[]): { data: NumberArray; type: StoredType } {
  const { layout, bytes } = frames;
  const { bitsAllocated, bitsStored, highBit, signed } = layout;
  if (bitsAllocated === 1) {
    const count = layout.rows * layout.columns * layout.frames * layout.samples;
    const data = new Uint8Array(count);
    for (let i = 0; i < count; i++) data[i] = (bytes[i >> 3]! >> (i & 7)) & 1;
    return { data, type: "uint8" };
  }
  const unit = bitsAllocated / 8;
  const { buffer, offset } = alignedBuffer(bytes, unit);
  const count = Math.floor(bytes.length / unit);
  if (layout.type === "float32")
    return { data: new Float32Array(buffer, offset, count), type: "float32" };
  if (layout.type === "float64")
    return { data: new Float64Array(buffer, offset, count), type: "float64" };
  const raw: NumberArray =
    unit === 1
      ? signed
        ? new Int8Array(buffer, offset, count)
        : new Uint8Array(buffer, offset, count)
      : unit === 2
        ? signed
          ? new Int16Array(buffer, offset, count)
          : new Uint16Array(buffer, offset, count)
        : signed
          ? new Int32Array(buffer, offset, count)
          : new Uint32Array(buffer, offset, count);
  const type = `${signed ? "int" : "uint"}${bitsAllocated}` as StoredType;
  if (bitsStored === bitsAllocated) return { data: raw, type };
  const up = 31 - highBit;
  const down = 32 - bitsStored;
  const below = highBit - bitsStored + 1;
  let foreign = 0;
  let data = raw;
  for (let i = 0; i < count; i++) {
    const value = raw[i]!;
    const kept = signed ? (value << up) >> down : (value << up) >>> down;
    if (kept === value) continue;
    // Copied at the first difference only: most files leave the spare bits clean.
    if (data === raw) data = raw.slice();
    data[i] = kept;
    // A negative number with its spare bits at zero has nothing foreign in it.
    if (
      below > 0 ||
      (value & (bitsAllocated === 32 ? -1 : 2 ** bitsAllocated - 1)) >>> (highBit + 1) !== 0
    )
      foreign++;
  }
  if (foreign > 0 && below === 0) {
    findings.push(
      `${foreign} samples use bits outside Bits Stored (${bitsStored}, high bit ${highBit}), which are not part of the value`,
    );
  }
  return { data, type };
}

/**
 * Samples of decoded frames; YBR and palettes become RGB, the colours of a pixel side by side.
 *
 * @throws FormatError when a palette is missing or damaged
 */
export function samplesOf(frames: Frames, set: DataSet): Samples {
  const { layout } = frames;
  const findings: string[] = [];
  if (isSubsampled(layout)) {
    return { data: unpaired(frames), type: "uint8", components: 3, bits: 8, findings };
  }
  const { data, type } = plainSamples(frames, findings);
  if (layout.photometric === "PALETTE COLOR") return { ...coloured(data, set, layout), findings };
  const interleaved = layout.planar ? interleave(data, layout) : data;
  const colour = layout.photometric.startsWith("YBR");
  return {
    data: colour ? rgbOf(interleaved, layout) : interleaved,
    type,
    components: layout.samples,
    bits: layout.bitsStored,
    findings,
  };
}

function interleave(data: NumberArray, layout: PixelLayout): NumberArray {
  const pixels = layout.rows * layout.columns;
  const out = data.slice();
  for (let f = 0; f < layout.frames; f++) {
    const base = f * pixels * 3;
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < pixels; i++) out[base + 3 * i + c] = data[base + c * pixels + i]!;
    }
  }
  return out;
}

/** YBR_FULL to RGB [nema2024ps33] (C.7.6.3.1.2), rounded to whole numbers. */
function rgbOf(data: NumberArray, layout: PixelLayout): NumberArray {
  const out = data.slice();
  const top = 2 ** layout.bitsStored - 1;
  const middle = 2 ** (layout.bitsStored - 1);
  for (let i = 0; i + 2 < data.length; i += 3) {
    const y = data[i]!;
    const cb = data[i + 1]! - middle;
    const cr = data[i + 2]! - middle;
    out[i] = clamp(y + 1.402 * cr, top);
    out[i + 1] = clamp(y - 0.344136 * cb - 0.714136 * cr, top);
    out[i + 2] = clamp(y + 1.772 * cb, top);
  }
  return out;
}

function clamp(value: number, top: number): number {
  return Math.max(0, Math.min(top, Math.round(value)));
}

/** Pairs Y Y Cb Cr to RGB pixels; the second pixel takes the first's chroma. */
function unpaired(frames: Frames): Uint8Array {
  const { layout, bytes } = frames;
  const { columns } = layout;
  const rows = layout.rows * layout.frames;
  const pairs = pairsInRow(layout);
  const ybr = new Uint8Array(3 * rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * pairs + (column >> 1));
      const to = 3 * (row * columns + column);
      ybr[to] = bytes[at + (column & 1)]!;
      ybr[to + 1] = bytes[at + 2]!;
      ybr[to + 2] = bytes[at + 3]!;
    }
  }
  return rgbOf(ybr, layout) as Uint8Array;
}

export interface LookupTable {
  /** Stored value of the first entry. */
  readonly first: number;
  readonly values: Uint16Array;
  readonly bits: number;
}

/**
 * A lookup table from its descriptor and its data, plain or segmented.
 *
 * @throws FormatError when it is missing, damaged or shorter than it says
 */
export function lookupTable(
  set: DataSet,
  tags: { descriptor: number; data: number; segmented?: number; signed: boolean; offset: number },
): LookupTable {
  const [count, , bits] = numbersOf(set, tags.descriptor, "US");
  const first = numbersOf(set, tags.descriptor, tags.signed ? "SS" : "US")[1];
  const segmented = tags.segmented !== undefined && !set.elements.has(tags.data);
  const tag = segmented ? tags.segmented! : tags.data;
  const element = set.elements.get(tag);
  if (count === undefined || first === undefined || bits === undefined || !element) {
    throw dicomError(
      "corrupt",
      tags.offset,
      "Cannot read a DICOM lookup table: found no descriptor or data, wanted both",
    );
  }
  const entries = count === 0 ? 65536 : count;
  const words = (wide: boolean) => numbersOf(set, tag, wide ? "US" : "OB");
  let values: Uint16Array;
  if (segmented) {
    const expanded = expandedSegments(words(bits > 8), bits > 8);
    if (!(expanded instanceof Uint16Array)) {
      throw dicomError(
        "corrupt",
        element.offset + expanded.at * (bits > 8 ? 2 : 1),
        `Cannot read a segmented DICOM lookup table: found ${expanded.reason}, wanted segments of ${entries} entries`,
      );
    }
    values = expanded;
  } else {
    // Eight-bit entries may be packed two to a word.
    values = Uint16Array.from(words(bits > 8 || element.value.length >= 2 * entries));
  }
  if (values.length < entries) {
    throw dicomError(
      "truncated",
      element.offset,
      `Cannot read a DICOM lookup table: found ${values.length} entries, wanted ${entries}`,
    );
  }
  return { first, values: values.subarray(0, entries), bits };
}

function coloured(data: NumberArray, set: DataSet, layout: PixelLayout): Omit<Samples, "findings"> {
  const { offset } = layout.element;
  const tables = [0, 1, 2].map((c) =>
    lookupTable(set, {
      descriptor: 0x00281101 + c,
      data: 0x00281201 + c,
      segmented: 0x00281221 + c,
      signed: layout.signed,
      offset,
    }),
  );
  // Eight-bit colours usually stand in the high byte of 16-bit entries, with or without their copy below.
  const coarse = tables.every(({ values }) => values.every((v) => v % 256 === 0 || v % 257 === 0));
  const plain = tables.every(({ bits, values }) => bits <= 8 || values.every((v) => v < 256));
  const wide = !coarse && !plain;
  const down = coarse && !plain ? 8 : 0;
  const out = wide ? new Uint16Array(3 * data.length) : new Uint8Array(3 * data.length);
  for (const [c, { first, values }] of tables.entries()) {
    const last = values.length - 1;
    for (let i = 0; i < data.length; i++) {
      out[3 * i + c] = values[Math.max(0, Math.min(last, data[i]! - first))]! >> down;
    }
  }
  return { data: out, type: wide ? "uint16" : "uint8", components: 3, bits: wide ? 16 : 8 };
}
