/**
 * Models as ONNX bytes, and back.
 *
 * @module
 */
export { decodeModel, type ModelDescription, type ModelValue } from "./decode.ts";
export { type EncodeOptions, encodeModel, operatorSet } from "./encode.ts";
