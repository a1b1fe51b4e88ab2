/** Figures made of titled pictures side by side, each with its intensity bar. */
import { InputError } from "../core/errors.ts";
import type { Bitmap } from "./bitmap.ts";
import { type ColourMap, lookupTable } from "./colour-map.ts";
import { svgBitmap, svgDocument, svgText } from "./svg.ts";
import type { Window } from "./window.ts";

export interface Panel {
  readonly title: string;
  readonly bitmap: Bitmap;
  /** Drawn below the picture: which intensities the colours mean. */
  readonly bar?: { readonly map: ColourMap; readonly window: Window; readonly unit?: string };
  /** Lines of small text below the picture. */
  readonly notes?: readonly string[];
}

export interface PanelsOptions {
  readonly title?: string;
  /** Small print below everything, such as the command that made the figure. */
  readonly footnote?: string;
  /** Panels in a row. Defaults to all in one row up to four, then four. */
  readonly columns?: number;
  /** Width of each picture in pixels. Defaults to 384. */
  readonly panelWidth?: number;
  /** Height of a pixel divided by its width (spacing y / spacing x). Defaults to 1. */
  readonly pixelAspect?: number;
}

/** The figure as SVG text; `svgPng` makes a PNG of it. */
export function panelsSvg(panels: readonly Panel[], options: PanelsOptions = {}): string {
  if (panels.length === 0) {
    throw new InputError("Cannot draw a figure: found no panels, wanted at least one");
  }
  const columns = options.columns ?? Math.min(4, panels.length);
  const width = options.panelWidth ?? 384;
  const aspect = options.pixelAspect ?? 1;
  const heightOf = ({ bitmap }: Panel): number =>
    Math.max(1, Math.round((width * bitmap.height * aspect) / bitmap.width));
  const gap = 16;
  const titleHeight = 24;
  const noteHeight = 16;
  const barHeight = panels.some((p) => p.bar !== undefined) ? 40 : 8;
  const notesHeight = noteHeight * Math.max(...panels.map((p) => p.notes?.length ?? 0));
  const top = options.title === undefined ? gap : gap + 30;
  const parts: string[] = [];
  let y = top;
  for (let row = 0; row * columns < panels.length; row++) {
    const members = panels.slice(row * columns, (row + 1) * columns);
    const tallest = Math.max(...members.map(heightOf));
    members.forEach((panel, i) => {
      const x = gap + i * (width + gap);
      const height = heightOf(panel);
      parts.push(svgText(panel.title, { x, y: y + 15, size: 14, bold: true }));
      parts.push(svgBitmap(panel.bitmap, { x, y: y + titleHeight, width, height }));
      if (panel.bar !== undefined) {
        parts.push(barSvg(panel.bar, { x, y: y + titleHeight + tallest + 8, width }));
      }
      panel.notes?.forEach((note, n) => {
        const line = y + titleHeight + tallest + barHeight + noteHeight * (n + 0.8);
        parts.push(svgText(note, { x, y: line, size: 12 }));
      });
    });
    y += titleHeight + tallest + barHeight + notesHeight + gap;
  }
  const total = gap + Math.min(columns, panels.length) * (width + gap);
  if (options.title !== undefined) {
    parts.push(svgText(options.title, { x: gap, y: gap + 16, size: 17, bold: true }));
  }
  if (options.footnote !== undefined) {
    parts.push(svgText(options.footnote, { x: gap, y: y + 4, size: 11, colour: "#666" }));
    y += noteHeight;
  }
  return svgDocument(
    total,
    y,
    `<rect width="${total}" height="${y}" fill="white"/>${parts.join("")}`,
  );
}

/** A colour bar with its two ends and the middle written below. */
function barSvg(
  bar: NonNullable<Panel["bar"]>,
  place: { x: number; y: number; width: number },
): string {
  const { low, high } = bar.window;
  const strip: Bitmap = { width: 256, height: 1, data: lookupTable(bar.map) };
  const { x, y, width } = place;
  const unit = bar.unit === undefined ? "" : ` ${bar.unit}`;
  const label = y + 22;
  return [
    svgBitmap(strip, { x, y, width, height: 8 }),
    svgText(short(low), { x, y: label, size: 11 }),
    svgText(`${short((low + high) / 2)}${unit}`, {
      x: x + width / 2,
      y: label,
      size: 11,
      anchor: "middle",
    }),
    svgText(short(high), { x: x + width, y: label, size: 11, anchor: "end" }),
  ].join("");
}

function short(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return (Object.is(rounded, -0) ? "0" : String(rounded)).replace("-", "−");
}
