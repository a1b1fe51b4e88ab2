/** ROC curves, AUC over dose and a forest plot of AUC in one picture. */
import * as Plot from "@observablehq/plot";
import { forestSvg, plotSvg, rocSvg } from "../figures/index.ts";
import { seriesColours } from "../figures/plot.ts";
import { titleMark } from "../figures/roc.ts";
import type { Observed, ObservedRow } from "../observers/observe.ts";
import { rocCurve } from "../stats/roc.ts";

export interface FigureTask {
  readonly name: string;
  readonly observed: Observed;
  /** A number for each arm, such as its dose, where arms lie on an axis. */
  readonly axis?: { readonly label: string; readonly of: Readonly<Record<string, number>> };
}

interface Part {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/** More curves than this cannot be told apart. */
const mostCurves = 6;

function sized(svg: string): Part {
  const size = (name: string) =>
    Number(new RegExp(`<svg[^>]*\\s${name}="([0-9.]+)"`).exec(svg)?.[1] ?? 480);
  return { svg, width: size("width"), height: size("height") };
}

function rocPart(rows: readonly ObservedRow[], name: string): Part {
  const shown = rows.slice(0, mostCurves);
  return sized(
    rocSvg(
      shown.map((row) => {
        const curve = rocCurve(row.judged!);
        return {
          label: `${row.label}, ${row.arm}`,
          falsePositive: curve.fpf,
          truePositive: curve.tpf,
          auc: { value: row.area!.estimate },
        };
      }),
      { title: rows.length > mostCurves ? `${name}: first ${mostCurves} of ${rows.length}` : name },
    ),
  );
}

function axisPart(
  rows: readonly ObservedRow[],
  name: string,
  axis: NonNullable<FigureTask["axis"]>,
): Part {
  const labels = [...new Set(rows.map((row) => row.label))];
  const values = Object.values(axis.of);
  const step = (Math.max(...values) - Math.min(...values)) / 60 || 1;
  const points = rows.map((row) => {
    const series = labels.indexOf(row.label);
    return {
      // Side by side, so that intervals of several observers do not hide one another.
      x: axis.of[row.arm]! + step * (series - (labels.length - 1) / 2),
      y: row.area!.estimate,
      low: row.area!.interval.lower,
      high: row.area!.interval.upper,
      label: row.label,
      colour: seriesColours[series % seriesColours.length]!,
    };
  });
  return sized(
    plotSvg({
      width: 480,
      height: 360,
      marginTop: 40,
      marginLeft: 56,
      marginBottom: 44,
      x: { label: axis.label, labelAnchor: "center", nice: true },
      y: { domain: [0, 1], label: "AUC", labelAnchor: "center", grid: true },
      marks: [
        Plot.ruleY([0.5], { stroke: "#999", strokeDasharray: "4 4" }),
        Plot.ruleX(
          points.filter((p) => Number.isFinite(p.low)),
          { x: "x", y1: "low", y2: "high", stroke: "colour", strokeWidth: 1.5 },
        ),
        Plot.line(points, { x: "x", y: "y", z: "label", stroke: "colour", sort: "x" }),
        Plot.dot(points, { x: "x", y: "y", fill: "colour", r: 4 }),
        ...labels.map((label, i) =>
          Plot.text([label], {
            frameAnchor: "bottom-right",
            dy: -10 - 16 * (labels.length - 1 - i),
            dx: -6,
            fill: seriesColours[i % seriesColours.length]!,
            stroke: "white",
            strokeWidth: 4,
            fontSize: 12,
          }),
        ),
        titleMark(name),
      ],
    }),
  );
}

/**
 * SVG with a row for each task: AUC over the arms' axis or ROC curves, and the areas with intervals.
 *
 * Under leave-pair-out a case has no single score, so that there is no ROC curve to draw.
 */
export function observersFigure(tasks: readonly FigureTask[]): string {
  let y = 0;
  let width = 0;
  const body: string[] = [];
  for (const { name, observed, axis } of tasks) {
    const rows = observed.rows.filter((row) => row.area && Number.isFinite(row.area.estimate));
    if (rows.length === 0) continue;
    const parts: Part[] = [];
    if (observed.protocol !== "leave-pair-out") parts.push(rocPart(rows, name));
    if (axis) parts.push(axisPart(rows, `${name}: AUC`, axis));
    const drawn = rows.filter((row) => Number.isFinite(row.area!.interval.lower));
    if (drawn.length > 0) {
      parts.push(
        sized(
          forestSvg(
            drawn.map((row) => ({
              label: `${row.label}, ${row.arm}`,
              value: row.area!.estimate,
              low: row.area!.interval.lower,
              high: row.area!.interval.upper,
              group: row.label,
            })),
            {
              title: `${name}: AUC, ${Math.round(100 * observed.level)} % intervals`,
              xLabel: "AUC",
              reference: 0.5,
            },
          ),
        ),
      );
    }
    let x = 0;
    for (const part of parts) {
      body.push(part.svg.replace("<svg", `<svg x="${x}" y="${y}"`));
      x += part.width + 16;
    }
    width = Math.max(width, x);
    y += Math.max(0, ...parts.map((part) => part.height)) + 16;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}"><rect width="100%" height="100%" fill="white"/>${body.join("")}</svg>`;
}
