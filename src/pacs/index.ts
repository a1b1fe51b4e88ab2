/**
 * Archives of images over the network.
 *
 * @module
 */
export {
  type DicomJson,
  dicomWebPlace,
  type DicomWebOptions,
  findObjects,
  getObjects,
  isDicomWeb,
  type OutgoingObject,
  storeObjects,
  type StoreReport,
  valueOf,
} from "./dicomweb.ts";
