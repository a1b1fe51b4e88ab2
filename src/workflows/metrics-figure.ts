/** The curves of metrics as a picture: a panel for each curve of each metric, a line for each image. */
import * as Plot from "@observablehq/plot";
import { InputError } from "../core/errors.ts";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { titleMark } from "../figures/roc.ts";
import type { MetricResult } from "../metrics/metric.ts";

export interface CurveRow {
  readonly image: string;
  readonly label: string;
  readonly result: MetricResult;
}

const [width, height, gap] = [480, 320, 16];

/**
 * SVG of all curves, two panels in a row.
 *
 * @throws InputError when no result has a curve
 */
export function metricsFigure(rows: readonly CurveRow[]): string {
  const lines = rows.flatMap(({ image, label, result }) =>
    result.status === "ok"
      ? Object.entries(result.curves ?? {}).map(([name, curve]) => ({
          panel: `${label}: ${name}`,
          image,
          curve,
        }))
      : [],
  );
  if (lines.length === 0) {
    throw new InputError(
      "Cannot draw curves: found none among the metrics' results, wanted one of nps, ttf, mtf, neq or another that has them",
    );
  }
  const panels = [...new Set(lines.map(({ panel }) => panel))].map((panel) => {
    const own = lines.filter((line) => line.panel === panel);
    const { xLabel, yLabel } = own[0]!.curve;
    const named = own.slice(0, seriesColours.length);
    const peak = own.reduce(
      (most, { curve }) =>
        curve.y.reduce((top: number, v) => (Math.abs(v) > top ? Math.abs(v) : top), most),
      0,
    );
    return plotSvg({
      width,
      height,
      marginTop: 40,
      marginLeft: 64,
      marginBottom: 44,
      x: { label: xLabel, labelAnchor: "center", nice: true },
      y: {
        label: yLabel,
        labelAnchor: "center",
        grid: true,
        nice: true,
        // Long numbers would run into the label.
        ...(peak >= 1e4 || peak < 1e-3 ? { tickFormat: "~e" } : {}),
      },
      marks: [
        ...own.map(({ curve }, i) =>
          Plot.line(
            Array.from(curve.x, (x, k) => ({ x, y: curve.y[k]! })),
            {
              x: "x",
              y: "y",
              stroke: own.length > named.length ? "#777" : seriesColours[i]!,
              filter: ({ y }: { y: number }) => Number.isFinite(y),
            },
          ),
        ),
        // More lines than colours: their names could not be told apart.
        ...(own.length > named.length || own.length === 1 ? [] : named).map(({ image }, i) =>
          Plot.text([image.split(/[\\/]/).at(-1)], {
            frameAnchor: "top-right",
            dy: 4 + 14 * i,
            dx: -6,
            fill: seriesColours[i]!,
            stroke: "white",
            strokeWidth: 4,
            fontSize: 11,
          }),
        ),
        titleMark(own.length === 1 ? panel : `${panel}, ${own.length} images`),
      ],
    });
  });
  const columns = Math.min(2, panels.length);
  const total = [
    columns * (width + gap) - gap,
    Math.ceil(panels.length / columns) * (height + gap) - gap,
  ];
  const body = panels.map((svg, i) => {
    const [x, y] = [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    return svg.replace("<svg", `<svg x="${x}" y="${y}"`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${total[0]}" height="${total[1]}" viewBox="0 0 ${total[0]} ${total[1]}"><rect width="100%" height="100%" fill="white"/>${body.join("")}</svg>`;
}
