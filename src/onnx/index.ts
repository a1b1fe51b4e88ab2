/** ONNX files: the public room. */
export { decodeModel, type ModelDescription, type ModelValue } from "./decode.ts";
export { type EncodeOptions, encodeModel, operatorSet } from "./encode.ts";
