/**
 * File formats on bytes: sniff, read, write.
 *
 * @module
 */
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
export { lossesOf } from "./elements-to-write.ts";
export {
  type Affine,
  affineOf,
  geometryOf,
  lpsFromRas,
  orientationCode,
  rasFromLps,
} from "./orientation.ts";
