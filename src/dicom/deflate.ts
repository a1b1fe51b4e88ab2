/** Deflated data sets and frames: inflated under a limit; data sets deflated again for writing. */
import { deflateSync, Inflate } from "fflate";
import { messageOf } from "../core/errors.ts";
import { dicomError } from "./failure.ts";

/**
 * Inflates a raw deflate stream of at most `limit` bytes.
 *
 * @throws FormatError `too-large`, `truncated` or `corrupt`
 */
export function inflateRaw(
  bytes: Uint8Array,
  { offset, limit, what = "a DICOM data set" }: { offset: number; limit: number; what?: string },
): Uint8Array {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const inflate = new Inflate((chunk) => {
    total += chunk.length;
    if (total > limit) {
      throw dicomError(
        "too-large",
        offset,
        `Cannot inflate ${what}: found more than ${limit} bytes, wanted fewer`,
      );
    }
    chunks.push(chunk);
  });
  // In small steps, so that the limit acts before the whole has been inflated.
  const step = 1 << 16;
  try {
    for (let at = 0; at < bytes.length; at += step) {
      inflate.push(bytes.subarray(at, at + step), at + step >= bytes.length);
    }
  } catch (error) {
    if (error instanceof Error && error.name === "FormatError") throw error;
    const cut = /unexpected EOF/i.test(messageOf(error));
    throw dicomError(
      cut ? "truncated" : "corrupt",
      offset,
      `Cannot inflate ${what}: found ${messageOf(error)}, wanted a whole deflate stream`,
      error,
    );
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** Raw deflate stream of a data set, padded to an even length [nema2024ps35] (annex A.5). */
export function deflateDataSet(bytes: Uint8Array): Uint8Array {
  const packed = deflateSync(bytes, { level: 6 });
  if (packed.length % 2 === 0) return packed;
  const out = new Uint8Array(packed.length + 1);
  out.set(packed);
  return out;
}
