/** Figures of a study's report. */
import * as Plot from "@observablehq/plot";
import { renderPlane } from "../figures/bitmap.ts";
import { forestSvg } from "../figures/forest.ts";
import { type Panel, panelsSvg } from "../figures/panels.ts";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { rocSvg } from "../figures/roc.ts";
import { makeImage } from "../core/image.ts";
import { rocCurve } from "../stats/roc.ts";
import { countText, type Summary } from "../stats/summary.ts";
import { float32Of } from "./bytes.ts";
import { mainMethods, type Study } from "./description.ts";
import type { ReadPiece, StudyNumbers } from "./numbers.ts";
import type { StudyPlan } from "./plan.ts";
import type { ReportFigure } from "./report.ts";
import { sweepObservers, sweepRows } from "./report-tables.ts";
import { openScene } from "./scene.ts";

/** Curves that one plot holds before they cover each other. */
const mostCurves = seriesColours.length;

export function rocFigure(study: Study, numbers: StudyNumbers, observer: string): ReportFigure {
  const main = new Set(mainMethods(study));
  const judged = numbers.judgements.filter(
    (j) => j.observer === observer && j.area !== undefined && main.has(j.method),
  );
  // Where there are more than can be told apart, those that the examples show.
  const preferred = judged.filter(({ method }) => study.panels.includes(method));
  const order = study.panels;
  const few = judged.length <= mostCurves || preferred.length < 2;
  const shown = few
    ? judged.slice(0, mostCurves)
    : preferred
        .sort((a, b) => order.indexOf(a.method) - order.indexOf(b.method))
        .slice(0, mostCurves);
  const curves = shown.map(({ method, scores, area }) => {
    const { fpf, tpf } = rocCurve(scores);
    return { label: method, falsePositive: fpf, truePositive: tpf, auc: { value: area!.estimate } };
  });
  const rest = judged.length - shown.length;
  return {
    name: `roc-${observer}`,
    caption: `ROC curves, ${observer}${rest > 0 ? ` (${shown.length} methods; the others are in the table)` : ""}`,
    svg: curves.length === 0 ? emptySvg : rocSvg(curves),
  };
}

const emptySvg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="40"><text x="8" y="24">no areas</text></svg>';

export function forestFigure(study: Study, numbers: StudyNumbers, observer: string): ReportFigure {
  const main = new Set(mainMethods(study));
  const rows = numbers.judgements.flatMap(({ observer: own, method, area }) =>
    own === observer &&
    main.has(method) &&
    area !== undefined &&
    Number.isFinite(area.interval.lower)
      ? [
          {
            label: method,
            value: area.estimate,
            low: area.interval.lower,
            high: area.interval.upper,
          },
        ]
      : [],
  );
  const base = rows.find(({ label }) => label === study.statistics.reference);
  return {
    name: `areas-${observer}`,
    caption: `Areas with their intervals, ${observer}; the line is \`${study.statistics.reference}\``,
    svg:
      rows.length === 0
        ? emptySvg
        : forestSvg(rows, {
            xLabel: "AUC",
            ...(base === undefined ? {} : { reference: base.value }),
          }),
  };
}

export function sweepFigure(study: Study, numbers: StudyNumbers, id: string): ReportFigure[] {
  const rows = sweepRows(study, id).filter(({ beta }) => beta > 0);
  const figure = (
    name: string,
    label: string,
    value: (method: string) => number | undefined,
    left = "",
  ) => {
    const points = rows.flatMap(({ method, beta }) => {
      const v = value(method);
      return v === undefined ? [] : [{ beta, value: v }];
    });
    return {
      name: `sweep-${id}-${name}`,
      caption: `${label} against β, ${id}${left}`,
      svg: plotSvg({
        width: 480,
        height: 320,
        marginLeft: 60,
        marginBottom: 44,
        x: { type: "log", label: "β", labelAnchor: "center", grid: true, tickFormat: "~e" },
        y: { label, grid: true },
        marks: [
          Plot.frame({ stroke: "#999" }),
          Plot.line(points, { x: "beta", y: "value", stroke: seriesColours[0]!, strokeWidth: 2 }),
          Plot.dot(points, { x: "beta", y: "value", fill: seriesColours[0]! }),
        ],
      }),
    };
  };
  const observers = sweepObservers(study);
  const [metric] = Object.keys(study.metrics);
  return [
    ...observers.map((o) =>
      figure(`auc-${o}`, `AUC, ${o}`, (method) => numbers.valueOf(method, `auc:${o}`)),
    ),
    ...(metric === undefined
      ? []
      : [
          figure(
            metric,
            study.metrics[metric]!.label ?? metric,
            (method) => numbers.valueOf(method, metric),
            leftOut(rows.map(({ method }) => numbers.summary(method, metric))),
          ),
        ]),
  ];
}

/** For a caption: that means run over some of the images only. */
function leftOut(summaries: readonly Summary[]): string {
  const fewest = summaries.reduce(
    (least: Summary | undefined, s) => (least && least.counted <= s.counted ? least : s),
    undefined,
  );
  return fewest && fewest.counted < fewest.of
    ? ` (means over the images that have a value, at the fewest ${countText(fewest)})`
    : "";
}

/** The first signal-present test image: truth, then every method named. */
export async function examplesFigure(
  study: Study,
  plan: StudyPlan,
  read: ReadPiece,
): Promise<ReportFigure> {
  const scene = await openScene(study.task, study.seed);
  const { ny, nx, signal } = scene;
  const { clean } = scene.draw("test", "present", 0);
  const window = { low: Math.min(...clean.data) - 0.1, high: Math.max(...clean.data) + 0.1 };
  const panels: Panel[] = [
    { title: "truth", bitmap: renderPlane(clean, { window }) },
    {
      title: "signal",
      bitmap: renderPlane(makeImage(Float32Array.from(signal), [ny, nx])),
    },
  ];
  for (const method of study.panels) {
    const { present, setting } = plan.images[method]!;
    const { values, blobs } = await read(present[0]!);
    const data = float32Of(blobs[setting]!).slice(0, ny * nx);
    const measured = (
      values as never as Record<string, { metrics: Record<string, (number | null)[]> }>
    )[setting]!;
    const [metric] = Object.keys(study.metrics);
    const value = metric === undefined ? undefined : measured.metrics[metric]?.[0];
    const label = metric === undefined ? "" : (study.metrics[metric]!.label ?? metric);
    panels.push({
      title: method,
      bitmap: renderPlane(makeImage(data, [ny, nx]), { window }),
      notes:
        value === undefined
          ? []
          : [`${label} ${value === null ? "not defined" : value.toFixed(2)}`],
    });
  }
  return {
    name: "examples",
    caption: `A signal-present test image; all in the window ${window.low.toFixed(2)} to ${window.high.toFixed(2)}`,
    svg: panelsSvg(panels, { panelWidth: 180, columns: 4 }),
  };
}
