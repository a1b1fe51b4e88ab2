/** The standard's attributes: value representation and keyword by tag. */
import { dictionaryText } from "./generated/dictionary.ts";

interface Attribute {
  readonly vr: string;
  readonly keyword: string;
}

let table: Map<number, Attribute> | undefined;
let tags: Map<string, number> | undefined;

function attributes(): Map<number, Attribute> {
  if (table) return table;
  table = new Map();
  for (const row of dictionaryText.split("\n")) {
    table.set(Number.parseInt(row.slice(0, 8), 16), {
      vr: row.slice(8, 10),
      keyword: row.slice(10),
    });
  }
  return table;
}

/** Standard attribute of a tag; overlays and curves (groups 50xx, 60xx) share one entry. */
function attributeOf(tag: number): Attribute | undefined {
  const found = attributes().get(tag);
  if (found) return found;
  const group = tag >>> 16;
  if ((group & 0xff00) === 0x6000 || (group & 0xff00) === 0x5000) {
    return attributes().get(((group & 0xff00) << 16) | (tag & 0xffff));
  }
  return undefined;
}

/** Value representation by the dictionary; private creators are LO, group lengths UL, the rest UN. */
export function standardVr(tag: number): string {
  const group = tag >>> 16;
  const element = tag & 0xffff;
  if (element === 0) return "UL";
  if (group & 1) return element >= 0x10 && element <= 0xff ? "LO" : "UN";
  return attributeOf(tag >>> 0)?.vr ?? "UN";
}

/** Keyword such as `PatientName`; undefined for private and unknown attributes. */
export function keywordOf(tag: number): string | undefined {
  return (tag >>> 16) & 1 ? undefined : attributeOf(tag >>> 0)?.keyword;
}

/** Tag of a keyword; undefined when the standard has none of that name. */
export function tagOf(keyword: string): number | undefined {
  if (!tags) {
    tags = new Map();
    for (const [tag, { keyword: name }] of attributes()) tags.set(name, tag);
  }
  return tags.get(keyword);
}

/** A tag as the standard writes it: `(0010,0020)`. */
export function tagText(tag: number): string {
  const hex = (tag >>> 0).toString(16).toUpperCase().padStart(8, "0");
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}
