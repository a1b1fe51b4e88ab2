/** A training in a worker of a real browser takes the steps that it takes in Node. */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { steps, trainSmall } from "./small-training.ts";

const folder = dirname(fileURLToPath(import.meta.url));
const vendor = join(folder, "../../vendor");
const browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => existsSync(path),
);
if (browser === undefined) {
  console.log("skipped: no browser here (Debian: chromium), no training runs in a page");
}

const page = `<!doctype html><script>
  window.answer = new Promise((resolve) => {
    const worker = new Worker("/worker.js", { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: message });
  });
</script>`;

async function serve(): Promise<Server> {
  const bundle = await build({
    entryPoints: [join(folder, "browser-worker.ts")],
    bundle: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    // Named by the module for bundlers that follow it; the page serves it at an address of its own.
    external: ["*.wasm"],
    logLevel: "silent",
  });
  const script = bundle.outputFiles[0]!.text;
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    const reply = (type: string, body: string | Uint8Array) =>
      response.writeHead(200, { "content-type": type }).end(body);
    if (path === "/") return reply("text/html", page);
    if (path === "/worker.js") return reply("text/javascript", script);
    const file = /^\/vendor\/onnxruntime-web\/([\w.-]+)$/.exec(path)?.[1];
    if (file !== undefined && existsSync(join(vendor, "onnxruntime-web", file))) {
      const type = file.endsWith(".wasm") ? "application/wasm" : "text/javascript";
      return reply(type, readFileSync(join(vendor, "onnxruntime-web", file)));
    }
    return response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

describe.skipIf(browser === undefined)("a browser", () => {
  let server: Server;
  beforeAll(async () => {
    server = await serve();
  });
  afterAll(() => {
    server?.close();
  });

  it("trains in a worker by WebAssembly to the losses that Node has", {
    timeout: 240_000,
  }, async () => {
    const wanted = await trainSmall({ threads: 1 });
    const opened = await chromium.launch({
      executablePath: browser!,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    try {
      const tab = await opened.newPage();
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      const answer = (await tab.evaluate("window.answer")) as { losses?: number[]; error?: string };
      expect(answer.error).toBeUndefined();
      expect(answer.losses).toHaveLength(steps);
      answer.losses!.forEach((loss, step) => {
        expect(Math.abs(loss - wanted[step]!) / wanted[step]!, `step ${step}`).toBeLessThan(1e-4);
      });
      // It learns at all.
      expect(wanted.at(-1)!).toBeLessThan(wanted[0]! / 2);
    } finally {
      await opened.close();
    }
  });
});
