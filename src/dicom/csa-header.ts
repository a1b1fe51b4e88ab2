/**
 * Siemens' CSA header: a table of named values inside a private element, of which the standard says
 * nothing. The layout is public knowledge of the readers that exist; both its versions begin alike
 * (version 2 with "SV10") and differ in how they count the bytes of a value.
 */

/** Values by name; names without a value are left out. */
export type CsaHeader = ReadonlyMap<string, readonly string[]>;

/** More tags or values than any header has: the bytes are something else. */
const mostTags = 1024;
const mostItems = 4096;

/** @returns undefined when the bytes are no such header */
export function csaHeader(bytes: Uint8Array): CsaHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const second = textAt(bytes, 0, 4) === "SV10";
  const start = second ? 8 : 0;
  if (bytes.length < start + 8) return undefined;
  const count = view.getUint32(start, true);
  if (count < 1 || count > mostTags) return undefined;
  const header = new Map<string, readonly string[]>();
  let at = start + 8;
  // Version 1 counts a number of items, that of the second tag, into every length.
  let surplus = 0;
  for (let tag = 0; tag < count; tag++) {
    if (at + 84 > bytes.length) return undefined;
    const name = textAt(bytes, at, 64);
    const items = view.getUint32(at + 76, true);
    const mark = view.getUint32(at + 80, true);
    // Either number stands behind every tag; the first is usual.
    if ((mark !== 77 && mark !== 205) || items > mostItems) return undefined;
    if (!second && tag < 2) surplus = items;
    at += 84;
    const values: string[] = [];
    for (let item = 0; item < items; item++) {
      if (at + 16 > bytes.length) return undefined;
      const length = second ? view.getUint32(at + 4, true) : view.getInt32(at, true) - surplus;
      at += 16;
      if (!second && (length < 0 || at + length > bytes.length)) break;
      if (at + length > bytes.length) return undefined;
      const text = textAt(bytes, at, length).trim();
      if (text !== "") values.push(text);
      at += Math.ceil(length / 4) * 4;
    }
    if (values.length > 0) header.set(name, values);
  }
  return header;
}

/** Numbers of a name; empty when one of its values is none. */
export function csaNumbers(header: CsaHeader, name: string): readonly number[] {
  const numbers = (header.get(name) ?? []).map(Number);
  return numbers.every(Number.isFinite) ? numbers : [];
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (let i = at; i < Math.min(at + length, bytes.length) && bytes[i] !== 0; i++) {
    text += String.fromCharCode(bytes[i]!);
  }
  return text;
}
