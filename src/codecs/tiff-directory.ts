/** The directories of a TIFF file [adobe1992tiff], classic and BigTIFF, both byte orders. */
import { FormatError } from "../core/errors.ts";

export type TiffKind = "truncated" | "corrupt" | "unsupported" | "too-large";

export function tiffFail(message: string, kind: TiffKind, offset: number): never {
  throw new FormatError(message, { format: "tiff", kind, offset });
}

export const tags = {
  subfile: 254,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  description: 270,
  stripOffsets: 273,
  samples: 277,
  rowsPerStrip: 278,
  stripCounts: 279,
  xResolution: 282,
  yResolution: 283,
  planar: 284,
  resolutionUnit: 296,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
} as const;

/** Bytes of one value of each field type. */
const widths: Readonly<Record<number, number>> = {
  1: 1,
  2: 1,
  3: 2,
  4: 4,
  5: 8,
  6: 1,
  7: 1,
  8: 2,
  9: 4,
  10: 8,
  11: 4,
  12: 8,
  13: 4,
  16: 8,
  17: 8,
  18: 8,
};

export interface TiffField {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** Byte of the first value. */
  readonly at: number;
}

export interface TiffDirectory {
  readonly offset: number;
  readonly fields: ReadonlyMap<number, TiffField>;
}

export interface TiffFile {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly big: boolean;
  readonly directories: readonly TiffDirectory[];
  /** Why the chain of directories ends before its last one. */
  readonly broken?: FormatError;
}

/** A file with more pages than this is refused: no medical series has them, a loop may. */
const mostDirectories = 16384;

export function isTiff(bytes: Uint8Array): boolean {
  if (bytes.length < 4) return false;
  const [a, b, c, d] = bytes;
  const little = a === 0x49 && b === 0x49 && (c === 42 || c === 43) && d === 0;
  const big = a === 0x4d && b === 0x4d && c === 0 && (d === 42 || d === 43);
  return little || big;
}

/**
 * Follows the chain of directories. Where it leaves the file or returns to itself after the first one,
 * `broken` says how.
 *
 * @throws FormatError when there is no first directory
 */
export function parseTiff(bytes: Uint8Array): TiffFile {
  if (!isTiff(bytes))
    tiffFail("Cannot read a TIFF: found another magic, wanted II or MM and 42 or 43", "corrupt", 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const littleEndian = bytes[0] === 0x49;
  const big = view.getUint16(2, littleEndian) === 43;
  if (bytes.length < (big ? 16 : 8))
    tiffFail(
      `Cannot read a TIFF: found ${bytes.length} bytes, wanted a header`,
      "truncated",
      bytes.length,
    );
  if (big && (view.getUint16(4, littleEndian) !== 8 || view.getUint16(6, littleEndian) !== 0)) {
    tiffFail("Cannot read a BigTIFF: found offsets that are not of 8 bytes", "corrupt", 4);
  }
  const offsetAt = (at: number) =>
    big ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian);
  const [entryBytes, countBytes, nextBytes] = big ? [20, 8, 8] : [12, 2, 4];
  const seen = new Set<number>();
  const directories: TiffDirectory[] = [];
  const follow = (next: number, from: number): number => {
    if (seen.has(next))
      tiffFail(
        `Cannot read a TIFF: found a chain of directories that returns to byte ${next}`,
        "corrupt",
        from,
      );
    if (directories.length >= mostDirectories)
      tiffFail(`Cannot read a TIFF: found more than ${mostDirectories} pages`, "too-large", from);
    seen.add(next);
    if (!(next + countBytes <= bytes.length)) {
      tiffFail(
        `Cannot read a TIFF: found a directory at byte ${next}, beyond the end of the file`,
        "truncated",
        from,
      );
    }
    const count = big
      ? Number(view.getBigUint64(next, littleEndian))
      : view.getUint16(next, littleEndian);
    const end = next + countBytes + count * entryBytes;
    if (!(count >= 1) || !(end + nextBytes <= bytes.length)) {
      if (count < 1)
        tiffFail("Cannot read a TIFF: found a directory without fields", "corrupt", next);
      tiffFail(
        `Cannot read a TIFF directory of ${count} fields: found the end of the file`,
        "truncated",
        bytes.length,
      );
    }
    const fields = new Map<number, TiffField>();
    for (let i = 0; i < count; i++) {
      const at = next + countBytes + i * entryBytes;
      const tag = view.getUint16(at, littleEndian);
      const type = view.getUint16(at + 2, littleEndian);
      const valueCount = big
        ? Number(view.getBigUint64(at + 4, littleEndian))
        : view.getUint32(at + 4, littleEndian);
      const width = widths[type];
      if (width === undefined) continue;
      const inline = at + (big ? 12 : 8);
      const place = valueCount * width <= (big ? 8 : 4) ? inline : offsetAt(inline);
      if (!fields.has(tag)) fields.set(tag, { tag, type, count: valueCount, at: place });
    }
    directories.push({ offset: next, fields });
    return end;
  };
  let broken: FormatError | undefined;
  let from = big ? 8 : 4;
  try {
    for (let next = offsetAt(from); next !== 0; next = offsetAt(from)) from = follow(next, from);
  } catch (error) {
    if (directories.length === 0 || !(error instanceof FormatError)) throw error;
    broken = error;
  }
  if (directories.length === 0)
    tiffFail("Cannot read a TIFF: found no directory", "corrupt", big ? 8 : 4);
  return { bytes, view, littleEndian, big, directories, ...(broken && { broken }) };
}

/**
 * Numbers of a field; undefined when the directory does not have it.
 *
 * @throws FormatError when they lie outside the file
 */
export function valuesOf(
  file: TiffFile,
  directory: TiffDirectory,
  tag: number,
): number[] | undefined {
  const field = directory.fields.get(tag);
  if (field === undefined) return undefined;
  const { view, littleEndian: le } = file;
  const width = widths[field.type]!;
  if (!(field.at + field.count * width <= file.bytes.length)) {
    tiffFail(
      `Cannot read TIFF field ${tag} of ${field.count} values: found the end of the file`,
      "truncated",
      Math.min(field.at, file.bytes.length),
    );
  }
  const read = (at: number): number => {
    switch (field.type) {
      case 3:
        return view.getUint16(at, le);
      case 4:
      case 13:
        return view.getUint32(at, le);
      case 5:
        return view.getUint32(at, le) / view.getUint32(at + 4, le);
      case 6:
        return view.getInt8(at);
      case 8:
        return view.getInt16(at, le);
      case 9:
        return view.getInt32(at, le);
      case 10:
        return view.getInt32(at, le) / view.getInt32(at + 4, le);
      case 11:
        return view.getFloat32(at, le);
      case 12:
        return view.getFloat64(at, le);
      case 16:
      case 17:
      case 18:
        return Number(view.getBigUint64(at, le));
      default:
        return view.getUint8(at);
    }
  };
  return Array.from({ length: field.count }, (_, i) => read(field.at + i * width));
}

/** Bytes of a text that are read unless more are wanted. */
export const longestText = 4096;

/** Text of a field, as UTF-8 where it is such, else as Latin-1. */
export function textOf(
  file: TiffFile,
  directory: TiffDirectory,
  tag: number,
  most = longestText,
): string {
  const field = directory.fields.get(tag);
  if (field === undefined || field.at + field.count > file.bytes.length) return "";
  const codes = file.bytes.subarray(field.at, field.at + Math.min(field.count, most));
  const zero = codes.indexOf(0);
  const text = zero < 0 ? codes : codes.subarray(0, zero);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(text);
  } catch {
    return new TextDecoder("latin1").decode(text);
  }
}
