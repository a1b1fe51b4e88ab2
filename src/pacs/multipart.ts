/** `multipart/related` bodies (RFC 2046, 2387) in and out, one part in memory at a time. */
import { RunError } from "../core/errors.ts";

export interface Part {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const text = new TextDecoder("latin1");
const latin = (line: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(line, (char) => char.charCodeAt(0));

/** The boundary that a content type names; undefined where it names none. */
export function boundaryOf(contentType: string): string | undefined {
  const found = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
}

/**
 * The parts of a body as they arrive.
 *
 * @param options.maxBytes of one part; a sender may have no end
 * @throws RunError on a body that ends before its last boundary, and on a part beyond the limit
 */
export async function* readParts(
  body: AsyncIterable<Uint8Array>,
  { boundary, maxBytes }: { readonly boundary: string; readonly maxBytes: number },
): AsyncGenerator<Part> {
  // With a line end before the first boundary all of them look the same.
  const mark = latin(`\r\n--${boundary}`);
  const source = body[Symbol.asyncIterator]();
  let held: Uint8Array = latin("\r\n");
  let over = false;
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next();
    if (done === true) {
      over = true;
      return false;
    }
    held = joined([held, value]);
    return true;
  };
  const cut = (): never => {
    throw new RunError(
      `Cannot read a multipart body: found its end after ${held.length} bytes of a part, wanted its last boundary; the connection may have been cut`,
    );
  };
  /** Bytes up to the next boundary, which is taken away; undefined where the body ends. */
  const upToMark = async (): Promise<Uint8Array<ArrayBuffer>> => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      const at = indexOf(held, mark);
      if (at >= 0) {
        chunks.push(held.subarray(0, at));
        held = held.subarray(at + mark.length);
        return joined(chunks);
      }
      // The end of what is held may be the beginning of a boundary.
      const safe = Math.max(0, held.length - mark.length + 1);
      chunks.push(held.subarray(0, safe));
      size += safe;
      held = held.subarray(safe);
      if (size > maxBytes) {
        throw new RunError(
          `Cannot read a multipart body: found a part of more than ${maxBytes} bytes, wanted at most that`,
        );
      }
      if (!(await more())) return cut();
    }
  };
  try {
    await upToMark();
    for (;;) {
      while (held.length < 2) if (!(await more())) cut();
      if (held[0] === 0x2d && held[1] === 0x2d) return;
      const whole = await upToMark();
      const end = indexOf(whole, latin("\r\n\r\n"));
      const head = end < 0 ? whole : whole.subarray(0, end);
      const headers: Record<string, string> = {};
      for (const line of text.decode(head).split("\r\n")) {
        const colon = line.indexOf(":");
        if (colon > 0) {
          headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
        }
      }
      yield { headers, bytes: end < 0 ? new Uint8Array(0) : whole.slice(end + 4) };
    }
  } finally {
    // What is left of a body that is not read would hold its connection.
    if (!over) await source.return?.().catch(() => undefined);
  }
}

/** A body of DICOM objects, and its content type. */
export function dicomBody(
  objects: readonly Uint8Array[],
  boundary: string,
): { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> } {
  const chunks: Uint8Array[] = [];
  for (const bytes of objects) {
    chunks.push(latin(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), bytes);
    chunks.push(latin("\r\n"));
  }
  chunks.push(latin(`--${boundary}--\r\n`));
  return {
    type: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    bytes: joined(chunks),
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const [first = 0] = wanted;
  const last = bytes.length - wanted.length;
  for (let at = bytes.indexOf(first); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}
