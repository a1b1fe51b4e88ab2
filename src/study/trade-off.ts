/** Image quality against detectability: every method a curve over its weight, intervals as bars. */
import * as Plot from "@observablehq/plot";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { normalFactor } from "../stats/result.ts";
import type { CheckedStudy } from "./description.ts";
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { ReportSection } from "./report.ts";
import { metricLabel } from "./report-tables.ts";

type TradeOff = NonNullable<CheckedStudy["tradeOffs"]>[string];

interface Point {
  readonly curve: string;
  readonly method: string;
  readonly x: number;
  readonly left: number;
  readonly right: number;
  readonly y: number;
  readonly lower: number;
  readonly upper: number;
}

/** Points of the curves that have both numbers, in the order of the description. */
function pointsOf(
  study: OpenedStudy,
  numbers: StudyNumbers,
  { metric, observer, curves }: TradeOff,
) {
  const half = normalFactor(study.description.statistics.level);
  return Object.entries(curves).flatMap(([curve, methods]) =>
    methods.flatMap((method): Point[] => {
      const area = numbers.analyses[observer]!.measures[method]?.[`auc:${observer}`];
      const { counted, mean, standardError } = numbers.summary(method, metric);
      if (area === undefined || counted === 0) return [];
      const spread = Number.isFinite(standardError) ? half * standardError : 0;
      return [
        {
          curve,
          method,
          x: mean,
          left: mean - spread,
          right: mean + spread,
          y: area.value,
          lower: area.interval?.lower ?? area.value,
          upper: area.interval?.upper ?? area.value,
        },
      ];
    }),
  );
}

export function tradeOffSection(
  study: OpenedStudy,
  numbers: StudyNumbers,
  id: string,
): ReportSection {
  const plan = study.description.tradeOffs![id]!;
  const points = pointsOf(study, numbers, plan);
  const label = metricLabel(study, plan.metric);
  const percent = `${100 * study.description.statistics.level} %`;
  return {
    heading: `Trade-off: ${id}`,
    text: [
      `${label} against the area of \`${plan.observer}\`: each method a curve over its weight. Bars are ${percent} intervals over the test images, of each point by itself: what is paired stands in the tables of differences.`,
    ],
    tables: [
      {
        name: `trade-off-${id}`,
        caption: `${label} and AUC ${plan.observer}`,
        columns: [
          { name: "curve" },
          { name: "method" },
          { name: label, digits: 4 },
          { name: "AUC", digits: 4 },
          { name: "lower", digits: 4 },
          { name: "upper", digits: 4 },
        ],
        rows: points.map(({ curve, method, x, y, lower, upper }) => [
          curve,
          method,
          x,
          finiteOrNone(y),
          finiteOrNone(lower),
          finiteOrNone(upper),
        ]),
      },
    ],
    figures: [
      {
        name: `trade-off-${id}`,
        caption: `${label} against AUC ${plan.observer}, with ${percent} intervals`,
        svg: tradeOffSvg(points, { label, observer: plan.observer }),
      },
    ],
  };
}

const finiteOrNone = (v: number): number | null => (Number.isFinite(v) ? v : null);

/** Shapes that tell curves apart beyond the number of colours. */
const symbols = ["circle", "square", "triangle", "diamond", "star", "cross"] as const;

function tradeOffSvg(
  all: readonly Point[],
  { label, observer }: { readonly label: string; readonly observer: string },
): string {
  const points = all.filter(({ y, lower, upper }) => [y, lower, upper].every(Number.isFinite));
  const names = [...new Set(points.map(({ curve }) => curve))];
  const colour = ({ curve }: Point) => seriesColours[names.indexOf(curve) % seriesColours.length]!;
  const symbol = ({ curve }: Point) =>
    symbols[
      (names.indexOf(curve) + Math.floor(names.indexOf(curve) / seriesColours.length)) %
        symbols.length
    ]!;
  const first = names.map((curve) => points.find((point) => point.curve === curve)!);
  const rightmost = Math.max(...points.map(({ right }) => right));
  const leftmost = Math.min(...points.map(({ left }) => left));
  const [top, bottom] = [
    Math.max(...points.map(({ upper }) => upper)),
    Math.min(...points.map(({ lower }) => lower)),
  ];
  // Names stand in a column at the right, each beside its symbol.
  const key = first.map((point, k) => ({
    point,
    x: rightmost + 0.06 * (rightmost - leftmost),
    y: top - ((k + 0.5) * (top - bottom)) / Math.max(12, names.length),
  }));
  return plotSvg({
    width: 760,
    height: 440,
    marginLeft: 56,
    marginBottom: 44,
    marginRight: 230,
    x: { label, labelAnchor: "center", grid: true, domain: [leftmost, rightmost] },
    y: { label: `AUC ${observer}`, grid: true },
    marks: [
      Plot.frame({ stroke: "#999" }),
      Plot.ruleX(points, {
        x: "x",
        y1: "lower",
        y2: "upper",
        stroke: colour,
        strokeOpacity: 0.35,
      }),
      Plot.ruleY(points, {
        y: "y",
        x1: "left",
        x2: "right",
        stroke: colour,
        strokeOpacity: 0.35,
      }),
      Plot.line(points, { x: "x", y: "y", z: "curve", stroke: colour, strokeWidth: 1.6 }),
      Plot.dot(points, { x: "x", y: "y", symbol, fill: colour, stroke: "white", r: 4.5 }),
      Plot.dot(key, {
        x: "x",
        y: "y",
        symbol: (one: (typeof key)[number]) => symbol(one.point),
        fill: (one: (typeof key)[number]) => colour(one.point),
        r: 4.5,
        clip: false,
      }),
      Plot.text(key, {
        x: "x",
        y: "y",
        text: (one: (typeof key)[number]) => one.point.curve,
        textAnchor: "start",
        dx: 9,
        fill: (one: (typeof key)[number]) => colour(one.point),
      }),
    ],
  });
}
