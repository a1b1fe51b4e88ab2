/** Bitmaps and drawings as PNG bytes. */
import { encodePng } from "../codecs/png-encode.ts";
import type { Bitmap } from "./bitmap.ts";

/** A bitmap as the bytes of an 8-bit RGB PNG file. */
export function bitmapPng(bitmap: Bitmap): Uint8Array {
  const { width, height, data } = bitmap;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return encodePng({ width, height, channels: 3, depth: 8, bytes });
}

/**
 * An SVG drawing as PNG bytes, with text set in the bundled font. In a page: its own fonts.
 *
 * @param options.scale device pixels per SVG unit, default 1
 */
export async function svgPng(svg: string, options: { scale?: number } = {}): Promise<Uint8Array> {
  // Loaded late, so that a browser that only draws SVG never meets the native binding.
  const { rasterise } = await import("./rasterise.ts");
  return rasterise(svg, options.scale ?? 1);
}
