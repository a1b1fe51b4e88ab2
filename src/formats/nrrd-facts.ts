/** What an NRRD says beyond its image: the fields that readers of images pass over. */
import type { Facts } from "./format.ts";
import { isAnatomical } from "./nrrd-geometry.ts";
import type { NrrdHeader } from "./nrrd-header.ts";
import { textBehindRemark } from "./remark.ts";

/** Fields that make up the image, or only say how it is packed. */
const ofTheImage = new Set([
  "type",
  "dimension",
  "sizes",
  "encoding",
  "endian",
  "kinds",
  "space",
  "space dimension",
  "space directions",
  "space origin",
  "space units",
  "spacings",
  "units",
  "data file",
  "datafile",
  "line skip",
  "lineskip",
  "byte skip",
  "byteskip",
  "number",
  "remark:=",
]);

/** Fields with one entry for each axis: they hold for these axes only. */
const perAxis = new Set([
  "labels",
  "centers",
  "centerings",
  "thicknesses",
  "axis mins",
  "axismins",
  "axis maxs",
  "axismaxs",
]);

/** Kinds that the axes of an image have by their meaning. */
const plainKinds = /^(domain|space|time|vector|complex|rgba?-color|none|\?\?\?)$/i;

/** The lines that every writer built on teem puts first. */
const boilerplate =
  /^(Complete NRRD file format specification at:|http:\/\/teem\.sourceforge\.net\S*|)$/;

export function nrrdFacts(header: NrrdHeader): Facts {
  const facts: Record<string, string> = {};
  for (const [name, value] of Object.entries(header.fields)) {
    if (ofTheImage.has(name) || value === "") continue;
    facts[name.endsWith(":=") ? name.slice(0, -2) : name] = value;
  }
  if (header.space !== "" && !isAnatomical(header.space)) facts.space = header.space;
  const remark = textBehindRemark(header.fields["remark:="] ?? "");
  if (remark !== "") facts.description = remark;
  if (header.kinds.some((kind) => !plainKinds.test(kind))) facts.kinds = header.kinds.join(" ");
  const comments = header.comments.filter((line) => !boilerplate.test(line));
  if (comments.length > 0) facts.comments = comments.join("; ");
  return facts;
}

/** Fields that say where the voxels lie. */
const ofThePlace = [
  "space",
  "space dimension",
  "space directions",
  "space origin",
  "space units",
  "spacings",
  "units",
] as const;

/**
 * Lines of a header that a rewritten file keeps.
 *
 * @param same.axes whether the file has the same axes in the same order
 * @param same.place whether its voxels lie at the same places; the lines then include those that say so
 */
export function keptLines(header: NrrdHeader, same: { axes: boolean; place: boolean }): string[] {
  const { fields } = header;
  const lines = header.comments
    .filter((line) => !boilerplate.test(line))
    .map((line) => `# ${line}`);
  for (const name of same.place ? ofThePlace : []) {
    if (fields[name] !== undefined) lines.push(`${name}: ${fields[name]}`);
  }
  for (const [name, value] of Object.entries(fields)) {
    if (ofTheImage.has(name) || (perAxis.has(name) && !same.axes)) continue;
    // Its vectors are in the coordinates of the space.
    if (name === "measurement frame" && !same.place) continue;
    lines.push(name.endsWith(":=") ? `${name}${value}` : `${name}: ${value}`);
  }
  return lines;
}

/** The header from which an image came when it was an NRRD's. */
export function nrrdSourceOf(source: unknown): NrrdHeader | undefined {
  const found = source as Partial<NrrdHeader> | undefined;
  return found?.format === "nrrd" ? (found as NrrdHeader) : undefined;
}
