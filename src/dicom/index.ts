/**
 * DICOM data sets and images on bytes.
 *
 * @module
 */
export { type CreateOptions, writeNewDicom, writeNewSeries } from "./create.ts";
export { type DeriveOptions, type WrittenDicom, writeDerivedDicom } from "./derive.ts";
export { type DicomFile, parseDicom } from "./parse.ts";
export { type DicomImage, type DicomReadOptions, readDicom } from "./read.ts";
export { newUid } from "./uid.ts";
