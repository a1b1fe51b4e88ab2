/** Text of the VRs that Specific Character Set governs, to and from bytes [nema2024ps33] (C.12.1.1.2). */

// Labels of the Encoding Standard for the standard's defined terms; ISO 2022 terms share the tail.
const labels: Readonly<Record<string, string>> = {
  "IR 6": "windows-1252",
  "IR 100": "iso-8859-1",
  "IR 101": "iso-8859-2",
  "IR 109": "iso-8859-3",
  "IR 110": "iso-8859-4",
  "IR 144": "iso-8859-5",
  "IR 127": "iso-8859-6",
  "IR 126": "iso-8859-7",
  "IR 138": "iso-8859-8",
  "IR 148": "windows-1254",
  "IR 166": "windows-874",
  "IR 203": "iso-8859-15",
  "IR 13": "shift_jis",
  "IR 87": "iso-2022-jp",
  "IR 159": "iso-2022-jp",
  "IR 149": "euc-kr",
  "IR 58": "gb18030",
  "IR 192": "utf-8",
};

function labelOf(term: string | undefined): string {
  if (!term) return "windows-1252";
  if (term === "GB18030" || term === "GBK") return "gb18030";
  const tail = /IR[ _]?(\d+)$/.exec(term)?.[1];
  return (tail && labels[`IR ${tail}`]) || "utf-8";
}

// Escape sequences that name the code elements of the two Asian multi-byte sets and single bytes.
const escapes: readonly [pattern: string, label: string][] = [
  ["$)C", "euc-kr"],
  ["$)A", "gb18030"],
  ["-A", "iso-8859-1"],
  ["-B", "iso-8859-2"],
  ["-C", "iso-8859-3"],
  ["-D", "iso-8859-4"],
  ["-L", "iso-8859-5"],
  ["-G", "iso-8859-6"],
  ["-F", "iso-8859-7"],
  ["-H", "iso-8859-8"],
  ["-M", "windows-1254"],
  ["-T", "windows-874"],
];

function decodeWith(label: string, bytes: Uint8Array): string {
  return new TextDecoder(label).decode(bytes);
}

/** Characters of a value; bytes that are no character of the set become U+FFFD. Never throws. */
export function decodeText(bytes: Uint8Array, characterSets: readonly string[]): string {
  const first = labelOf(characterSets[0]);
  if (!bytes.includes(0x1b)) return decodeWith(first, bytes);
  let text = "";
  let label = first === "iso-2022-jp" ? "iso-8859-1" : first;
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 0x1b) continue;
    if (label === "iso-2022-jp") text += decodeWith(label, bytes.subarray(Math.max(0, start), at));
    else text += decodeWith(label, bytes.subarray(start, at));
    if (at === bytes.length) break;
    const rest = String.fromCharCode(...bytes.subarray(at + 1, at + 4));
    const known = escapes.find(([pattern]) => rest.startsWith(pattern));
    if (known) {
      label = known[1];
      start = at + 1 + known[0].length;
    } else if (rest.startsWith("(B")) {
      label = first === "iso-2022-jp" ? "iso-8859-1" : first;
      start = at + 3;
    } else {
      // Escapes of the Japanese sets are the decoder's own affair.
      label = "iso-2022-jp";
      start = at;
    }
    at = Math.max(at, start === at ? at : start - 1);
  }
  return text;
}

const plainWords: Readonly<Record<string, string>> = {
  σ: "sigma",
  λ: "lambda",
  μ: "mu",
  µ: "mu",
  α: "alpha",
  β: "beta",
  γ: "gamma",
  "±": "+-",
  "×": "x",
  "–": "-",
  "—": "-",
  "’": "'",
};

/**
 * Bytes of a text that this package adds to a data set: UTF-8 where the set says so, and otherwise
 * spelled in ASCII, which every character set contains.
 */
export function encodeAdded(text: string, characterSets: readonly string[]): Uint8Array {
  if (characterSets[0] === "ISO_IR 192") return new TextEncoder().encode(text);
  let plain = "";
  for (const character of text.normalize("NFKD")) {
    const code = character.codePointAt(0)!;
    if (code < 0x80) plain += character;
    else if (code < 0x300 || code > 0x36f) plain += plainWords[character] ?? "?";
  }
  return new TextEncoder().encode(plain);
}
