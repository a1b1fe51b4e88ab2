/**
 * Damage done to files on purpose, by seed: the same seed gives the same bytes anywhere. Used by the
 * contract of formats (a few hundred a format) and by `tools/long/fuzz.ts` (many thousands).
 */
import { FormatError, InputError } from "../src/core/errors.ts";
import type { Stream } from "../src/core/random.ts";
import type { Decoded, Format, ReadOptions } from "../src/formats/format.ts";
import { crc32 } from "../src/codecs/crc32.ts";

const edges = [0, 1, 0x7f, 0x80, 0xff];

/** One to eight changes: bytes, runs, extreme numbers, cuts, doubled and moved pieces, digits of text. */
export function mutate(bytes: Uint8Array, stream: Stream): Uint8Array {
  let out = bytes.slice();
  const changes = 1 + stream.integer(8);
  // Headers stand at the front: half of all changes fall there.
  const place = () => {
    const limit = stream.uniform() < 0.5 ? Math.min(out.length, 400) : out.length;
    return limit > 0 ? stream.integer(limit) : 0;
  };
  for (let i = 0; i < changes && out.length > 0; i++) {
    const at = place();
    switch (stream.integer(8)) {
      case 0:
        out[at] = stream.integer(256);
        break;
      case 1:
        out[at] = out[at]! ^ (1 << stream.integer(8));
        break;
      case 2:
        out[at] = edges[stream.integer(edges.length)]!;
        break;
      case 3: {
        const width = [2, 4, 8][stream.integer(3)]!;
        const fill = edges[stream.integer(edges.length)]!;
        out.fill(fill, at, Math.min(out.length, at + width));
        break;
      }
      case 4:
        out = out.slice(0, at);
        break;
      case 5: {
        const length = 1 + stream.integer(64);
        const piece = out.slice(at, at + length);
        const joined = new Uint8Array(out.length + piece.length);
        joined.set(out.subarray(0, at));
        joined.set(piece, at);
        joined.set(out.subarray(at), at + piece.length);
        out = joined;
        break;
      }
      case 6: {
        const length = 1 + stream.integer(64);
        const from = place();
        out.copyWithin(at, from, Math.min(out.length, from + length));
        break;
      }
      default: {
        let p = at;
        while (p < out.length && !(out[p]! >= 48 && out[p]! <= 57)) p++;
        if (p < out.length) out[p] = 48 + stream.integer(10);
      }
    }
  }
  return out;
}

/** Puts right the checksums of PNG chunks, so that damage reaches what stands behind them. */
function repairPng(bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  let at = 8;
  while (at + 12 <= out.length) {
    const length = view.getUint32(at);
    if (at + 12 + length > out.length) break;
    view.setUint32(at + 8 + length, crc32(out.subarray(at + 4, at + 8 + length)));
    at += 12 + length;
  }
  return out;
}

/** Formats whose checksums would stop all damage at the door. */
export const repairs: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  png: repairPng,
};

/** What one damaged input did; undefined when it was read or refused in order. */
export async function tryInput(
  format: Format,
  bytes: Uint8Array,
  options: ReadOptions,
): Promise<string | undefined> {
  const kept = bytes.slice();
  // Processor time: the clock on the wall also counts what other processes take.
  const start = process.cpuUsage();
  let decoded: Decoded | undefined;
  try {
    format.sniff(bytes, options.fileName);
    decoded = await format.read(bytes, options);
  } catch (error) {
    if (!(error instanceof InputError)) return `threw ${String((error as Error).stack)}`;
    if (!error.message.startsWith("Cannot ")) return `message ${error.message}`;
    if (error instanceof FormatError && !(error.offset >= 0 && Number.isFinite(error.offset))) {
      return `offset ${error.offset}`;
    }
  }
  const spent = process.cpuUsage(start);
  const milliseconds = (spent.user + spent.system) / 1000;
  if (milliseconds > 5000) return `took ${milliseconds.toFixed(0)} ms`;
  for (const { image, stored } of decoded?.images ?? []) {
    if (image.data.length !== stored.data.length) return "image and stored differ in length";
    if (image.data.length > (options.maxElements ?? Infinity)) return "larger than allowed";
  }
  if (kept.some((b, i) => b !== bytes[i])) return "changed its input";
  return undefined;
}
