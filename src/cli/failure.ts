/** How a thrown value becomes one line on stderr and an exit code. */
import { CancelledError, FormatError, InputError, messageOf, RunError } from "../core/errors.ts";
import { visibleText } from "../core/visible-text.ts";

export interface Failure {
  /** 1 failed, 2 misuse or bad input, 130 cancelled. */
  readonly code: 1 | 2 | 130;
  /** One line without the program's name. */
  readonly line: string;
}

/** What the operating system's error codes mean to a user, and whose fault they are. */
const systemErrors: Readonly<Record<string, { code: 1 | 2; meaning: string }>> = {
  ENOENT: { code: 2, meaning: "found no such file or folder, wanted one that exists" },
  ENOTDIR: { code: 2, meaning: "found a file, wanted a folder" },
  EISDIR: { code: 2, meaning: "found a folder, wanted a file" },
  EACCES: { code: 1, meaning: "found no permission, wanted to read or write it" },
  EPERM: { code: 1, meaning: "found no permission, wanted to read or write it" },
  EROFS: { code: 1, meaning: "found a read-only file system, wanted to write to it" },
  ENOSPC: { code: 1, meaning: "found a full disk, wanted room to write" },
  EDQUOT: { code: 1, meaning: "found an exhausted quota, wanted room to write" },
  EFBIG: { code: 1, meaning: "found a limit on file size, wanted room to write" },
  EMFILE: { code: 1, meaning: "found too many open files, wanted one more" },
  EIO: { code: 1, meaning: "found an input/output error of the device" },
};

interface SystemError extends Error {
  readonly code: string;
  readonly path?: string;
}

function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && "code" in error && typeof error.code === "string";
}

export function failureOf(error: unknown): Failure {
  const line = visibleText(messageOf(error).replace(/\s+/g, " ").trim());
  if (error instanceof CancelledError) return { code: 130, line };
  if (error instanceof InputError) return { code: 2, line };
  if (error instanceof RunError) return { code: 1, line };
  if (isSystemError(error)) {
    const known = systemErrors[error.code];
    if (known !== undefined) {
      const path = visibleText(error.path ?? "a file");
      return { code: known.code, line: `Cannot use ${path}: ${known.meaning}` };
    }
  }
  if (error instanceof Error && error.name === "AbortError") {
    return { code: 130, line: "Cancelled" };
  }
  if (error instanceof RangeError && /allocation|array length|string length/i.test(line)) {
    return { code: 1, line: `Cannot go on: found too little memory (${line})` };
  }
  return { code: 1, line: `Cannot go on: ${line} (unexpected; --debug shows where)` };
}

/** What `--json` prints of a failure. */
export interface FailureDocument {
  readonly exitCode: 1 | 2 | 130;
  readonly kind: "input" | "format" | "failed" | "cancelled";
  readonly message: string;
  /** Of a file that cannot be read: its format, what is wrong with it, and at which byte. */
  readonly format?: string;
  readonly problem?: string;
  readonly offset?: number;
}

export function failureDocument(error: unknown): FailureDocument {
  const { code, line } = failureOf(error);
  const kind = code === 130 ? "cancelled" : code === 1 ? "failed" : "input";
  return error instanceof FormatError
    ? {
        exitCode: code,
        kind: "format",
        message: line,
        format: error.format,
        problem: error.kind,
        offset: error.offset,
      }
    : { exitCode: code, kind, message: line };
}
