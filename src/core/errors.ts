/**
 * The family of errors that dprime throws.
 *
 * Messages read "Cannot …: found X, wanted Y" without a final period. A numerical method that does
 * not converge is no error: it returns a status with cause and remedy.
 */

/** A caller's mistake: wrong argument, wrong configuration, wrong kind of image. Exit code 2. */
export class InputError extends Error {
  override readonly name: string = "InputError";
}

/** What is wrong with a file: `truncated`, `corrupt`, `unsupported`, `empty`, `mismatch` or `too-large`. */
export type FormatErrorKind =
  | "truncated"
  | "corrupt"
  | "unsupported"
  | "empty"
  | "mismatch"
  | "too-large";

/** A file that cannot be read as what it claims to be. Exit code 2. */
export class FormatError extends InputError {
  override readonly name = "FormatError";
  /** Format's name, such as `dicom`. */
  readonly format: string;
  readonly kind: FormatErrorKind;
  /** Byte offset in the file at which the trouble was met. */
  readonly offset: number;
  /** The message without what stands in brackets behind it. */
  readonly #text: string;

  constructor(
    message: string,
    details: {
      format: string;
      kind: FormatErrorKind;
      offset: number;
      /** Path of the file, where the message does not name it. */
      file?: string | undefined;
      cause?: unknown;
    },
  ) {
    const { format, kind, offset, file } = details;
    const place = `byte ${offset}${file === undefined ? "" : ` of ${file}`}`;
    super(`${message} (${format}, ${kind}, ${place})`, { cause: details.cause });
    this.#text = message;
    this.format = details.format;
    this.kind = details.kind;
    this.offset = details.offset;
  }

  /** The same error of a file with a path, which its message names if it did not. */
  inFile(path: string): FormatError {
    const name = path.split(/[/\\]/).at(-1)!;
    if (this.message.includes(name)) return this;
    const { format, kind, offset } = this;
    return new FormatError(this.#text, { format, kind, offset, file: path, cause: this });
  }
}

/** Work that was rightly asked for and failed: disk full, provider lost, training diverged. Exit code 1. */
export class RunError extends Error {
  override readonly name = "RunError";
}

/** Work stopped by an `AbortSignal`. Exit code 130, as a shell reports Ctrl-C. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";

  constructor(work: string, options?: { cause?: unknown }) {
    super(`Cancelled: ${work}`, options);
  }
}

/** Throws a `CancelledError` naming the work when the signal has been raised. */
export function throwIfAborted(signal: AbortSignal | undefined, work: string): void {
  if (signal?.aborted) throw new CancelledError(work, { cause: signal.reason });
}

/** Text of an unknown thrown value, for use inside another message. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
