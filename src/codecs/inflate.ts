/**
 * Inflating with a bound: no more than the wanted bytes are ever held, the checksum is checked, and
 * trouble becomes a `FormatError`. A deflate stream cannot grow by more than about 1032 to 1, so a
 * claim beyond that is refused before anything is allocated.
 */
import { Inflate, gzipSync } from "fflate";
import { FormatError, messageOf } from "../core/errors.ts";

/** Greatest growth of deflate: 258 bytes from one length and one distance code of one bit each. */
const greatestGrowth = 1032;
const chunkBytes = 1 << 16;
/** Bytes behind the wanted ones that are still unpacked to reach the checksum. */
const surplusDrained = 1 << 24;

export type Packing = "gzip" | "zlib" | "raw";

const streamNames = { gzip: "gzip", zlib: "deflate", raw: "deflate-raw" } as const;

export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

export interface InflateOptions {
  readonly format: string;
  readonly packing: Packing;
  /** Byte of the file at which the packed data begins, for messages. */
  readonly offset?: number;
  /** Bytes wanted; the data must hold at least these. */
  readonly wanted: number;
  /** Whether more data than wanted is an error (`mismatch`) or dropped. Defaults to dropped. */
  readonly exact?: boolean;
}

/** Throws when `packed` bytes cannot possibly inflate to `wanted`. */
export function checkGrowth(
  packed: number,
  wanted: number,
  details: { format: string; offset: number },
): void {
  if (wanted > packed * greatestGrowth) {
    throw new FormatError(
      `Cannot inflate: found ${packed} packed bytes, wanted ${wanted} after unpacking, which that few cannot hold`,
      { format: details.format, kind: "truncated", offset: details.offset + packed },
    );
  }
}

/**
 * The first `wanted` bytes of packed data.
 *
 * @throws FormatError `truncated` when the data ends early, `corrupt` when it is damaged
 */
export async function inflate(packed: Uint8Array, options: InflateOptions): Promise<Uint8Array> {
  const { format, offset = 0, wanted, exact = false } = options;
  checkGrowth(packed.length, wanted, { format, offset });
  const out = new Uint8Array(wanted);
  let filled = 0;
  let surplus = 0;
  await inflateTo(packed, options, (piece) => {
    const room = wanted - filled;
    surplus += Math.max(0, piece.length - room);
    out.set(room >= piece.length ? piece : piece.subarray(0, room), filled);
    filled += Math.min(room, piece.length);
    // Reading on to the end checks the checksum; a bomb behind the wanted bytes is left alone.
    return surplus <= wanted + surplusDrained;
  });
  if (filled < wanted) {
    throw new FormatError(
      `Cannot inflate: found ${filled} bytes after unpacking, wanted ${wanted}`,
      {
        format,
        kind: "truncated",
        offset: offset + packed.length,
      },
    );
  }
  if (surplus > 0 && exact) {
    throw new FormatError(`Cannot inflate: found more than the wanted ${wanted} bytes`, {
      format,
      kind: "mismatch",
      offset: offset + packed.length,
    });
  }
  return out;
}

/**
 * All bytes of packed data whose length is unknown, up to `limit`.
 *
 * @throws FormatError also `too-large` beyond the limit
 */
export async function inflateAll(
  packed: Uint8Array,
  options: { format: string; packing: Packing; offset?: number; limit: number },
): Promise<Uint8Array> {
  const { format, offset = 0, limit } = options;
  const pieces: Uint8Array[] = [];
  let total = 0;
  await inflateTo(packed, options, (piece) => {
    total += piece.length;
    if (total > limit) return false;
    pieces.push(piece);
    return true;
  });
  if (total > limit) {
    throw new FormatError(`Cannot inflate: found more than ${limit} bytes`, {
      format,
      kind: "too-large",
      offset,
    });
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Feeds the packed bytes and hands on every piece; stops when `take` returns false. */
async function inflateTo(
  packed: Uint8Array,
  options: { format: string; packing: Packing; offset?: number },
  take: (piece: Uint8Array) => boolean,
): Promise<void> {
  const { format, offset = 0 } = options;
  const stream = new DecompressionStream(streamNames[options.packing]);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let fed = 0;
  let stopped = false;
  const feed = (async () => {
    while (fed < packed.length && !stopped) {
      await writer.ready;
      const piece = packed.subarray(fed, fed + chunkBytes);
      await writer.write(piece as Uint8Array<ArrayBuffer>);
      fed += piece.length;
    }
    if (!stopped) await writer.close();
  })();
  // The reader meets the same failure; this only keeps the rejection from going unhandled.
  feed.catch(() => undefined);
  writer.closed.catch(() => undefined);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (!take(value as Uint8Array)) {
        stopped = true;
        await reader.cancel().catch(() => undefined);
        return;
      }
    }
  } catch (cause) {
    const truncated = /unexpected end/i.test(messageOf(cause));
    throw new FormatError(`Cannot inflate: found damaged data (${messageOf(cause)})`, {
      format,
      kind: truncated ? "truncated" : "corrupt",
      offset: offset + (truncated ? packed.length : Math.max(0, fed)),
      cause,
    });
  }
}

/**
 * The first bytes inside gzip, for sniffing: as many as the first `packedLimit` packed bytes give,
 * empty on damage. Checksums are not reached and not checked.
 */
export function peekGzip(bytes: Uint8Array, packedLimit = 2048): Uint8Array {
  if (!isGzip(bytes)) return new Uint8Array(0);
  const start = gzipBodyStart(bytes);
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    const inflater = new Inflate((piece) => {
      total += piece.length;
      pieces.push(piece);
    });
    inflater.push(bytes.subarray(start, start + packedLimit), false);
  } catch {
    // Damage after the first good bytes still leaves those.
  }
  const out = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** Where the deflate stream of the first gzip member begins (RFC 1952). */
function gzipBodyStart(bytes: Uint8Array): number {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if (flags & 4) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const bit of [8, 16]) {
    if (flags & bit) {
      while (at < bytes.length && bytes[at] !== 0) at++;
      at++;
    }
  }
  if (flags & 2) at += 2;
  return at;
}

/** Gzip of all bytes, without a time stamp, so that the same content gives the same file. */
export function deflateGzip(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 6, mtime: 0 });
}
