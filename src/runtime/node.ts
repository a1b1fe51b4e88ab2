/**
 * ONNX Runtime's native binding: CPU everywhere, WebGPU and CUDA where the machine has them. No
 * `node:` import: bundlers for the browser meet this file on their way and must be able to pass.
 */
import type { InferenceSession } from "onnxruntime-common";
import { messageOf, RunError } from "../core/errors.ts";
import type { Backend } from "./backend.ts";
import { openSession, type Ort } from "./ort.ts";

let loaded: Ort | undefined;

/** CommonJS with a native binding: required once, when it is first asked for. */
function load(): Ort {
  const { createRequire } = process.getBuiltinModule("node:module");
  loaded ??= createRequire(import.meta.url)("onnxruntime-node") as Ort;
  return loaded;
}

/** Its install script fetches GPU files from NuGet, which many networks refuse; it can be told not to. */
const remedy = "to install it: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30";

/** Why the native binding does not load and what helps, in one line; undefined when it does load. */
export function nativeFailure(): string | undefined {
  try {
    load();
    return undefined;
  } catch (error) {
    const missing = (error as { code?: string }).code === "MODULE_NOT_FOUND";
    const cause = missing
      ? "onnxruntime-node is not installed"
      : `onnxruntime-node does not load (${messageOf(error).split("\n")[0]?.trim()})`;
    return `${cause}; ${remedy}`;
  }
}

export const nodeBackend: Backend = {
  name: "onnxruntime-node",
  providers: ["cpu", "webgpu", "cuda"],
  async open(model, options) {
    const failure = nativeFailure();
    if (failure !== undefined) {
      throw new RunError(`Cannot open a model on provider ${options.provider}: ${failure}`);
    }
    // State passes through the CPU's memory between runs: this binding cannot keep it on a device.
    const settings: InferenceSession.SessionOptions = {
      executionProviders: options.provider === "cpu" ? ["cpu"] : [options.provider, "cpu"],
    };
    return openSession(load(), model, { options, settings });
  },
};
