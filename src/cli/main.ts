#!/usr/bin/env node
/** The `dprime` program: hands the process to `runCommandLine` and exits with its code. */
import { readFileSync } from "node:fs";
import { runCommandLine } from "./run.ts";

const controller = new AbortController();
let interrupts = 0;
function interrupt(): void {
  // Work that does not look at the signal must still be stoppable by a second Ctrl-C.
  if (interrupts++ > 0) process.exit(130);
  controller.abort();
}
process.on("SIGINT", interrupt);
process.on("SIGTERM", interrupt);
for (const stream of [process.stdout, process.stderr]) {
  // A reader such as `head` may close the pipe early; that is no failure of ours.
  stream.on("error", (error: Error & { code?: string }) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
}

// Node would print each warning in two lines and tell of its own experimental modules.
process.removeAllListeners("warning");

const code = await runCommandLine(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  terminal: { isTerminal: process.stderr.isTTY === true, columns: process.stderr.columns ?? 80 },
  environment: process.env,
  signal: controller.signal,
  now: () => performance.now(),
  onWarning: (listener) => {
    const hear = (warning: Error): void => {
      if (warning.name !== "ExperimentalWarning") listener(warning.message);
    };
    process.on("warning", hear);
    return () => void process.off("warning", hear);
  },
  version: () => {
    const path = new URL("../../package.json", import.meta.url);
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  },
});
// Native sessions and worker threads may keep the event loop alive after the work is done.
await new Promise((resolve) => process.stdout.write("", resolve));
await new Promise((resolve) => process.stderr.write("", resolve));
process.exit(code);
