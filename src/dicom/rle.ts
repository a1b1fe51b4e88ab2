/** RLE Lossless: byte planes, most significant first, each packed by PackBits [nema2024ps35] (annex G). */
import { dicomError } from "./failure.ts";

/**
 * Unpacks one frame.
 *
 * @param pixels pixels of the frame
 * @returns little-endian samples, the samples of a pixel side by side
 * @throws FormatError when segments are missing, point outside, or give too few bytes
 */
export function decodeRle(
  bytes: Uint8Array,
  options: { pixels: number; samples: number; bytesPerSample: number; offset: number },
): Uint8Array {
  const { pixels, samples, bytesPerSample, offset } = options;
  const segments = samples * bytesPerSample;
  if (bytes.length < 64) {
    throw dicomError(
      "truncated",
      offset,
      `Cannot decode RLE: found ${bytes.length} bytes, wanted a header of 64`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count !== segments) {
    throw dicomError(
      "corrupt",
      offset,
      `Cannot decode RLE: found ${count} segments, wanted ${segments}`,
    );
  }
  const out = new Uint8Array(pixels * segments);
  for (let s = 0; s < segments; s++) {
    const start = view.getUint32(4 + 4 * s, true);
    const end = s + 1 < segments ? view.getUint32(8 + 4 * s, true) : bytes.length;
    if (start < 64 || start > bytes.length || end < start) {
      throw dicomError(
        "corrupt",
        offset + 4 + 4 * s,
        `Cannot decode RLE: found segment ${s + 1} from byte ${start} to ${end} of ${bytes.length}, wanted it inside the frame`,
      );
    }
    const sample = Math.floor(s / bytesPerSample);
    const byte = bytesPerSample - 1 - (s % bytesPerSample);
    const filled = unpack(bytes, {
      start,
      end: Math.min(end, bytes.length),
      out,
      first: sample * bytesPerSample + byte,
      step: segments,
    });
    if (filled < pixels) {
      throw dicomError(
        "truncated",
        offset + Math.min(end, bytes.length),
        `Cannot decode RLE: found ${filled} bytes in segment ${s + 1}, wanted ${pixels}`,
      );
    }
  }
  return out;
}

/** Unpacks a segment to every `step`-th byte of `out`; surplus is dropped. Returns the bytes written. */
function unpack(
  bytes: Uint8Array,
  to: { start: number; end: number; out: Uint8Array; first: number; step: number },
): number {
  const { out, step, end } = to;
  let at = to.start;
  let target = to.first;
  let filled = 0;
  while (at < end && target < out.length) {
    const code = bytes[at++]!;
    if (code < 128) {
      const stop = Math.min(at + code + 1, end);
      while (at < stop && target < out.length) {
        out[target] = bytes[at++]!;
        target += step;
        filled++;
      }
    } else if (code > 128) {
      if (at >= end) break;
      const value = bytes[at++]!;
      for (let n = 257 - code; n > 0 && target < out.length; n--) {
        out[target] = value;
        target += step;
        filled++;
      }
    }
  }
  return filled;
}

/** Packs one frame of interleaved little-endian samples; rows are packed apart, as the standard asks. */
export function encodeRle(
  bytes: Uint8Array,
  options: { columns: number; samples: number; bytesPerSample: number },
): Uint8Array {
  const { columns, samples, bytesPerSample } = options;
  const step = samples * bytesPerSample;
  const pixels = bytes.length / step;
  const parts: Uint8Array[] = [];
  const header = new Uint8Array(64);
  const view = new DataView(header.buffer);
  view.setUint32(0, step, true);
  let at = 64;
  for (let s = 0; s < step; s++) {
    const sample = Math.floor(s / bytesPerSample);
    const plane = new Uint8Array(pixels);
    const first = sample * bytesPerSample + bytesPerSample - 1 - (s % bytesPerSample);
    for (let i = 0; i < pixels; i++) plane[i] = bytes[first + i * step]!;
    const packed = pack(plane, columns);
    view.setUint32(4 + 4 * s, at, true);
    at += packed.length;
    parts.push(packed);
  }
  const out = new Uint8Array(at);
  out.set(header);
  at = 64;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function pack(plane: Uint8Array, columns: number): Uint8Array {
  const rows = plane.length / columns;
  const out = new Uint8Array(rows * (columns + Math.ceil(columns / 128)) + 1);
  let n = 0;
  for (let row = 0; row < rows; row++) {
    const end = (row + 1) * columns;
    let at = row * columns;
    while (at < end) {
      const limit = Math.min(end, at + 128);
      let run = at + 1;
      while (run < limit && plane[run] === plane[at]) run++;
      if (run - at > 1) {
        out[n++] = 257 - (run - at);
        out[n++] = plane[at]!;
        at = run;
        continue;
      }
      let stop = at + 1;
      // A run of three breaks even against the cost of starting a literal anew.
      while (
        stop < limit &&
        !(stop + 2 < end && plane[stop] === plane[stop + 1] && plane[stop] === plane[stop + 2])
      ) {
        stop++;
      }
      out[n++] = stop - at - 1;
      out.set(plane.subarray(at, stop), n);
      n += stop - at;
      at = stop;
    }
  }
  // Segments have an even length.
  return out.subarray(0, n + (n % 2));
}
