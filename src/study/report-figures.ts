/** Figures of a study's report. */
import * as Plot from "@observablehq/plot";
import { type Image, makeImage } from "../core/image.ts";
import { renderPlane } from "../figures/bitmap.ts";
import { type Panel, panelsSvg } from "../figures/panels.ts";
import { plotSvg, seriesColours } from "../figures/plot.ts";
import { countText, type Summary } from "../stats/summary.ts";
import { float32Of, float64Of } from "./bytes.ts";
import { classWords } from "./class-words.ts";
import type { ReadPieces } from "./execute.ts";
import { sidesOf } from "./facts.ts";
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { StudyPlan } from "./plan.ts";
import type { ReportFigure } from "./report.ts";
import { metricLabel, numberName, sweepPoints } from "./report-tables.ts";

export function sweepFigures(
  study: OpenedStudy,
  numbers: StudyNumbers,
  id: string,
): ReportFigure[] {
  const against = numberName(study.description.sweeps[id]!.against);
  const rows = sweepPoints(study, id).filter(({ value }) => value > 0);
  const figure = (
    name: string,
    label: string,
    value: (method: string) => number | undefined,
    left = "",
  ) => {
    const points = rows.flatMap(({ method, value: x }) => {
      const y = value(method);
      return y === undefined ? [] : [{ x, y }];
    });
    return {
      name: `sweep-${id}-${name}`,
      caption: `${label} against ${against}, ${id}${left}`,
      svg: plotSvg({
        width: 480,
        height: 320,
        marginLeft: 60,
        marginBottom: 44,
        x: { type: "log", label: against, labelAnchor: "center", grid: true, tickFormat: "~e" },
        y: { label, grid: true },
        marks: [
          Plot.frame({ stroke: "#999" }),
          Plot.line(points, { x: "x", y: "y", stroke: seriesColours[0]!, strokeWidth: 2 }),
          Plot.dot(points, { x: "x", y: "y", fill: seriesColours[0]! }),
        ],
      }),
    };
  };
  const observed = Object.entries(study.observers)
    .filter(([, { kind }]) => kind.overview)
    .flatMap(([observer]) => numbers.analyses[observer]!.columns);
  const [metric] = Object.keys(study.description.metrics);
  return [
    ...observed.map(({ name, measure }) =>
      figure(measure.replace(/[^\w-]+/g, "-"), name, (method) => numbers.valueOf(method, measure)),
    ),
    ...(metric === undefined
      ? []
      : [
          figure(
            metric,
            metricLabel(study, metric),
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

/** The first test image of the last class: truth, signal, then every method named. */
export async function examplesFigure(plan: StudyPlan, read: ReadPieces): Promise<ReportFigure> {
  const { study } = plan;
  const { description, scene } = study;
  const which = scene.classes.at(-1)!;
  const facts = await read.values(plan.facts);
  const { nz, ny, nx } = sidesOf(facts.frame);
  const first = plan.cases[which]![0]!;
  const { places } = await read.values(first);
  // Of a volume the plane of the signal, or the middle one.
  const slice =
    nz === 1 ? 0 : Math.min(nz - 1, Math.max(0, Math.round(places?.[0]?.[0] ?? (nz - 1) / 2)));
  const plane = (data: ArrayLike<number>): Image =>
    makeImage(
      Float32Array.from({ length: ny * nx }, (_, i) => data[slice * ny * nx + i]!),
      [ny, nx],
    );
  const clean = plane(float32Of(await read.blob(first, "clean")));
  const margin = facts.frame.unit === "normalised" ? 0.1 : 0;
  const window = description.display ?? {
    low: Math.min(...clean.data) - margin,
    high: Math.max(...clean.data) + margin,
  };
  const panels: Panel[] = [{ title: "truth", bitmap: renderPlane(clean, { window }) }];
  if (facts.signalPairs !== undefined) {
    const signal = plane(float64Of(await read.blob(plan.facts, "signal")));
    panels.push({ title: "signal", bitmap: renderPlane(signal) });
  }
  const [metric] = Object.keys(description.metrics);
  for (const method of description.panels) {
    const { pieces, setting } = plan.images[method]!;
    const piece = pieces[which]![0]!;
    const image = plane(float32Of(await read.blob(piece, setting)));
    const measured = (await read.values(piece))[setting];
    const value = metric === undefined ? undefined : measured?.metrics[metric]?.[0];
    const label = metric === undefined ? "" : metricLabel(study, metric);
    panels.push({
      title: method,
      bitmap: renderPlane(image, { window }),
      notes:
        value === undefined
          ? []
          : [`${label} ${value === null ? "not defined" : value.toFixed(2)}`],
    });
  }
  const named = ["A", ...classWords(study, which), "test image"].join(" ");
  return {
    name: "examples",
    caption: `${named}; all in the window ${window.low.toFixed(2)} to ${window.high.toFixed(2)}`,
    svg: panelsSvg(panels, { panelWidth: 180, columns: 4 }),
  };
}
