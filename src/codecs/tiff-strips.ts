/** Unpacking of TIFF strips and tiles into exactly the bytes that they must hold. */
import { inflate } from "./inflate.ts";
import { tiffFail } from "./tiff-directory.ts";

/** Compressions that are read, with the greatest growth from packed to plain. */
export const compressions: Readonly<Record<number, { name: string; growth: number }>> = {
  1: { name: "none", growth: 1 },
  // 12-bit codes: the longest string of the table has fewer than 4096 bytes.
  5: { name: "LZW", growth: 2731 },
  8: { name: "deflate", growth: 1032 },
  32946: { name: "deflate", growth: 1032 },
  // Two bytes become at most 128.
  32773: { name: "PackBits", growth: 64 },
};

const reversed = Uint8Array.from({ length: 256 }, (_, b) => {
  let r = 0;
  for (let i = 0; i < 8; i++) r |= ((b >> i) & 1) << (7 - i);
  return r;
});

export async function unpackStrip(
  packed: Uint8Array,
  options: { compression: number; wanted: number; offset: number; reverseBits: boolean },
): Promise<Uint8Array> {
  const { compression, wanted, offset } = options;
  const data = options.reverseBits ? packed.map((b) => reversed[b]!) : packed;
  if (compression === 1) {
    if (data.length < wanted) {
      tiffFail(
        `Cannot read a TIFF strip: found ${data.length} bytes, wanted ${wanted}`,
        "truncated",
        offset + data.length,
      );
    }
    return data.subarray(0, wanted);
  }
  if (compression === 5) return unpackLzw(data, wanted, offset);
  if (compression === 32773) return unpackBits(data, wanted, offset);
  return inflate(data, { format: "tiff", packing: "zlib", offset, wanted });
}

function unpackBits(data: Uint8Array, wanted: number, offset: number): Uint8Array {
  const out = new Uint8Array(wanted);
  let to = 0;
  let at = 0;
  while (to < wanted) {
    if (at >= data.length)
      tiffFail(
        `Cannot unpack a TIFF strip: found ${to} bytes, wanted ${wanted}`,
        "truncated",
        offset + at,
      );
    const n = data[at++]!;
    if (n === 128) continue;
    if (n < 128) {
      if (at + n + 1 > data.length)
        tiffFail(
          "Cannot unpack a TIFF strip: found its end within a run",
          "truncated",
          offset + data.length,
        );
      const piece = data.subarray(at, at + Math.min(n + 1, wanted - to));
      out.set(piece, to);
      to += piece.length;
      at += n + 1;
    } else {
      if (at >= data.length)
        tiffFail(
          "Cannot unpack a TIFF strip: found its end within a run",
          "truncated",
          offset + at,
        );
      const run = Math.min(257 - n, wanted - to);
      out.fill(data[at++]!, to, to + run);
      to += run;
    }
  }
  return out;
}

/** LZW with codes of 9 to 12 bits, highest bit first. The table here runs one entry ahead of the usual
 * decoder's, so TIFF's early change of width comes at the powers of two. */
function unpackLzw(data: Uint8Array, wanted: number, offset: number): Uint8Array {
  if (data[0] === 0 && ((data[1] ?? 0) & 1) === 1) {
    tiffFail(
      "Cannot unpack a TIFF strip: found the old bit order of LZW, wanted that of TIFF 6",
      "unsupported",
      offset,
    );
  }
  const out = new Uint8Array(wanted);
  // Each string is its place in the output: codes always repeat what was written before.
  const starts = new Uint32Array(4097);
  const lengths = new Uint16Array(4097);
  let to = 0;
  let bits = 0;
  let held = 0;
  let at = 0;
  let width = 9;
  let next = 258;
  while (to < wanted) {
    while (held < width) {
      if (at >= data.length)
        tiffFail(
          `Cannot unpack a TIFF strip: found ${to} bytes, wanted ${wanted}`,
          "truncated",
          offset + at,
        );
      bits = ((bits << 8) | data[at++]!) & 0xffffff;
      held += 8;
    }
    const code = (bits >> (held - width)) & ((1 << width) - 1);
    held -= width;
    if (code === 257)
      tiffFail(
        `Cannot unpack a TIFF strip: found its end after ${to} bytes, wanted ${wanted}`,
        "truncated",
        offset + at,
      );
    if (code === 256) {
      width = 9;
      next = 258;
      continue;
    }
    const start = to;
    if (code < 256) out[to++] = code;
    else if (code < next) {
      const length = Math.min(lengths[code]!, wanted - to);
      const from = starts[code]!;
      for (let i = 0; i < length; i++) out[to + i] = out[from + i]!;
      to += length;
    } else {
      tiffFail(
        `Cannot unpack a TIFF strip: found code ${code}, wanted one below ${next}`,
        "corrupt",
        offset + at,
      );
    }
    // The string of this step: what was written now plus the first byte of the next step. It stands
    // in the output already, one byte longer than this step's own.
    if (next < 4096) {
      starts[next] = start;
      lengths[next] = to - start + 1;
      next++;
    }
    if (next === 512 || next === 1024 || next === 2048) width++;
  }
  return out;
}
