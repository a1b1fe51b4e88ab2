/**
 * Writes src/dicom/generated/dictionary.ts: tag, value representation and keyword of every
 * standard attribute, from the dictionary that dcmjs carries. Run by hand when dcmjs moves.
 */
import { writeFileSync } from "node:fs";

interface Entry {
  readonly tag: string;
  readonly vr: string;
  readonly name: string;
}

// The package carries no types.
const packageName: string = "dcmjs";
const dcmjs = (await import(packageName)) as {
  data: { DicomMetaDictionary: { nameMap: Record<string, Entry> } };
};

// dcmjs marks choices of representation by small letters; the usual one of each is taken.
const usual: Readonly<Record<string, string>> = { up: "UL", ox: "OW", xs: "US", lt: "OW", na: "" };
const rows = new Map<string, string>();
for (const entry of Object.values(dcmjs.data.DicomMetaDictionary.nameMap)) {
  const match = /^\(([0-9A-Fa-f]{4}),([0-9A-Fa-f]{4})\)$/.exec(entry.tag);
  const vr = usual[entry.vr] ?? entry.vr;
  if (!match || !/^[A-Z]{2}$/.test(vr)) continue;
  const key = `${match[1]}${match[2]}`.toUpperCase();
  const name = entry.name.replace(/^RETIRED_/, "");
  if (key.startsWith("0000")) continue;
  if (!rows.has(key) || entry.name === name) rows.set(key, `${key}${vr}${name}`);
}
const lines = [...rows.keys()].sort().map((key) => rows.get(key));
writeFileSync(
  new URL("../src/dicom/generated/dictionary.ts", import.meta.url),
  `// Made by tools/dicom-dictionary.ts; do not edit.\n/** One attribute a line: tag (8 hexadecimal digits), value representation, keyword. */\nexport const dictionaryText = \`${lines.join("\n")}\`;\n`,
);
console.log(`${lines.length} attributes`);
