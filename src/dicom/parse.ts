/** Reads DICOM files: preamble, group 0002, transfer syntax and data set [nema2024ps35, nema2024ps310]. */
import { inflateRaw } from "./deflate.ts";
import { tagText } from "./dictionary.ts";
import type { DicomElement, DataSet, Encoding } from "./elements.ts";
import { textOf, textsOf } from "./elements.ts";
import { dicomError } from "./failure.ts";
import {
  isVr,
  longVrs,
  parsing,
  readElement,
  readElements,
  readHeader,
  shortVrs,
  undefinedLength,
} from "./read-elements.ts";
import {
  explicitBig,
  explicitLittle,
  implicitLittle,
  type TransferSyntax,
  transferSyntaxOf,
} from "./transfer-syntax.ts";

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
  if (prefixEnd(bytes) > 0) return true;
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

/** Byte behind the mark, which a few writers put at the very beginning; 0 without one. */
function prefixEnd(bytes: Uint8Array): number {
  const marked = (at: number) =>
    bytes[at] === 0x44 &&
    bytes[at + 1] === 0x49 &&
    bytes[at + 2] === 0x43 &&
    bytes[at + 3] === 0x4d;
  if (marked(128)) return 132;
  // The mark alone is four letters of text; group 0002 must follow.
  return marked(0) && bytes[4] === 2 && bytes[5] === 0 ? 4 : 0;
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
  const marked = prefixEnd(bytes);
  if (marked === 0 && !looksLikeDicom(bytes)) {
    throw dicomError(
      "mismatch",
      0,
      "Cannot read DICOM: found neither the mark DICM at byte 128 nor an identifying attribute, wanted one of them",
    );
  }
  const findings: string[] = [];
  if (marked < 132) findings.push("the file has no preamble");
  let position = marked;
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
    ? inflateRaw(bytes.subarray(position), {
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
