/** How a thrown value is told to a user, in one line and by its kind: commands, pages and servers say the same. */
import { CancelledError, FormatError, InputError, messageOf, RunError } from "./errors.ts";
import { visibleText } from "./visible-text.ts";

/** A caller's mistake, a bad file, work that failed, or work that was stopped. */
export type FailureKind = "input" | "format" | "failed" | "cancelled";

export interface Failure {
  readonly kind: FailureKind;
  /** One line without control characters. */
  readonly message: string;
  /** Of a file that cannot be read: its format, what is wrong with it, and at which byte. */
  readonly format?: string;
  readonly problem?: string;
  readonly offset?: number;
}

/** What the operating system's error codes mean to a user, and whose fault they are. */
const systemErrors: Readonly<Record<string, { kind: FailureKind; meaning: string }>> = {
  ENOENT: { kind: "input", meaning: "found no such file or folder, wanted one that exists" },
  ENOTDIR: { kind: "input", meaning: "found a file, wanted a folder" },
  EISDIR: { kind: "input", meaning: "found a folder, wanted a file" },
  EACCES: { kind: "failed", meaning: "found no permission, wanted to read or write it" },
  EPERM: { kind: "failed", meaning: "found no permission, wanted to read or write it" },
  EROFS: { kind: "failed", meaning: "found a read-only file system, wanted to write to it" },
  ENOSPC: { kind: "failed", meaning: "found a full disk, wanted room to write" },
  EDQUOT: { kind: "failed", meaning: "found an exhausted quota, wanted room to write" },
  EFBIG: { kind: "failed", meaning: "found a limit on file size, wanted room to write" },
  EMFILE: { kind: "failed", meaning: "found too many open files, wanted one more" },
  EIO: { kind: "failed", meaning: "found an input/output error of the device" },
};

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

export function failureOf(error: unknown): Failure {
  const message = visibleText(messageOf(error).replace(/\s+/g, " ").trim());
  if (error instanceof CancelledError) return { kind: "cancelled", message };
  if (error instanceof FormatError) {
    const { format, kind: problem, offset } = error;
    return { kind: "format", message, format, problem, offset };
  }
  if (error instanceof InputError) return { kind: "input", message };
  if (error instanceof RunError) return { kind: "failed", message };
  if (isSystemError(error)) {
    const known = systemErrors[error.code];
    if (known !== undefined) {
      const path = visibleText(error.path ?? "a file");
      return { kind: known.kind, message: `Cannot use ${path}: ${known.meaning}` };
    }
  }
  if (error instanceof Error && error.name === "AbortError") {
    return { kind: "cancelled", message: "Cancelled" };
  }
  if (error instanceof RangeError && /allocation|array length|string length/i.test(message)) {
    return { kind: "failed", message: `Cannot go on: found too little memory (${message})` };
  }
  return { kind: "failed", message: `Cannot go on: ${message} (unexpected)` };
}
