/**
 * A data set at tag level: elements with the bytes that the file holds, so that what is not
 * understood (private attributes above all) goes out as it came in.
 */
import { decodeText } from "./character-set.ts";
import { standardVr } from "./dictionary.ts";

export type Elements = ReadonlyMap<number, DicomElement>;

export interface DicomItem {
  readonly elements: Elements;
  /** Byte offset of the item's first element. */
  readonly offset: number;
}

/** A compressed chunk of pixel data. */
export interface Fragment {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

export interface DicomElement {
  /** Group and element as one unsigned 32-bit number. */
  readonly tag: number;
  /** As the file says; by the dictionary in implicit data sets. */
  readonly vr: string;
  /** Value as stored, byte order included; of a sequence the items, of encapsulated pixels nothing. */
  readonly value: Uint8Array;
  /** Byte offset of the value. */
  readonly offset: number;
  readonly undefinedLength: boolean;
  /** Items of a sequence. */
  readonly items?: readonly DicomItem[];
  /** Encapsulated pixel data, offset table first. */
  readonly fragments?: readonly Fragment[];
  /** How `value` is encoded; absent: as the whole data set. */
  readonly encoding?: Encoding;
}

export interface Encoding {
  readonly explicit: boolean;
  readonly littleEndian: boolean;
}

/** Elements with what is needed to interpret their values. */
export interface DataSet {
  readonly elements: Elements;
  readonly encoding: Encoding;
  /** Values of Specific Character Set; empty for the default repertoire. */
  readonly characterSets: readonly string[];
}

/** The data set of an item, with the character set of its parent unless it has its own. */
function itemDataSet(item: DicomItem, parent: DataSet, element?: DicomElement): DataSet {
  const encoding = element?.encoding ?? parent.encoding;
  const own = item.elements.get(0x00080005);
  return {
    elements: item.elements,
    encoding,
    characterSets: own ? splitText(latin(own.value)) : parent.characterSets,
  };
}

/** Items of a sequence; empty when it is absent. */
export function itemsOf(set: DataSet, tag: number): DataSet[] {
  const element = set.elements.get(tag);
  return (element?.items ?? []).map((item) => itemDataSet(item, set, element));
}

function latin(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function splitText(text: string): string[] {
  return text.split("\\").map((part) => part.replace(/[\0 ]+$/, "").replace(/^ +/, ""));
}

const charsetVrs = new Set(["SH", "LO", "PN", "ST", "LT", "UC", "UT"]);
const undividedVrs = new Set(["ST", "LT", "UT", "UR"]);

function vrOf(element: DicomElement): string {
  return element.vr === "UN" ? standardVr(element.tag) : element.vr;
}

/** Text values of an element, trimmed; empty when it is absent or empty. */
export function textsOf(set: DataSet, tag: number): string[] {
  const element = set.elements.get(tag);
  if (!element || element.value.length === 0 || element.items) return [];
  const vr = vrOf(element);
  const text = charsetVrs.has(vr)
    ? decodeText(element.value, set.characterSets)
    : latin(element.value);
  if (undividedVrs.has(vr)) return [text.replace(/[\0 ]+$/, "")];
  return splitText(text);
}

/** First text value; undefined when absent or empty. */
export function textOf(set: DataSet, tag: number): string | undefined {
  const text = textsOf(set, tag)[0];
  return text === undefined || text === "" ? undefined : text;
}

const binarySizes: Readonly<Record<string, number>> = {
  US: 2,
  SS: 2,
  UL: 4,
  SL: 4,
  FL: 4,
  FD: 8,
  UV: 8,
  SV: 8,
  AT: 4,
  OW: 2,
  OL: 4,
  OF: 4,
  OD: 8,
  OB: 1,
};

function readBinary(view: DataView, at: number, vr: string, little: boolean): number {
  switch (vr) {
    case "US":
    case "OW":
      return view.getUint16(at, little);
    case "SS":
      return view.getInt16(at, little);
    case "UL":
    case "OL":
      return view.getUint32(at, little);
    case "SL":
      return view.getInt32(at, little);
    case "FL":
    case "OF":
      return view.getFloat32(at, little);
    case "FD":
    case "OD":
      return view.getFloat64(at, little);
    case "UV":
      return Number(view.getBigUint64(at, little));
    case "SV":
      return Number(view.getBigInt64(at, little));
    case "AT":
      return view.getUint16(at, little) * 0x10000 + view.getUint16(at + 2, little);
    default:
      return view.getUint8(at);
  }
}

/**
 * Numbers of a binary or of a text (DS, IS) element; a text that is no number gives NaN.
 *
 * @param asVr representation to read it by, for attributes that may have one of two
 */
export function numbersOf(set: DataSet, tag: number, asVr?: string): number[] {
  const element = set.elements.get(tag);
  if (!element || element.value.length === 0 || element.items) return [];
  const vr = asVr ?? vrOf(element);
  const size = binarySizes[vr];
  if (size === undefined) {
    return textsOf(set, tag).map((text) => (text === "" ? NaN : Number(text.replace(",", "."))));
  }
  // A value of unknown representation is little endian by definition of UN.
  const little = (element.encoding ?? set.encoding).littleEndian;
  const { value } = element;
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  const numbers: number[] = [];
  for (let at = 0; at + size <= value.length; at += size) {
    numbers.push(readBinary(view, at, vr, little));
  }
  return numbers;
}

/** First number; undefined when absent, empty or not a finite number. */
export function numberOf(set: DataSet, tag: number, asVr?: string): number | undefined {
  const number = numbersOf(set, tag, asVr)[0];
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}
