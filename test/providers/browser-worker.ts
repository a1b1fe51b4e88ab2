/** The worker of a page: trains in WebAssembly and posts the losses, or what went wrong. */
import { setVendorFolder } from "../../src/core/vendor-files.ts";
import { webBackend } from "../../src/runtime/web.ts";
import { trainSmall } from "./small-training.ts";

setVendorFolder("/vendor/");
try {
  postMessage({ losses: await trainSmall({ backend: webBackend, provider: "wasm", threads: 1 }) });
} catch (error) {
  postMessage({ error: String(error) });
}
