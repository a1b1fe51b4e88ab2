/** Siemens' CSA header as its scanners write it, for tests. */

export interface CsaTag {
  readonly name: string;
  readonly vr: string;
  readonly values: readonly string[];
}

/** The bytes of a header; tags with values have six items, of which the last are empty. */
export function csaBytes(tags: readonly CsaTag[], version: 1 | 2): Uint8Array {
  const parts: Uint8Array[] = [];
  const words = (...numbers: number[]) => new Uint8Array(Int32Array.from(numbers).buffer);
  const text = (value: string, length: number) => {
    const bytes = new Uint8Array(length);
    bytes.set(new TextEncoder().encode(value).subarray(0, length));
    return bytes;
  };
  if (version === 2) parts.push(text("SV10", 4), Uint8Array.of(4, 3, 2, 1));
  parts.push(words(tags.length, 77));
  for (const { name, vr, values } of tags) {
    const items = values.length > 0 ? 6 : 0;
    parts.push(text(name, 64), words(values.length), text(vr, 4), words(0, items, 77));
    for (let i = 0; i < items; i++) {
      const value =
        values[i] === undefined ? new Uint8Array(0) : text(`${values[i]}\0`, values[i]!.length + 1);
      const length = value.length;
      // The first word counts the items in, in version 1.
      parts.push(words(version === 1 ? length + items : length, length, 77, length));
      parts.push(value, new Uint8Array((4 - (length % 4)) % 4));
    }
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
