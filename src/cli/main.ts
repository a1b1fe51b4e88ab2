#!/usr/bin/env node
/** The `dprime` program: hands the process to `runCommandLine` and exits with its code. */
import { readFileSync } from "node:fs";
import { RunError } from "../core/errors.ts";
import { failureOf } from "../core/failure.ts";
import { runCommandLine } from "./run.ts";

const controller = new AbortController();
let interrupts = 0;
function interrupt(): void {
  // Work that does not look at the signal must still be stoppable by a second Ctrl-C.
  if (interrupts++ > 0) process.exit(130);
  controller.abort();
}
// Node would print each warning in two lines and tell of its own experimental modules.
process.removeAllListeners("warning");
// A terminal that closes hangs up: the work stops as by Ctrl-C, and nothing half-written stays.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);

interface Output {
  write(text: string): void;
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** When all is written. @returns why it could not be, where that is a failure */
  end(): Promise<Error | undefined>;
}

/**
 * A reader such as `head` may close the pipe, and a terminal may go: then nobody reads on, the work is
 * finished all the same. Every other trouble (a full disk) is a failure.
 */
function outputTo(stream: NodeJS.WriteStream): Output {
  let open = true;
  let failure: Error | undefined;
  stream.on("error", (error: Error & { code?: string }) => {
    open = false;
    if (error.code !== "EPIPE" && error.code !== "EIO") failure = error;
  });
  return {
    write(text) {
      if (open) stream.write(text);
    },
    async writeBytes(bytes) {
      if (open) await new Promise((resolve) => stream.write(bytes, resolve));
      // Bytes that nobody took are a result that is not there.
      if (!open)
        throw new RunError("Cannot write to standard output: found it closed, wanted a reader");
    },
    async end() {
      if (open) await new Promise((resolve) => stream.write("", resolve));
      return failure;
    },
  };
}

const [out, err] = [outputTo(process.stdout), outputTo(process.stderr)];
let code = await runCommandLine(process.argv.slice(2), {
  out: (text) => out.write(text),
  err: (text) => err.write(text),
  terminal: {
    isTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? process.stderr.columns ?? 80,
  },
  interactive: process.stdin.isTTY === true && process.stdout.isTTY === true,
  signal: controller.signal,
  bytes: { input: () => process.stdin, output: (bytes) => out.writeBytes(bytes) },
  now: () => performance.now(),
  onWarning: (listener) => {
    const hear = (warning: Error): void => {
      if (warning.name !== "ExperimentalWarning") listener(warning.message);
    };
    process.on("warning", hear);
    return () => void process.off("warning", hear);
  },
  program: [process.execPath, ...process.execArgv, process.argv[1]!],
  version: () => {
    const path = new URL("../../package.json", import.meta.url);
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  },
});
const failure = await out.end();
if (failure !== undefined) {
  const { message } = failureOf(Object.assign(failure, { path: "standard output" }));
  err.write(`dprime: ${message}\n`);
  code ||= 1;
}
await err.end();
// Native sessions and worker threads may keep the event loop alive after the work is done.
process.exit(code);
