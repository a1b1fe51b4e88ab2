/** Errors on their way between threads. */
import { CancelledError, FormatError, InputError, RunError } from "../core/errors.ts";

/** An error in a form that survives structured cloning with its class. */
export interface PortableError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly format?: Pick<FormatError, "format" | "kind" | "offset">;
}

/** An error as data. */
export function portable(error: unknown): PortableError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const { name, message, stack } = error;
  if (!(error instanceof FormatError)) return { name, message, stack };
  const { format, kind, offset } = error;
  return { name, message, stack, format: { format, kind, offset } };
}

/** The error again, with its class if it is one of the errors of core. */
export function revived(error: PortableError): Error {
  const { name, message, stack, format } = error;
  const kinds: Record<string, new (message: string) => Error> = {
    InputError,
    RunError,
    CancelledError,
    TypeError,
    RangeError,
  };
  let made: Error;
  if (format) {
    made = new FormatError(message, format);
    made.message = message;
  } else {
    made = new (kinds[name] ?? Error)(message);
    made.message = message;
  }
  if (stack) made.stack = stack;
  return made;
}
