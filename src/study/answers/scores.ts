/** Scores of two classes of cases: areas under the ROC curve, their differences, and places found. */
import { z } from "zod";
import { forestSvg } from "../../figures/forest.ts";
import { seriesColours } from "../../figures/plot.ts";
import { rocSvg } from "../../figures/roc.ts";
import { normalQuantile } from "../../math/normal.ts";
import { aucLogit } from "../../stats/auc.ts";
import { type AreaComparison, compareDeLong } from "../../stats/compare.ts";
import { compareLroc, lrocArea } from "../../stats/localisation.ts";
import type { Estimate } from "../../stats/result.ts";
import { rocCurve } from "../../stats/roc.ts";
import { adjusted, adjustmentName, adjustmentText, pText } from "../multiplicity.ts";
import type { ReportFigure, ReportSection, ReportTable } from "../report.ts";
import type { AnalysisContext, AnswerKind, Measure, RefusedAnswer } from "./answer-kind.ts";

/** `95 %` of 0.95. */
const percentText = (share: number): string => `${100 * share} %`;

export const scoresSchema = z.object({
  status: z.literal("ok"),
  /** Test statistics of every case, in the order of the cases. */
  absent: z.array(z.number()),
  present: z.array(z.number()),
  /** Whether the place that it pointed at in each case with signal is the right one, where it searched. */
  located: z.array(z.boolean()).optional(),
  /** What the observer says about itself. */
  figures: z.record(z.string(), z.number()),
  findings: z.array(z.string()),
});

export type ScoresValues = z.output<typeof scoresSchema>;

type Context = AnalysisContext<ScoresValues>;

interface Row {
  readonly method: string;
  readonly answer: ScoresValues | RefusedAnswer;
  /** Absent when the observer refused. */
  readonly area?: Estimate;
  /** Against the reference, paired by case. */
  readonly difference?: AreaComparison;
  readonly adjustedP?: number;
}

/** An area of scores, and its paired difference: of all cases, or of those whose place was found. */
interface Area {
  /** Start of the measure's name and of its tables' and figures' names. */
  readonly measure: string;
  readonly of: (scores: ScoresValues, level: number) => Estimate | undefined;
  readonly compare: (a: ScoresValues, b: ScoresValues, level: number) => AreaComparison;
}

const locatedOf = ({ absent, present, located = [] }: ScoresValues) => ({
  absent,
  present,
  located,
});

const roc: Area = {
  measure: "auc",
  of: (scores, level) => aucLogit(scores, { level }),
  compare: (a, b, level) => compareDeLong(a, b, { level }),
};

const lroc: Area = {
  measure: "lroc",
  of: (scores, level) =>
    scores.located === undefined ? undefined : lrocArea(locatedOf(scores), { level }),
  compare: (a, b, level) => compareLroc(locatedOf(a), locatedOf(b), { level }),
};

export const scores: AnswerKind<ScoresValues> = {
  name: "scores",
  summary: "Test statistics of cases without and with the signal.",
  values: scoresSchema,
  analyse(context) {
    const { observer, answers } = context;
    const rows = rowsOf(context, roc);
    const found = Object.values(answers).some((a) => a.status === "ok" && a.located !== undefined);
    const searched = found ? rowsOf(context, lroc) : [];
    const measures: Record<string, Record<string, Measure>> = {};
    for (const [area, list] of [
      [roc, rows],
      [lroc, searched],
    ] as const) {
      for (const { method, area: own } of list) {
        if (own === undefined) continue;
        (measures[method] ??= {})[`${area.measure}:${observer}`] = {
          value: own.estimate,
          text: areaText(own),
          interval: own.interval,
        };
      }
    }
    const columns = [
      { name: `AUC ${observer}`, measure: `auc:${observer}` },
      ...(found ? [{ name: `LROC ${observer}`, measure: `lroc:${observer}` }] : []),
    ];
    return {
      measures,
      columns,
      sections: sectionsOf(context, { rows, searched }),
      difference({ measure, method, reference }) {
        const area = [roc, lroc].find((one) => `${one.measure}:${observer}` === measure);
        const [a, b] = [answers[method], answers[reference]];
        if (area === undefined || a?.status !== "ok" || b?.status !== "ok") return undefined;
        if (area.of(a, context.level) === undefined || area.of(b, context.level) === undefined) {
          return undefined;
        }
        const { estimate, interval } = area.compare(a, b, context.level);
        if (Number.isFinite(interval.lower)) return { estimate, ...interval };
        // Arms that rank all cases alike differ by nothing on any sample of them.
        return estimate === 0 ? { estimate, lower: 0, upper: 0 } : undefined;
      },
    };
  },
};

const areaText = ({ estimate, interval }: Estimate): string =>
  `${estimate.toFixed(3)} (${interval.lower.toFixed(3)}–${interval.upper.toFixed(3)})`;

function rowsOf({ answers, main, reference, level, adjust }: Context, area: Area): Row[] {
  const base = answers[reference];
  const rows = Object.entries(answers).map(([method, answer]): Row => {
    if (answer.status !== "ok") return { method, answer };
    const own = area.of(answer, level);
    // A sweep is a description: its many points take no part in the comparisons.
    const compared = base?.status === "ok" && method !== reference && main.has(method);
    return {
      method,
      answer,
      ...(own === undefined ? {} : { area: own }),
      ...(compared && own !== undefined ? { difference: area.compare(answer, base, level) } : {}),
    };
  });
  const p = adjusted(
    rows.map(({ difference }) => difference?.pValue ?? Number.NaN),
    adjust,
  );
  return rows.map((row, i) => (row.difference === undefined ? row : { ...row, adjustedP: p[i]! }));
}

function sectionsOf(
  context: Context,
  { rows, searched }: { rows: readonly Row[]; searched: readonly Row[] },
): ReportSection[] {
  const { observer, about, reference, level } = context;
  const findings = rows.flatMap(({ method, answer }) =>
    answer.status === "ok" ? answer.findings.map((f) => `${method}: ${f}.`) : [],
  );
  const adjustment = adjustmentText(context.adjust);
  const sections: ReportSection[] = [
    {
      heading: `Detectability: ${observer}`,
      text: [
        about,
        `Intervals of ${percentText(level)}: logit of the Mann–Whitney area. Differences from \`${reference}\`: DeLong's paired test, p adjusted by ${adjustment} over this table.`,
        ...findings,
      ],
      tables: [areaTable(context, rows, "auc")],
      figures: [rocFigure(context, rows), forestFigure(context, rows)],
    },
  ];
  if (searched.length > 0) {
    sections.push({
      heading: `Detection and localisation: ${observer}`,
      text: [
        `A case with signal counts as found where the place of the largest response is the right one. Differences from \`${reference}\`: paired, p adjusted by ${adjustment} over this table.`,
      ],
      tables: [areaTable(context, searched, "lroc")],
    });
  }
  return sections;
}

function areaTable(
  { observer, main, reference, adjust }: Context,
  rows: readonly Row[],
  measure: "auc" | "lroc",
): ReportTable {
  const short = measure === "auc" ? "AUC" : "LROC";
  const base = rows.find(({ method }) => method === reference)?.area;
  const columns = [
    { name: "method" },
    { name: short, digits: 4 },
    { name: "lower", digits: 4 },
    { name: "upper", digits: 4 },
    { name: `difference from ${reference}`, digits: 4 },
    { name: "interval" },
    { name: `p (${adjustmentName(adjust)})` },
    ...(measure === "auc" ? [{ name: `efficiency to ${reference}`, digits: 3 }] : []),
    { name: "remark" },
  ];
  return {
    name: `${measure}-${observer}`,
    caption: `Area under the ${measure === "auc" ? "ROC" : "LROC"} curve, ${observer}`,
    columns,
    rows: rows
      .filter(({ method }) => main.has(method))
      .map(({ method, answer, area, difference, adjustedP }) => {
        if (area === undefined) {
          const why = answer.status === "ok" ? "gave no places" : answer.why;
          return [method, ...columns.slice(1, -1).map(() => null), why];
        }
        const { estimate, interval, status, remedy } = area;
        return [
          method,
          estimate,
          interval.lower,
          interval.upper,
          difference?.estimate ?? null,
          difference === undefined
            ? null
            : `${difference.interval.lower.toFixed(4)} to ${difference.interval.upper.toFixed(4)}`,
          adjustedP === undefined || Number.isNaN(adjustedP) ? null : pText(adjustedP),
          ...(measure === "auc" ? [efficiency(estimate, base?.estimate)] : []),
          status === "ok" ? "" : remedy,
        ];
      })
      // NaN has no cell.
      .map((row) =>
        row.map((cell) => (typeof cell === "number" && Number.isNaN(cell) ? null : cell)),
      ),
  };
}

/** (d′ of a method over d′ of the reference)², d′ = √2 Φ⁻¹(AUC); none at or below chance. */
function efficiency(area: number, reference: number | undefined): number | null {
  if (reference === undefined || area <= 0.5 || area >= 1 || reference <= 0.5 || reference >= 1) {
    return null;
  }
  return (normalQuantile(area) / normalQuantile(reference)) ** 2;
}

/** Curves that one plot holds before they cover each other. */
const mostCurves = seriesColours.length;

function rocFigure({ observer, main, panels }: Context, rows: readonly Row[]): ReportFigure {
  const judged = rows.filter(({ method, area }) => area !== undefined && main.has(method));
  // Where there are more than can be told apart, those that the examples show.
  const preferred = judged.filter(({ method }) => panels.includes(method));
  const few = judged.length <= mostCurves || preferred.length < 2;
  const shown = few
    ? judged.slice(0, mostCurves)
    : preferred
        .sort((a, b) => panels.indexOf(a.method) - panels.indexOf(b.method))
        .slice(0, mostCurves);
  const curves = shown.flatMap(({ method, answer, area }) => {
    if (answer.status !== "ok") return [];
    const { fpf, tpf } = rocCurve(answer);
    const auc = { value: area!.estimate };
    return [{ label: method, falsePositive: fpf, truePositive: tpf, auc }];
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

function forestFigure({ observer, main, reference }: Context, all: readonly Row[]): ReportFigure {
  const rows = all.flatMap(({ method, area }) =>
    main.has(method) && area !== undefined && Number.isFinite(area.interval.lower)
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
  const base = rows.find(({ label }) => label === reference);
  return {
    name: `areas-${observer}`,
    caption: `Areas with their intervals, ${observer}; the line is \`${reference}\``,
    svg:
      rows.length === 0
        ? emptySvg
        : forestSvg(rows, {
            xLabel: "AUC",
            ...(base === undefined ? {} : { reference: base.value }),
          }),
  };
}
