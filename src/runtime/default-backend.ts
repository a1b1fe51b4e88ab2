/** The backend of this environment: the native binding in Node, WebAssembly in browsers. */
import type { Backend } from "./backend.ts";

export async function defaultBackend(): Promise<Backend> {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  return inNode ? (await import("./node.ts")).nodeBackend : (await import("./web.ts")).webBackend;
}
