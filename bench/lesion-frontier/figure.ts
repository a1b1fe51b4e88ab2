/** The frontier as a figure: contrast kept against error, one panel for each insert's size. */
import * as Plot from "@observablehq/plot";
import { plotSvg, seriesColours } from "../../src/figures/plot.ts";
import type { Figures } from "../lesion-frontier.ts";

const sizes = ["3 mm, 14 HU", "5 mm, 7 HU", "7 mm, 5 HU", "10 mm, 3 HU"];

/** Families drawn as curves: linear controls, and what the wrapper does. */
const curves = [
  { family: "blur alone", label: "Gaussian blur", colour: "#333333" },
  { family: "Wiener alone", label: "Wiener filter", colour: seriesColours[3]! },
  {
    family: "flat-top + non-local-means",
    label: "preserving+non-local-means",
    colour: seriesColours[0]!,
  },
  {
    family: "flat-top alone",
    label: "flat-top band alone",
    colour: seriesColours[2]!,
  },
];

/** Denoisers alone and blended, as points. */
const plain = ["non-local-means", "bm3d", "drunet-light"];
const pointColour = "#d55e00";

const [width, height] = [460, 330];
const farthest = 13;

function panel(rows: readonly Figures[], n: number): string {
  const points = (of: (family: string) => boolean) =>
    rows
      .filter(({ family, rmse }) => of(family) && rmse < farthest)
      .map(({ rmse, kept, name }) => ({ rmse, name, ...kept[n]! }));
  const denoisers = points((family) => plain.includes(family));
  return plotSvg({
    width,
    height,
    marginTop: 34,
    marginLeft: 48,
    marginBottom: 42,
    x: { label: "RMSE (HU)", labelAnchor: "center", domain: [0, farthest], grid: true },
    y: { label: "contrast kept", labelAnchor: "center", domain: [0, 1.1], grid: true },
    marks: [
      Plot.frame({ stroke: "#999" }),
      Plot.text([sizes[n]!], {
        frameAnchor: "top-left",
        dy: -18,
        fontWeight: "bold",
        fontSize: 13,
      }),
      ...curves.flatMap(({ family, colour }) => {
        const data = points((one) => one === family);
        return [
          Plot.ruleX(data, {
            x: "rmse",
            y1: "lower",
            y2: "upper",
            stroke: colour,
            strokeOpacity: 0.45,
          }),
          Plot.line(data, {
            x: "rmse",
            y: "estimate",
            stroke: colour,
            strokeWidth: 1.8,
            sort: "rmse",
          }),
          Plot.dot(data, { x: "rmse", y: "estimate", fill: colour, r: 2.6 }),
        ];
      }),
      Plot.ruleX(denoisers, {
        x: "rmse",
        y1: "lower",
        y2: "upper",
        stroke: pointColour,
        strokeOpacity: 0.45,
      }),
      Plot.dot(denoisers, {
        x: "rmse",
        y: "estimate",
        stroke: pointColour,
        symbol: "times",
        strokeWidth: 2,
      }),
      Plot.text(denoisers, {
        x: "rmse",
        y: "estimate",
        text: "name",
        dx: 7,
        dy: 8,
        textAnchor: "start",
        fill: pointColour,
        fontSize: 10,
      }),
      ...(n === 0 ? curves : []).map(({ label, colour }, i) =>
        Plot.text([label], {
          frameAnchor: "bottom-right",
          dx: -8,
          dy: -8 - 15 * i,
          fill: colour,
          fontSize: 12,
          stroke: "white",
          strokeWidth: 3,
        }),
      ),
    ],
  });
}

/** SVG of four panels. */
export function frontierFigure(rows: readonly Figures[]): string {
  const placed = sizes.map((_, n) => {
    const [x, y] = [(n % 2) * width, Math.floor(n / 2) * height];
    return panel(rows, n).replace("<svg ", `<svg x="${x}" y="${y}" `);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * width}" height="${2 * height}" viewBox="0 0 ${2 * width} ${2 * height}"><rect width="100%" height="100%" fill="white"/>${placed.join("")}</svg>\n`;
}
