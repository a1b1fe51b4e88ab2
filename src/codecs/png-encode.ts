/** PNG files [iso2004png] from samples: grey, grey with alpha, RGB or RGBA, 8 or 16 bits, not interlaced. */
import { zlibSync } from "fflate";
import { crc32 } from "./crc32.ts";
import { filterRows } from "./png-rows.ts";

export const pngSignature: readonly number[] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Colour type of the standard by the number of channels. */
const colourTypes = { 1: 0, 2: 4, 3: 2, 4: 6 } as const;

export interface PngSamples {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** Bits of a sample. */
  readonly depth: 8 | 16;
  /** Row by row, channels interleaved, big-endian where a sample has two bytes. */
  readonly bytes: Uint8Array;
  /** Chunks between header and pixels, such as `pHYs`. */
  readonly chunks?: readonly { readonly type: string; readonly data: Uint8Array }[];
}

/** The bytes of a PNG file. */
export function encodePng(samples: PngSamples): Uint8Array {
  const { width, height, channels, depth, bytes, chunks = [] } = samples;
  const pixelBytes = (channels * depth) / 8;
  const rows = filterRows(bytes, { height, rowBytes: width * pixelBytes, pixelBytes });
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([depth, colourTypes[channels], 0, 0, 0], 8);
  return joinBytes([
    Uint8Array.from(pngSignature),
    chunk("IHDR", head),
    ...chunks.map(({ type, data }) => chunk(type, data)),
    chunk("IDAT", zlibSync(rows, { level: 6 })),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}
