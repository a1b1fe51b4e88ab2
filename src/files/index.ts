/**
 * Images in files, folders and series on disk: `openFile`, `saveImage`, large files slab by slab.
 *
 * @module
 */
export { type DiskLook, networkFileSystem } from "./network-disk.ts";
export {
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
  openPath,
  saveImage,
  sniffFormat,
  writeWhole,
} from "./files.ts";
export { type SlabOptions, type SlabSource, openSlabs, processSlabs } from "./files-slabs.ts";
export {
  type LcdCtCase,
  type LcdCtCollection,
  type LcdCtEncoding,
  lcdCtCases,
  openLcdCt,
  readLcdCtSlice,
  writeLcdCtSlice,
} from "./lcd-ct.ts";
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
