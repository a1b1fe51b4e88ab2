/** Curves of a training over its steps. */
import * as Plot from "@observablehq/plot";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { titleMark } from "../figures/roc.ts";
import type { HistoryCells } from "../train/history.ts";

export interface Curve {
  readonly label: string;
  /** Column of the history. */
  readonly column: string;
}

export interface CourseOptions {
  readonly title: string;
  readonly yLabel: string;
  /** Levels that the curves are held against. */
  readonly levels?: readonly { readonly label: string; readonly value: number }[];
}

/** Points of a curve at most; more are means of neighbours. */
const most = 400;
/** Values that span more than this factor are drawn on a logarithmic axis, where none is 0 or below. */
const decade = 20;

interface Point {
  readonly step: number;
  readonly value: number;
}

/** Points of a column, steps counted from 1. */
function pointsOf(rows: readonly HistoryCells[], column: string): Point[] {
  const all = rows.flatMap((row) => {
    const value = row[column];
    return value === undefined || !Number.isFinite(value)
      ? []
      : [{ step: row["step"]! + 1, value }];
  });
  if (all.length <= most) return all;
  return Array.from({ length: most }, (_, i) => {
    const from = Math.floor((i * all.length) / most);
    const part = all.slice(from, Math.floor(((i + 1) * all.length) / most));
    const mean = (of: (point: Point) => number) =>
      part.reduce((sum, point) => sum + of(point), 0) / part.length;
    return { step: mean((p) => p.step), value: mean((p) => p.value) };
  });
}

/** SVG of curves over the steps; undefined where no row has any of them. */
export function courseSvg(
  rows: readonly HistoryCells[],
  curves: readonly Curve[],
  { title, yLabel, levels = [] }: CourseOptions,
): string | undefined {
  const drawn = curves
    .slice(0, seriesColours.length)
    .map((curve) => ({ ...curve, points: pointsOf(rows, curve.column) }))
    .filter(({ points }) => points.length > 0);
  if (drawn.length === 0) return undefined;
  const values = [
    ...drawn.flatMap(({ points }) => points.map(({ value }) => value)),
    ...levels.map(({ value }) => value),
  ];
  const least = values.reduce((a, b) => Math.min(a, b));
  const peak = values.reduce((a, b) => Math.max(a, b));
  const logarithmic = least > 0 && peak > decade * least;
  const last = drawn.reduce((n, { points }) => Math.max(n, points.at(-1)!.step), 1);
  const small = Math.max(Math.abs(least), Math.abs(peak)) < 1e-3;
  return plotSvg({
    width: 640,
    height: 320,
    marginTop: 40,
    marginLeft: 64,
    marginRight: 130,
    marginBottom: 44,
    x: { label: "Step", labelAnchor: "center", domain: [0, last] },
    y: {
      label: yLabel,
      labelAnchor: "center",
      grid: true,
      nice: true,
      ...(logarithmic ? { type: "log", ticks: 5, tickFormat: "~g" } : {}),
      ...(small || peak >= 1e5 ? { tickFormat: "~e" } : {}),
    },
    marks: [
      ...levels.flatMap(({ label, value }) => [
        Plot.ruleY([value], { stroke: "#777", strokeDasharray: "5 4" }),
        Plot.text([label], {
          x: [last],
          y: [value],
          dx: 6,
          textAnchor: "start",
          fontSize: 11,
          fill: "#555",
        }),
      ]),
      ...drawn.map(({ points }, i) =>
        Plot.line(points, {
          x: "step",
          y: "value",
          stroke: seriesColours[i]!,
          strokeWidth: 1.6,
        }),
      ),
      ...drawn.flatMap(({ points }, i) =>
        points.length < 40
          ? [Plot.dot(points, { x: "step", y: "value", r: 2.5, fill: seriesColours[i]! })]
          : [],
      ),
      ...drawn.map(({ label }, i) =>
        Plot.text([label], {
          frameAnchor: "top-left",
          dx: 6,
          dy: 6 + 15 * i,
          textAnchor: "start",
          fontSize: 12,
          fill: seriesColours[i]!,
          stroke: "white",
          strokeWidth: 4,
        }),
      ),
      titleMark(title),
    ],
  });
}
