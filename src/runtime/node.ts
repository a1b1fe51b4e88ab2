/** ONNX Runtime's native binding: CPU everywhere, WebGPU and CUDA where the machine has them. */
import { createRequire } from "node:module";
import type { InferenceSession } from "onnxruntime-common";
import type { Backend } from "./backend.ts";
import { openSession, type Ort } from "./ort.ts";

let loaded: Ort | undefined;

function load(): Ort {
  // CommonJS with a native binding: required once, when the first session is opened.
  loaded ??= createRequire(import.meta.url)("onnxruntime-node") as Ort;
  return loaded;
}

export const nodeBackend: Backend = {
  name: "onnxruntime-node",
  providers: ["cpu", "webgpu", "cuda"],
  open: (model, options) => {
    // State passes through the CPU's memory between runs: this binding cannot keep it on a device.
    const settings: InferenceSession.SessionOptions = {
      executionProviders: options.provider === "cpu" ? ["cpu"] : [options.provider, "cpu"],
    };
    return openSession(load(), model, { options, settings });
  },
};
