/**
 * ONNX Runtime in WebAssembly: browsers, Node without the native binding, and Node where a test or a
 * user asks for it. The package brings the plain build; WebGPU in a page comes with the module of
 * onnxruntime-web that the page loads itself (`onnxruntime-web/webgpu`).
 */
import { messageOf, RunError } from "../core/errors.ts";
import { vendorAddress } from "../core/vendor-files.ts";
import type { Backend } from "./backend.ts";
import { openSession, type Ort } from "./ort.ts";

/** What is used of onnxruntime-web beside the shared part. */
export interface OrtWeb extends Ort {
  readonly env: {
    readonly wasm: { numThreads?: number; wasmPaths?: string | { wasm?: string | URL } };
  };
}

export interface WebBackendOptions {
  /** A module of onnxruntime-web, such as `onnxruntime-web/webgpu`; default: the one that is bundled. */
  readonly module?: OrtWeb;
  /**
   * Address of `ort-wasm-simd-threaded.wasm` where it does not lie beside the script; a bundler that
   * does not follow `new URL(…, import.meta.url)` needs it.
   */
  readonly wasm?: string | URL;
}

/** ONNX Runtime in WebAssembly, with WebGPU where the module has it. */
export function openWebBackend(options: WebBackendOptions = {}): Backend {
  let loaded: Promise<OrtWeb> | undefined;
  const load = async (threads: number): Promise<OrtWeb> => {
    const ort = options.module ?? (await import("#onnxruntime-web"));
    const wasm = options.wasm ?? servedModule();
    if (wasm !== undefined) ort.env.wasm.wasmPaths = { wasm };
    // Read once, when the module starts; a page without cross-origin isolation has one thread anyway.
    const count = threadsOf(threads);
    if (count !== undefined) ort.env.wasm.numThreads = count;
    return ort;
  };
  return {
    name: "onnxruntime-web",
    providers: options.module === undefined ? ["wasm"] : ["wasm", "webgpu"],
    async open(model, session) {
      loaded ??= load(session.threads);
      const ort = await loaded.catch((cause: unknown) => {
        loaded = undefined;
        throw new RunError(`Cannot load ONNX Runtime for WebAssembly: ${messageOf(cause)}`, {
          cause,
        });
      });
      const settings = { executionProviders: [session.provider] };
      return openSession(ort, model, { options: session, settings });
    },
  };
}

/** The bundled WebAssembly build. */
export const webBackend: Backend = openWebBackend();

/** Address of the module where the page serves the package's files; undefined when it lies as usual. */
function servedModule(): URL | undefined {
  const name = "ort-wasm-simd-threaded.wasm";
  return vendorAddress(`onnxruntime-web/${name}`);
}

/** Threads as asked; by default all processors in Node (ONNX Runtime takes half), its own choice elsewhere. */
function threadsOf(wanted: number): number | undefined {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (!inNode) return wanted > 0 ? wanted : undefined;
  // Its threads inherit the flags of this process, and with this one they cannot open their file.
  if (process.execArgv.some((flag) => flag.startsWith("--input-type"))) return 1;
  return wanted > 0 ? wanted : process.getBuiltinModule("node:os").availableParallelism();
}
