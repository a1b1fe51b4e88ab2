/**
 * Programs run by ONNX Runtime, native or in WebAssembly.
 *
 * @module
 */
export { type Backend, floats, type Held, ints, type Session, type Value } from "./backend.ts";
export {
  type BackendChoice,
  chooseBackend,
  defaultBackend,
  noNativeRuntime,
} from "./default-backend.ts";
export { type CompileOptions, compile, type Program, type ProgramSpec } from "./program.ts";
export { type ProgramCache, programCache } from "./program-cache.ts";
export { openWebBackend, type OrtWeb, type WebBackendOptions } from "./web.ts";
export { type ProgramState, programState } from "./program-state.ts";
