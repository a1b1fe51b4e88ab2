/** Files in and out: formats on bytes, and `openFile`, `saveImage` on paths. */
export type { ComponentKind, Stored, StoredArray, StoredType } from "../core/stored.ts";
export type {
  Decoded,
  DecodedImage,
  Format,
  Holding,
  RawShape,
  ReadOptions,
  WriteOptions,
  Written,
  WrittenFile,
} from "./format.ts";
export { catalogue as formats } from "./catalogue.ts";
export {
  type LcdCtCollection,
  type OpenOptions,
  type Opened,
  type OpenedPath,
  type SaveOptions,
  allFormats,
  decodeBytes,
  encodeImage,
  formatByName,
  formatOfName,
  openFile,
  openLcdCt,
  openPath,
  saveImage,
  sniffFormat,
  writeWhole,
} from "./files.ts";
export { type SlabOptions, type SlabSource, openSlabs, processSlabs } from "./files-slabs.ts";
export { lossesOf } from "./elements-to-write.ts";
export {
  type LcdCtCase,
  type LcdCtEncoding,
  lcdCtCases,
  readLcdCtSlice,
  writeLcdCtSlice,
} from "./lcd-ct.ts";
export {
  type Affine,
  affineOf,
  geometryOf,
  lpsFromRas,
  orientationCode,
  rasFromLps,
} from "./orientation.ts";
export { type CreateOptions, writeNewDicom, writeNewSeries } from "../dicom/create.ts";
export { type DeriveOptions, type WrittenDicom, writeDerivedDicom } from "../dicom/derive.ts";
export { type DicomFile, parseDicom } from "../dicom/parse.ts";
export { type DicomImage, type DicomReadOptions, readDicom } from "../dicom/read.ts";
export { newUid } from "../dicom/uid.ts";
export {
  type Series,
  type SeriesFile,
  type SeriesGrouping,
  type SeriesImage,
  type SeriesKind,
  groupSeries,
  readSeries,
  writeDerivedSeries,
} from "./series.ts";
