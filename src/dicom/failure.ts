/** The one way in which DICOM code reports a bad file. */
import { FormatError, type FormatErrorKind } from "../core/errors.ts";

/** A `FormatError` of the DICOM format; `what` reads "Cannot …: found X, wanted Y". */
export function dicomError(
  kind: FormatErrorKind,
  offset: number,
  what: string,
  cause?: unknown,
): FormatError {
  return new FormatError(what, { format: "dicom", kind, offset, cause });
}
