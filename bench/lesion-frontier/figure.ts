/** The frontier as a figure: contrast kept against error, one panel for each insert's size. */
import * as Plot from "@observablehq/plot";
import { plotSvg, seriesColours } from "../../src/figures/plot.ts";
import type { Figures } from "../lesion-frontier.ts";

const sizes = ["3 mm, 14 HU", "5 mm, 7 HU", "7 mm, 5 HU", "10 mm, 3 HU"];

/** What is drawn: as a curve, or as points. */
const curves = [
  { family: "blur alone", label: "Gaussian blur", colour: "#333333" },
  { family: "Wiener alone", label: "Wiener filter", colour: seriesColours[3]! },
  {
    family: "flat-top + non-local-means",
    label: "preserving+non-local-means",
    colour: seriesColours[0]!,
  },
  {
    family: "flat-top + total-variation",
    label: "preserving+total-variation",
    colour: seriesColours[2]!,
  },
];

export function frontierFigure(rows: readonly Figures[]): string {
  const points = (of: (family: string) => boolean) =>
    rows
      .filter(({ family }) => of(family))
      .flatMap(({ rmse, kept, name, family }) =>
        kept.map((k, n) => ({ rmse, ...k, size: sizes[n]!, name, family })),
      )
      .filter(({ rmse }) => rmse < 13);
  const plain = ["non-local-means", "bm3d", "total-variation", "drunet-light"];
  const drawn = curves.map((curve) => ({ ...curve, data: points((f) => f === curve.family) }));
  const legend = curves.map(({ label, colour }, i) => ({ label, colour, i }));
  return plotSvg({
    width: 900,
    height: 620,
    marginTop: 40,
    x: { label: "RMSE (HU)", domain: [0, 13], grid: true },
    y: { label: "contrast kept", domain: [0, 1.05], grid: true },
    fy: { label: null },
    fx: { label: null, axis: null },
    facet: undefined,
    marks: [
      Plot.frame({ stroke: "#999" }),
      ...sizes.map((size, n) =>
        Plot.text([size], {
          fx: n % 2,
          fy: Math.floor(n / 2),
          frameAnchor: "top-left",
          dx: 6,
          dy: 6,
          fontWeight: "bold",
        }),
      ),
      ...drawn.flatMap(({ data, colour }) => {
        const at = data.map((p) => ({ ...p, n: sizes.indexOf(p.size) }));
        const place = {
          x: "rmse",
          fx: (p: { n: number }) => p.n % 2,
          fy: (p: { n: number }) => Math.floor(p.n / 2),
        };
        return [
          Plot.line(at, {
            ...place,
            y: "estimate",
            stroke: colour,
            strokeWidth: 1.8,
            sort: "rmse",
          }),
          Plot.ruleX(at, {
            ...place,
            y1: "lower",
            y2: "upper",
            stroke: colour,
            strokeOpacity: 0.5,
          }),
          Plot.dot(at, { ...place, y: "estimate", fill: colour, r: 2.5 }),
        ];
      }),
      Plot.dot(
        points((f) => plain.includes(f)).map((p) => ({ ...p, n: sizes.indexOf(p.size) })),
        {
          x: "rmse",
          y: "estimate",
          fx: (p: { n: number }) => p.n % 2,
          fy: (p: { n: number }) => Math.floor(p.n / 2),
          stroke: "#d55e00",
          symbol: "times",
        },
      ),
      Plot.text(
        points((f) => plain.includes(f)).map((p) => ({ ...p, n: sizes.indexOf(p.size) })),
        {
          x: "rmse",
          y: "estimate",
          text: "name",
          dx: 7,
          textAnchor: "start",
          fill: "#d55e00",
          fontSize: 10,
          fx: (p: { n: number }) => p.n % 2,
          fy: (p: { n: number }) => Math.floor(p.n / 2),
        },
      ),
      ...legend.map(({ label, colour, i }) =>
        Plot.text([label], {
          fx: 1,
          fy: 0,
          frameAnchor: "bottom-right",
          dx: -8,
          dy: -8 - 15 * i,
          fill: colour,
          fontSize: 12,
        }),
      ),
    ],
  });
}
