/**
 * Reads DICOM bytes to elements [nema2024ps35, nema2024ps310]. Every length is held against the bytes that
 * are there before it is believed, depth and number of elements are bounded, and no value is copied.
 */
import { messageOf } from "../../core/errors.ts";
import { inflateDataSet } from "./deflate.ts";
import { standardVr, tagText } from "./dictionary.ts";
import type { DicomElement, DicomItem, DataSet, Encoding, Fragment } from "./elements.ts";
import { textOf, textsOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import {
  explicitBig,
  explicitLittle,
  implicitLittle,
  type TransferSyntax,
  transferSyntaxOf,
} from "./transfer-syntax.ts";

const maxDepth = 48;
const maxElements = 1_000_000;
const undefinedLength = 0xffffffff;
const item = 0xfffee000;
const itemEnd = 0xfffee00d;
const sequenceEnd = 0xfffee0dd;
const pixelData = 0x7fe00010;

// Explicit VRs with a 16-bit length; all others have two reserved bytes and a 32-bit length.
const shortVrs = new Set(
  "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split(" "),
);
const longVrs = new Set("OB OD OF OL OV OW SQ SV UC UN UR UT UV".split(" "));

/** A parsed file. */
export interface DicomFile {
  /** Group 0002; empty when the file has none. */
  readonly meta: DataSet;
  readonly dataSet: DataSet;
  readonly syntax: TransferSyntax;
  /** Oddities that were read over, one sentence each. */
  readonly findings: readonly string[];
  /** Byte offset of the first element that was not read, where `stopAt` ended the reading. */
  readonly stoppedAt?: number;
}

interface Parsing {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly findings: string[];
  /** Reads no further than this element, for those who want the header alone. */
  readonly stopAt: number;
  count: number;
  position: number;
}

function isVr(bytes: Uint8Array, at: number): boolean {
  const a = bytes[at]!;
  const b = bytes[at + 1]!;
  return a >= 0x41 && a <= 0x5a && b >= 0x41 && b <= 0x5a;
}

interface Header {
  readonly tag: number;
  readonly vr: string;
  readonly length: number;
  readonly start: number;
  /** The element was met in implicit form inside an explicit data set. */
  readonly implicit: boolean;
}

function readHeader(p: Parsing, encoding: Encoding, end: number): Header {
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
  if (!encoding.explicit || !isVr(bytes, at + 4)) {
    return {
      tag,
      vr: standardVr(tag),
      length: view.getUint32(at + 4, little),
      start: at + 8,
      implicit: true,
    };
  }
  const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
  const long = longVrs.has(vr) || (!shortVrs.has(vr) && view.getUint16(at + 6, little) === 0);
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

function readElement(
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

function readElements(
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

function parsing(
  bytes: Uint8Array,
  position: number,
  findings: string[],
  stopAt = Infinity,
): Parsing {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { bytes, view, findings, stopAt, count: 0, position };
}

function setOf(elements: ReadonlyMap<number, DicomElement>, encoding: Encoding): DataSet {
  const bare = { elements, encoding, characterSets: [] };
  return { ...bare, characterSets: textsOf(bare, 0x00080005) };
}

/** Where the data set begins and how it looks, for a file without group 0002 or without its syntax. */
function guessedSyntax(bytes: Uint8Array, at: number): string {
  if (bytes.length >= at + 8 && isVr(bytes, at + 4)) {
    const vr = String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!);
    if (shortVrs.has(vr) || longVrs.has(vr)) {
      return bytes[at] === 0 && bytes[at + 1] !== 0 ? explicitBig : explicitLittle;
    }
  }
  return implicitLittle;
}

/** Whether bytes carry the mark of a DICOM file, or begin with an identifying element without it. */
export function looksLikeDicom(bytes: Uint8Array): boolean {
  if (bytes.length >= 132 && hasPrefix(bytes)) return true;
  if (bytes.length < 16) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const little of [true, false]) {
    const group = view.getUint16(0, little);
    const element = view.getUint16(2, little);
    if (group !== 0x0008 && group !== 0x0002) continue;
    if (element > 0x0018) continue;
    if (
      isVr(bytes, 4) &&
      /^(UL|UI|CS|OB|SH|DA|LO|UN)$/.test(String.fromCharCode(bytes[4]!, bytes[5]!))
    ) {
      return true;
    }
    if (!little) continue;
    const length = view.getUint32(4, true);
    if (
      element === 0
        ? length === 4
        : length > 0 && length <= 128 && length % 2 === 0 && element !== 2
    ) {
      return true;
    }
  }
  return false;
}

function hasPrefix(bytes: Uint8Array): boolean {
  return bytes[128] === 0x44 && bytes[129] === 0x49 && bytes[130] === 0x43 && bytes[131] === 0x4d;
}

export interface ParseOptions {
  /** First tag that is not read any more; absent: the whole file. */
  readonly stopAt?: number;
  /** Most bytes that a deflated data set may have. Defaults to 2^28. */
  readonly maxInflated?: number;
}

/**
 * Parses a DICOM file, with or without preamble and group 0002.
 *
 * @throws FormatError with the byte offset (in the inflated data set where it is deflated)
 */
export function parseDicom(source: Uint8Array, options: ParseOptions = {}): DicomFile {
  // A plain view: the slices of Node's Buffer share memory where those of a Uint8Array are copies.
  const bytes = new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (bytes.length === 0)
    throw dicomError("empty", 0, "Cannot read DICOM: found no bytes, wanted a file");
  const marked = bytes.length >= 132 && hasPrefix(bytes);
  if (!marked && !looksLikeDicom(bytes)) {
    throw dicomError(
      "mismatch",
      0,
      "Cannot read DICOM: found neither the mark DICM at byte 128 nor an identifying attribute, wanted one of them",
    );
  }
  const findings: string[] = [];
  if (!marked) findings.push("the file has no preamble");
  let position = marked ? 132 : 0;
  const { meta, end } = parseMeta(bytes, position, findings);
  position = end;
  const uid = textOf(meta, 0x00020010);
  if (position >= bytes.length) {
    throw dicomError(
      "truncated",
      position,
      "Cannot read DICOM: found the end of the file, wanted a data set",
    );
  }
  if (uid === undefined) findings.push("the transfer syntax is not stated and was guessed");
  const syntax = transferSyntaxOf(uid ?? guessedSyntax(bytes, position));
  if (!syntax) {
    throw dicomError(
      "unsupported",
      position,
      `Cannot read DICOM: found transfer syntax ${uid}, wanted a known one`,
    );
  }
  const body = syntax.deflated
    ? inflateDataSet(bytes.subarray(position), {
        offset: position,
        limit: options.maxInflated ?? 2 ** 28,
      })
    : bytes;
  const start = syntax.deflated ? 0 : position;
  const encoding = bodyEncoding(body, start, syntax, findings);
  const p = parsing(body, start, findings, options.stopAt);
  const elements = readElements(p, encoding, body.length, 0, false);
  return {
    meta,
    dataSet: setOf(elements, encoding),
    syntax,
    findings: Object.freeze(findings),
    ...(p.position < body.length ? { stoppedAt: p.position } : {}),
  };
}

/** The encoding that the syntax states, unless the first element plainly contradicts it. */
function bodyEncoding(
  body: Uint8Array,
  start: number,
  syntax: TransferSyntax,
  findings: string[],
): Encoding {
  const stated = { explicit: syntax.explicit, littleEndian: syntax.littleEndian };
  if (body.length < start + 8) return stated;
  const guess = transferSyntaxOf(guessedSyntax(body, start))!;
  if (guess.explicit && !stated.explicit) {
    findings.push("the data set is explicit although the transfer syntax says implicit");
    return { explicit: true, littleEndian: guess.littleEndian };
  }
  if (!guess.explicit && stated.explicit && stated.littleEndian) {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    if (view.getUint16(start, true) <= 0x0010 && view.getUint32(start + 4, true) <= body.length) {
      findings.push("the data set is implicit although the transfer syntax says explicit");
      return { explicit: false, littleEndian: true };
    }
  }
  return stated;
}

function parseMeta(
  bytes: Uint8Array,
  start: number,
  findings: string[],
): { meta: DataSet; end: number } {
  const encoding = { explicit: true, littleEndian: true };
  const p = parsing(bytes, start, findings);
  const elements = new Map<number, DicomElement>();
  while (p.position + 8 <= bytes.length) {
    const at = p.position;
    if (bytes[at] !== 0x02 || bytes[at + 1] !== 0x00) break;
    const header = readHeader(p, encoding, bytes.length);
    if (header.length === undefinedLength) {
      throw dicomError(
        "corrupt",
        at,
        `Cannot read DICOM element ${tagText(header.tag)}: found undefined length, wanted a length`,
      );
    }
    elements.set(header.tag, readElement(p, header, encoding, bytes.length, 0));
  }
  return { meta: setOf(elements, encoding), end: p.position };
}
