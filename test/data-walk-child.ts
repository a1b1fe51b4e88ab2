/**
 * Reads the files named on standard input, one path a line, and answers one JSON line for each. Run in
 * a process of its own by `data-walk.test.ts`, which watches time and memory.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { FormatError } from "../src/core/errors.ts";
import { rangeOf } from "../src/core/image.ts";
import { decodeFrames } from "../src/dicom/frames.ts";
import type { DicomImage } from "../src/dicom/read.ts";
import { openFile } from "../src/files/files.ts";

export interface WalkAnswer {
  readonly path: string;
  readonly outcome: "image" | "refused" | "crash";
  readonly format?: string;
  /** SHA-256 of the decoded pixel bytes of a DICOM file, little endian. */
  readonly pixels?: string;
  readonly shape?: readonly number[];
  readonly nonFinite?: number;
  readonly kind?: string;
  readonly offset?: number;
  readonly message?: string;
  readonly milliseconds: number;
  /** Highest resident memory while this file was read. */
  readonly peakMiB: number;
}

// Writing 5 there resets the high-water mark of resident memory (Linux).
function resetPeak(): void {
  globalThis.gc?.();
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Without it the mark only rises, which makes the bound stricter.
  }
}

function peak(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1024;
  } catch {
    return process.memoryUsage().rss / 2 ** 20;
  }
}

async function walk(path: string): Promise<Omit<WalkAnswer, "milliseconds" | "peakMiB">> {
  try {
    const opened = await openFile(path);
    const [first] = opened.images;
    const answer = {
      path,
      outcome: "image" as const,
      format: opened.format,
      shape: first!.image.shape,
      nonFinite: opened.images.reduce((n, { image }) => n + rangeOf(image.data).nonFinite, 0),
    };
    if (opened.format !== "dicom") return answer;
    const { file, layout } = opened.source as DicomImage;
    const { bytes } = await decodeFrames(file, layout);
    return { ...answer, pixels: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    const { name, message } = error as Error;
    if (error instanceof FormatError) {
      return {
        path,
        outcome: "refused",
        format: error.format,
        kind: error.kind,
        offset: error.offset,
        message,
      };
    }
    const refused = name === "InputError";
    return {
      path,
      outcome: refused ? "refused" : "crash",
      message: refused ? message : String((error as Error).stack),
    };
  }
}

for await (const path of createInterface({ input: process.stdin })) {
  resetPeak();
  // Processor time: a busy machine must not make a file look like a trap.
  const start = process.cpuUsage();
  const answer = await walk(path);
  const { user, system } = process.cpuUsage(start);
  const line = { ...answer, milliseconds: (user + system) / 1000, peakMiB: peak() };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
