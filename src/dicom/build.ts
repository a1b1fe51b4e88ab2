/** Makes elements for data sets that this package writes; values are little endian. */
import { InputError } from "../core/errors.ts";
import { encodeAdded } from "./character-set.ts";
import { tagText } from "./dictionary.ts";
import type { DicomElement, DicomItem } from "./elements.ts";

const little = { explicit: true, littleEndian: true } as const;

/** An element with bytes as they are; padded to an even length by its representation. */
export function bytesElement(tag: number, vr: string, bytes: Uint8Array): DicomElement {
  let value = bytes;
  if (bytes.length % 2 === 1) {
    value = new Uint8Array(bytes.length + 1);
    value.set(bytes);
    value[bytes.length] = vr === "UI" || vr.startsWith("O") || vr === "UN" ? 0 : 0x20;
  }
  return { tag, vr, value, offset: 0, undefinedLength: false, encoding: little };
}

// Longest value, in characters, that a representation allows.
const longest: Readonly<Record<string, number>> = {
  CS: 16,
  SH: 16,
  LO: 64,
  PN: 64,
  DS: 16,
  IS: 12,
  UI: 64,
  ST: 1024,
  LT: 10240,
  DA: 8,
  TM: 16,
  DT: 26,
};

/** A text element; values too long for their representation are cut. */
export function textElement(
  tag: number,
  vr: string,
  text: string | readonly string[],
  characterSets: readonly string[] = [],
): DicomElement {
  const limit = longest[vr] ?? Infinity;
  const values = (typeof text === "string" ? [text] : text).map((one) => one.slice(0, limit));
  return bytesElement(tag, vr, encodeAdded(values.join("\\"), characterSets));
}

const sizes: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 };

/** A binary number element. */
export function numberElement(
  tag: number,
  vr: string,
  numbers: number | readonly number[],
): DicomElement {
  const list = typeof numbers === "number" ? [numbers] : numbers;
  const size = sizes[vr];
  if (size === undefined)
    throw new InputError(
      `Cannot make element ${tagText(tag)}: found ${vr}, wanted a binary number`,
    );
  const bytes = new Uint8Array(size * list.length);
  const view = new DataView(bytes.buffer);
  for (const [i, number] of list.entries()) {
    const at = i * size;
    if (vr === "US") view.setUint16(at, number, true);
    else if (vr === "SS") view.setInt16(at, number, true);
    else if (vr === "UL") view.setUint32(at, number, true);
    else if (vr === "SL") view.setInt32(at, number, true);
    else if (vr === "FL") view.setFloat32(at, number, true);
    else if (vr === "FD") view.setFloat64(at, number, true);
    else {
      view.setUint16(at, number >>> 16, true);
      view.setUint16(at + 2, number & 0xffff, true);
    }
  }
  return bytesElement(tag, vr, bytes);
}

/** The number as a decimal string of at most 16 characters, as near as that allows. */
export function decimalText(value: number): string {
  const plain = String(value);
  if (plain.length <= 16 && Number.isFinite(value)) return plain;
  for (let digits = 15; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
    const scientific = value.toExponential(digits - 1).replace("e+", "e");
    if (scientific.length <= 16) return scientific;
  }
  throw new InputError(`Cannot write ${value} as a decimal string: wanted a finite number`);
}

/** A DS element. */
export function decimalElement(tag: number, values: number | readonly number[]): DicomElement {
  return textElement(tag, "DS", (typeof values === "number" ? [values] : values).map(decimalText));
}

/** An item from elements. */
export function itemOf(elements: readonly DicomElement[]): DicomItem {
  return { elements: elementMap(elements), offset: 0 };
}

/** A sequence element. */
export function sequenceElement(tag: number, items: readonly DicomItem[]): DicomElement {
  const none = new Uint8Array(0);
  return {
    tag,
    vr: "SQ",
    value: none,
    offset: 0,
    undefinedLength: true,
    items,
    encoding: { ...little },
  };
}

/** A sequence of one coded concept. */
export function codeElement(
  tag: number,
  code: { value: string; scheme: string; meaning: string },
): DicomElement {
  return sequenceElement(tag, [
    itemOf([
      textElement(0x00080100, "SH", code.value),
      textElement(0x00080102, "SH", code.scheme),
      textElement(0x00080104, "LO", code.meaning),
    ]),
  ]);
}

/** Elements by tag, in ascending order. */
export function elementMap(elements: readonly DicomElement[]): Map<number, DicomElement> {
  return new Map(
    [...elements].sort((a, b) => a.tag - b.tag).map((element) => [element.tag, element]),
  );
}

/** Date and time of the data set's clock: local time, without zone. */
export function dateTime(date: Date): { date: string; time: string } {
  const two = (n: number) => String(n).padStart(2, "0");
  return {
    date: `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`,
    time: `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`,
  };
}
