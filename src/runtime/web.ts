/** ONNX Runtime in WebAssembly: browsers, and Node where a test or a user asks for it. */
import type { Backend } from "./backend.ts";
import { openSession, type Ort } from "./ort.ts";

let loaded: Promise<Ort> | undefined;

const load = () => {
  loaded ??= import("onnxruntime-web").then((module) => module as unknown as Ort);
  return loaded;
};

export const webBackend: Backend = {
  name: "onnxruntime-web",
  providers: ["wasm", "webgpu"],
  open: async (model, options) =>
    openSession(await load(), model, {
      options,
      settings: { executionProviders: [options.provider] },
    }),
};
