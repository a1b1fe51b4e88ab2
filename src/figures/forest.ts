/** Forest plots: estimates with their intervals, one line each. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../core/errors.ts";
import { plotSvg, seriesColours } from "./plot.ts";
import { titleMark } from "./roc.ts";

export interface ForestRow {
  readonly label: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Rows of one group share a colour. */
  readonly group?: string;
}

export interface ForestOptions {
  readonly title?: string;
  /** What the numbers are, such as `AUC`. */
  readonly xLabel?: string;
  /** A vertical line, such as 0 for differences or 0.5 for chance. */
  readonly reference?: number;
  /** A band in which differences do not matter (an equivalence margin). */
  readonly band?: { readonly low: number; readonly high: number };
  /** Pixels. Defaults to 640. */
  readonly width?: number;
}

/** SVG with one line per row: label, interval, point and the numbers in words. */
export function forestSvg(rows: readonly ForestRow[], options: ForestOptions = {}): string {
  if (rows.length === 0) {
    throw new InputError("Cannot draw a forest plot: found no rows, wanted at least one");
  }
  const groups = [...new Set(rows.map((r) => r.group ?? ""))];
  const colour = (r: ForestRow): string =>
    seriesColours[groups.indexOf(r.group ?? "") % seriesColours.length]!;
  const digits = digitsFor(rows);
  // Rows stand by their place, so that two of the same label stay two.
  const keyed = rows.map((row, i) => ({ ...row, key: String(i), colour: colour(row) }));
  const longest = Math.max(...rows.map((r) => r.label.length));
  const { band, reference } = options;
  return plotSvg({
    width: options.width ?? 640,
    height: (options.title === undefined ? 50 : 70) + 26 * rows.length,
    // The widest letters of the bundled font at the size of tick labels.
    marginLeft: Math.min(300, 24 + 7.5 * longest),
    marginRight: 170,
    marginTop: options.title === undefined ? 16 : 36,
    marginBottom: 40,
    x: { label: options.xLabel ?? "", labelAnchor: "center", grid: true, nice: true },
    y: {
      type: "band",
      domain: keyed.map((r) => r.key),
      tickFormat: (key: string) => rows[Number(key)]!.label,
      label: null,
      tickSize: 0,
    },
    marks: [
      ...(band === undefined
        ? []
        : [Plot.rect([band], { x1: "low", x2: "high", fill: "#ddd", fillOpacity: 0.6 })]),
      ...(reference === undefined
        ? []
        : [Plot.ruleX([reference], { stroke: "#888", strokeDasharray: "4 4" })]),
      Plot.link(keyed, {
        x1: "low",
        x2: "high",
        y: "key",
        stroke: "colour",
        strokeWidth: 2,
      }),
      Plot.dot(keyed, { x: "value", y: "key", fill: "colour", r: 4 }),
      Plot.text(keyed, {
        y: "key",
        frameAnchor: "right",
        dx: 160,
        textAnchor: "end",
        fontSize: 11,
        text: (r: ForestRow) =>
          `${r.value.toFixed(digits)} (${r.low.toFixed(digits)} to ${r.high.toFixed(digits)})`.replaceAll(
            "-",
            "−",
          ),
      }),
      ...(options.title === undefined ? [] : [titleMark(options.title)]),
    ],
    color: { type: "identity" },
  });
}

/** Decimals that show the widths of the intervals with two digits or so. */
function digitsFor(rows: readonly ForestRow[]): number {
  const widths = rows.map((r) => r.high - r.low).filter((w) => w > 0 && Number.isFinite(w));
  if (widths.length === 0) return 3;
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(Math.min(...widths)))));
}
