/** The backend of this environment, and the provider on it that a caller's wish comes to. */
import { InputError } from "../core/errors.ts";
import type { Provider } from "../graph/lowering.ts";
import type { Backend } from "./backend.ts";

/** Code of the warning that networks run in WebAssembly because the native binding is missing. */
export const noNativeRuntime = "DPRIME_NO_NATIVE_RUNTIME";

let warned = false;

/** Node's own way to say something once that is no error; worker threads leave it to the main thread. */
function warnOnce(message: string): void {
  if (warned || !process.getBuiltinModule("node:worker_threads").isMainThread) return;
  warned = true;
  process.emitWarning(message, { type: "dprime", code: noNativeRuntime });
}

/**
 * ONNX Runtime's native binding in Node; WebAssembly in browsers, and in Node where the binding is
 * missing, which a warning of the process then says once.
 */
export async function defaultBackend(): Promise<Backend> {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (inNode) {
    const { nativeFailure, nodeBackend } = await import("./node.ts");
    const failure = nativeFailure();
    if (failure === undefined) return nodeBackend;
    warnOnce(`Networks run in WebAssembly, about three times slower: ${failure}`);
  }
  return (await import("./web.ts")).webBackend;
}

export interface BackendChoice {
  readonly backend?: Backend;
  readonly provider?: Provider;
}

/**
 * Backend and provider for what a caller asked for: by default this environment's best, and
 * "cpu" means its processor, by the native binding or else by WebAssembly.
 *
 * @throws InputError when the backend lacks the provider
 */
export async function chooseBackend(
  choice: BackendChoice = {},
): Promise<{ backend: Backend; provider: Provider }> {
  const wasm = choice.provider === "wasm" && choice.backend === undefined;
  const backend = wasm
    ? (await import("./web.ts")).webBackend
    : (choice.backend ?? (await defaultBackend()));
  const { providers } = backend;
  const wanted = choice.provider ?? providers[0]!;
  const provider = wanted === "cpu" && !providers.includes("cpu") ? "wasm" : wanted;
  if (!providers.includes(provider)) {
    throw new InputError(
      `Cannot use provider ${provider}: found ${backend.name}, which has ${providers.join(", ")}`,
    );
  }
  return { backend, provider };
}
