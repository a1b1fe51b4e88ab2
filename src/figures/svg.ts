/** Small pieces of SVG text. */
import { visibleLines } from "../core/visible-text.ts";
import { bytesToBase64 } from "./base64.ts";
import type { Bitmap } from "./bitmap.ts";
import { bitmapPng } from "./png.ts";

export const fontFamily = "DejaVu Sans, Verdana, sans-serif";

/** Text for SVG; control characters, which XML does not allow, are written out. */
export function escapeXml(text: string): string {
  return visibleLines(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** An SVG document of the given size in pixels around its content. */
export function svgDocument(width: number, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${fontFamily}">${content}</svg>`;
}

export interface TextPlace {
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  readonly bold?: boolean;
  readonly colour?: string;
  readonly anchor?: "start" | "middle" | "end";
}

export function svgText(text: string, place: TextPlace): string {
  const { x, y, size = 12, bold = false, colour = "#222", anchor = "start" } = place;
  return `<text x="${x}" y="${y}" font-size="${size}"${bold ? ' font-weight="bold"' : ""} fill="${colour}" text-anchor="${anchor}">${escapeXml(text)}</text>`;
}

/** A bitmap drawn in a box without smoothing: a pixel of the image stays a square. */
export function svgBitmap(
  bitmap: Bitmap,
  box: { x: number; y: number; width: number; height: number },
): string {
  const data = bytesToBase64(bitmapPng(bitmap));
  return `<image x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" preserveAspectRatio="none" image-rendering="optimizeSpeed" xlink:href="data:image/png;base64,${data}"/>`;
}
