/**
 * Elements from bytes [nema2024ps35]. Every length is held against the bytes that are there before it is
 * believed, depth and number of elements are bounded, and no value is copied.
 */
import { messageOf } from "../core/errors.ts";
import { standardVr, tagText } from "./dictionary.ts";
import type { DicomElement, DicomItem, Encoding, Fragment } from "./elements.ts";
import { dicomError } from "./failure.ts";

const maxDepth = 48;
const maxElements = 1_000_000;
export const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const pixelData = 0x7fe00010;

// Explicit VRs with a 16-bit length; all others have two reserved bytes and a 32-bit length.
export const shortVrs = new Set(
  "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);
export const longVrs = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

/** Bytes on their way to elements. */
export interface Parsing {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly findings: string[];
  /** Reads no further than this element, for those who want the header alone. */
  readonly stopAt: number;
  count: number;
  position: number;
}

/** Whether the two bytes at `at` are capital letters, as value representations are. */
export function isVr(bytes: Uint8Array, at: number): boolean {
  const a = bytes[at]!;
  const b = bytes[at + 1]!;
  return a >= 0x41 && a <= 0x5a && b >= 0x41 && b <= 0x5a;
}

/** "??", which older toolkits write in place of UN, with a short length. */
const unknownVr = 0x3f3f;

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
  readonly start: number;
  /** The element was met in implicit form inside an explicit data set. */
  readonly implicit: boolean;
}

/** The header of the element at `p.position`, which stays where it is. */
export function readHeader(p: Parsing, encoding: Encoding, end: number): Header {
  const { view, bytes } = p;
  const at = p.position;
  const little = encoding.littleEndian;
  if (at + 8 > end) {
    throw dicomError(
      "truncated",
      at,
      `Cannot read a DICOM element: found ${end - at} bytes, wanted a header of 8`,
    );
  }
  const tag = view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little);
  if (tag >>> 16 === 0xfffe) {
    return { tag, vr: "", length: view.getUint32(at + 4, little), start: at + 8, implicit: true };
  }
  const unknown = encoding.explicit && view.getUint16(at + 4) === unknownVr;
  if (!encoding.explicit || !(unknown || isVr(bytes, at + 4))) {
    return {
      tag,
      vr: standardVr(tag),
      length: view.getUint32(at + 4, little),
      start: at + 8,
      implicit: true,
    };
  }
  const vr = unknown ? "UN" : String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
  const long =
    !unknown && (longVrs.has(vr) || (!shortVrs.has(vr) && view.getUint16(at + 6, little) === 0));
  if (!long) {
    return { tag, vr, length: view.getUint16(at + 6, little), start: at + 8, implicit: false };
  }
  if (at + 12 > end) {
    throw dicomError(
      "truncated",
      at,
      `Cannot read DICOM element ${tagText(tag)}: found ${end - at} bytes, wanted a header of 12`,
    );
  }
  return { tag, vr, length: view.getUint32(at + 8, little), start: at + 12, implicit: false };
}

function readItems(p: Parsing, encoding: Encoding, end: number, depth: number, open: boolean) {
  const items: DicomItem[] = [];
  while (p.position < end) {
    const at = p.position;
    const header = readHeader(p, encoding, end);
    if (header.tag === sequenceEnd && open) {
      p.position = header.start;
      return items;
    }
    if (header.tag !== item) {
      throw dicomError(
        "corrupt",
        at,
        `Cannot read a DICOM sequence: found ${tagText(header.tag)}, wanted an item`,
      );
    }
    p.position = header.start;
    if (header.length === undefinedLength) {
      items.push({
        elements: readElements(p, encoding, end, depth + 1, true),
        offset: header.start,
      });
    } else {
      const stop = checkedEnd(header, end);
      items.push({
        elements: readElements(p, encoding, stop, depth + 1, false),
        offset: header.start,
      });
      p.position = stop;
    }
  }
  if (open) {
    throw dicomError(
      "truncated",
      end,
      "Cannot read a DICOM sequence: found the end of the data, wanted a sequence delimiter",
    );
  }
  return items;
}

function readFragments(p: Parsing, encoding: Encoding, end: number): Fragment[] {
  const fragments: Fragment[] = [];
  while (p.position < end) {
    const at = p.position;
    if (end - at < 8) break;
    const header = readHeader(p, encoding, end);
    p.position = header.start;
    if (header.tag === sequenceEnd) return fragments;
    if (header.tag !== item) {
      throw dicomError(
        "corrupt",
        at,
        `Cannot read encapsulated pixel data: found ${tagText(header.tag)}, wanted a fragment`,
      );
    }
    const stop = checkedEnd(header, end);
    fragments.push({ bytes: p.bytes.subarray(header.start, stop), offset: header.start });
    p.position = stop;
  }
  p.findings.push("the encapsulated pixel data ends without its sequence delimiter");
  p.position = end;
  return fragments;
}

function checkedEnd(header: Header, end: number): number {
  const stop = header.start + header.length;
  if (stop > end) {
    throw dicomError(
      "truncated",
      header.start,
      `Cannot read DICOM element ${tagText(header.tag)}: found ${end - header.start} bytes, wanted ${header.length}`,
    );
  }
  return stop;
}

/** A sequence of defined length; one that does not parse is kept as bytes, for nothing depends on it. */
function closedItems(
  p: Parsing,
  header: Header,
  encoding: Encoding,
  depth: number,
): DicomItem[] | undefined {
  const stop = header.start + header.length;
  const count = p.count;
  try {
    p.position = header.start;
    return readItems(p, encoding, stop, depth, false);
  } catch (error) {
    // Depth and number of elements bound the work on the whole file.
    if (p.count > maxElements) throw error;
    p.count = Math.max(count, p.count);
    p.findings.push(`sequence ${tagText(header.tag)} is kept unread: ${messageOf(error)}`);
    return undefined;
  } finally {
    p.position = stop;
  }
}

/** One element behind its header; `p.position` goes to its end. */
export function readElement(
  p: Parsing,
  header: Header,
  encoding: Encoding,
  end: number,
  depth: number,
): DicomElement {
  const { tag, vr, start, length } = header;
  const inner: Encoding =
    (header.implicit && encoding.explicit) || vr === "UN"
      ? { explicit: false, littleEndian: vr === "UN" ? true : encoding.littleEndian }
      : encoding;
  const own = inner === encoding ? {} : { encoding: inner };
  if (length === undefinedLength) {
    p.position = start;
    if (tag === pixelData || vr === "OB" || vr === "OW") {
      const fragments = readFragments(p, encoding, end);
      return {
        tag,
        vr,
        value: p.bytes.subarray(start, start),
        offset: start,
        undefinedLength: true,
        fragments,
      };
    }
    const items = readItems(p, inner, end, depth, true);
    // The delimiter of eight bytes is written anew.
    const value = p.bytes.subarray(start, p.position - 8);
    return { tag, vr, value, offset: start, undefinedLength: true, items, ...own };
  }
  const stop = checkedEnd(header, end);
  const value = p.bytes.subarray(start, stop);
  p.position = stop;
  if ((vr === "SQ" || (vr === "UN" && standardVr(tag) === "SQ")) && length > 0) {
    const items = closedItems(p, header, inner, depth);
    return {
      tag,
      vr,
      value,
      offset: start,
      undefinedLength: false,
      ...(items ? { items } : {}),
      ...own,
    };
  }
  return {
    tag,
    vr,
    value,
    offset: start,
    undefinedLength: false,
    ...(vr === "SQ" ? { items: [] } : {}),
    // A plain value of unknown representation has the byte order of the data set.
    ...(vr === "UN" ? {} : own),
  };
}

/** Elements to `end`, or to the delimiter of an item of undefined length where it is `open`. */
export function readElements(
  p: Parsing,
  encoding: Encoding,
  end: number,
  depth: number,
  open: boolean,
): Map<number, DicomElement> {
  if (depth > maxDepth) {
    throw dicomError(
      "too-large",
      p.position,
      `Cannot read DICOM sequences: found more than ${maxDepth} levels, wanted fewer`,
    );
  }
  const elements = new Map<number, DicomElement>();
  while (p.position < end) {
    const at = p.position;
    // Some writers pad the file; what stands behind the pixels is not worth refusing them for.
    const behindPixels = depth === 0 && elements.has(pixelData);
    if (
      behindPixels &&
      (end - at < 8 || p.bytes.subarray(at, Math.min(end, at + 8)).every((b) => b === 0))
    ) {
      p.findings.push(`${end - at} bytes behind the pixel data are ignored`);
      p.position = end;
      break;
    }
    const header = readHeader(p, encoding, end);
    if (header.tag === itemEnd && open) {
      p.position = header.start;
      return elements;
    }
    if (header.tag >>> 16 === 0xfffe) {
      if (depth === 0 && header.length === 0) {
        p.findings.push(`a stray ${tagText(header.tag)} is ignored`);
        p.position = header.start;
        continue;
      }
      throw dicomError(
        "corrupt",
        at,
        `Cannot read a DICOM data set: found ${tagText(header.tag)} outside a sequence, wanted an attribute`,
      );
    }
    if (header.tag === 0) {
      throw dicomError(
        "corrupt",
        at,
        "Cannot read a DICOM data set: found tag (0000,0000), wanted an attribute",
      );
    }
    if (++p.count > maxElements) {
      throw dicomError(
        "too-large",
        at,
        `Cannot read a DICOM data set: found more than ${maxElements} elements, wanted fewer`,
      );
    }
    if (depth === 0 && header.tag >= p.stopAt) break;
    let element: DicomElement;
    try {
      element = readElement(p, header, encoding, end, depth);
    } catch (error) {
      if (!behindPixels) throw error;
      p.findings.push(`what stands behind the pixel data is ignored: ${messageOf(error)}`);
      p.position = end;
      break;
    }
    if (elements.has(header.tag)) p.findings.push(`a second ${tagText(header.tag)} is ignored`);
    else elements.set(header.tag, element);
  }
  if (open) {
    throw dicomError(
      "truncated",
      end,
      "Cannot read a DICOM item: found the end of the data, wanted an item delimiter",
    );
  }
  return elements;
}

export function parsing(
  bytes: Uint8Array,
  position: number,
  findings: string[],
  stopAt = Infinity,
): Parsing {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes, view, findings, stopAt, count: 0, position };
}
