/** What a page of a TIFF says beyond its image: the fields that readers of images pass over. */
import {
  type TiffDirectory,
  type TiffFile,
  tags,
  textOf,
  valuesOf,
} from "../codecs/tiff-directory.ts";
import { checksumText } from "./checksum-text.ts";
import type { Facts } from "./format.ts";

const names: Readonly<Record<number, string>> = {
  269: "document name",
  271: "make",
  272: "model",
  274: "orientation",
  280: "smallest value",
  281: "largest value",
  285: "page name",
  286: "x position",
  287: "y position",
  297: "page number",
  305: "software",
  306: "date",
  315: "artist",
  316: "computer",
  700: "XMP",
  33432: "copyright",
  34665: "EXIF",
  34675: "colour profile",
  50838: "ImageJ's metadata counts",
  50839: "ImageJ's metadata",
};

const ofTheImage: ReadonlySet<number> = new Set(Object.values(tags));

/** Fields whose usual value says nothing, as tag and value. */
const usual: Readonly<Record<number, number>> = { 274: 1, 263: 1 };

export function tiffFacts(file: TiffFile, directory: TiffDirectory): Facts {
  const facts: Record<string, string> = {};
  for (const { tag, type, count, at } of directory.fields.values()) {
    if (ofTheImage.has(tag)) continue;
    const name = names[tag] ?? `TIFF field ${tag}`;
    if (type === 2) {
      const text = textOf(file, directory, tag).trim();
      if (text !== "") facts[name] = text;
    } else if (type === 1 || type === 7 || count > 4) {
      facts[name] = `${count} values, ${checksumText(file.bytes.subarray(at, at + count))}`;
    } else {
      const values = fieldValues(file, directory, tag);
      if (values !== undefined && !(values.length === 1 && values[0] === usual[tag]))
        facts[name] = values.join(", ");
    }
  }
  return facts;
}

/** Values of a field that is not needed, where they lie in the file. */
function fieldValues(file: TiffFile, directory: TiffDirectory, tag: number): number[] | undefined {
  try {
    return valuesOf(file, directory, tag);
  } catch {
    return undefined;
  }
}
