/** Observable Plot drawn to SVG text without a browser. */
import * as Plot from "@observablehq/plot";
import { fontFamily } from "./svg.ts";
import { type SvgNode, svgOwner } from "./svg-dom.ts";

/** Options of Observable Plot; its own types need those of d3, which a user's project may lack. */
export interface PlotOptions {
  readonly marks?: readonly unknown[];
  readonly [option: string]: unknown;
}

/**
 * Draws a plot to SVG text. Legends that are HTML in a browser are not available: label curves by
 * text marks, as `rocSvg` does.
 */
export function plotSvg(options: PlotOptions): string {
  const drawn: unknown = Plot.plot({
    ...(options as Plot.PlotOptions),
    document: svgOwner() as unknown as Document,
    style: { fontFamily, background: "white", ...(options["style"] as object | undefined) },
  });
  const node = drawn as SvgNode;
  node.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  node.setAttribute("xmlns:xlink", "http://www.w3.org/1999/xlink");
  node.setAttribute("font-family", fontFamily);
  return node.outerHTML;
}

/** Colours that stay apart for readers with any kind of colour blindness, dark enough on white. */
export const seriesColours: readonly string[] = Object.freeze([
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#7a5195",
  "#8c6d00",
  "#56b4e9",
  "#333333",
]);
