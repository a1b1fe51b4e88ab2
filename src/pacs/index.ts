/**
 * Archives of images over the network.
 *
 * @module
 */
export {
  type DicomJson,
  dicomWebPlace,
  type DicomWebOptions,
  type DicomWebPlace,
  findObjects,
  getObjects,
  isDicomWeb,
  type OutgoingObject,
  storeObjects,
  type StoreReport,
  valueOf,
} from "./dicomweb.ts";
export { boundaryOf, type Part, readParts } from "./multipart.ts";
