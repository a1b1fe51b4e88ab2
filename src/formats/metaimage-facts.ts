/** What a MetaImage says beyond its image: the fields that readers of images pass over. */
import type { Facts } from "./format.ts";
import type { Header } from "./metaimage-header.ts";
import { textBehindRemark } from "./remark.ts";

/** Fields that make up the image, or only say how it is packed. */
const ofTheImage = new Set([
  "ObjectType",
  "NDims",
  "BinaryData",
  "BinaryDataByteOrderMSB",
  "ElementByteOrderMSB",
  "CompressedData",
  "CompressedDataSize",
  "CompressionLevel",
  "HeaderSize",
  "TransformMatrix",
  "Rotation",
  "Orientation",
  "Offset",
  "Position",
  "Origin",
  "ElementSpacing",
  "DistanceUnits",
  "ElementToIntensityFunctionSlope",
  "ElementToIntensityFunctionOffset",
  "DimSize",
  "ElementNumberOfChannels",
  "ElementType",
  "ElementDataFile",
  "Comment",
]);

function isSaid(header: Header, key: string): boolean {
  const { fields } = header;
  if (ofTheImage.has(key)) return false;
  if (key === "ElementSize") {
    return fields.ElementSpacing !== undefined && fields.ElementSize !== fields.ElementSpacing;
  }
  if (key === "CenterOfRotation") return /[1-9]/.test(fields[key]!);
  // Said by the matrix, and written by ITK whatever that is.
  if (key === "AnatomicalOrientation") return fields.TransformMatrix === undefined;
  return fields[key] !== "";
}

export function metaimageFacts(header: Header): Facts {
  const facts: Record<string, string> = {};
  for (const [key, value] of Object.entries(header.fields)) {
    if (isSaid(header, key)) facts[key] = value;
  }
  const comment = textBehindRemark(header.fields.Comment ?? "");
  if (comment !== "") facts.description = comment;
  return facts;
}

/** Lines of a header that a rewritten file keeps. */
export function keptFields(header: Header): string[] {
  return Object.entries(header.fields)
    .filter(([key]) => isSaid(header, key))
    .map(([key, value]) => `${key} = ${value}`);
}

/** The header from which an image came when it was a MetaImage's. */
export function metaimageSourceOf(source: unknown): Header | undefined {
  const found = source as Partial<Header> | undefined;
  return found?.format === "metaimage" ? (found as Header) : undefined;
}
