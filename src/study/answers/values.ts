/** Numbers about every case: how well its image is segmented, whether its class was recognised. */
import { z } from "zod";
import { countText, summaryOf } from "../../stats/summary.ts";
import { pairedTable, pairedText } from "../paired-comparison.ts";
import type { ReportSection, ReportTable } from "../report.ts";
import type { AnalysisContext, AnswerKind, Measure } from "./answer-kind.ts";

export const valuesSchema = z.object({
  status: z.literal("ok"),
  /** By measure, in the order of the tables. */
  measures: z.record(
    z.string(),
    z.object({
      /** Unit; `1` for shares. */
      unit: z.string(),
      better: z.enum(["higher", "lower"]),
      /** One for each test case, class after class; null where it has none. */
      values: z.array(z.number().nullable()),
      /** Whether it is the first thing to look at: tables of all methods show it. */
      headline: z.boolean(),
    }),
  ),
  /** What the observer says about itself. */
  figures: z.record(z.string(), z.number()),
  findings: z.array(z.string()),
});

export type CaseValues = z.output<typeof valuesSchema>;

type Context = AnalysisContext<CaseValues>;

export const values: AnswerKind<CaseValues> = {
  name: "values",
  summary: "Numbers about every case, such as the Dice coefficient of its segmentation.",
  values: valuesSchema,
  analyse(context) {
    const { observer } = context;
    const all = measuresOf(context);
    const measures: Record<string, Record<string, Measure>> = {};
    for (const { name, byMethod } of all) {
      for (const [method, list] of Object.entries(byMethod)) {
        const summary = summaryOf(list);
        if (summary.counted === 0) continue;
        (measures[method] ??= {})[`${name}:${observer}`] = {
          value: summary.mean,
          text: `${summary.mean.toFixed(4)}${summary.counted < summary.of ? ` (${countText(summary)})` : ""}`,
        };
      }
    }
    return {
      measures,
      columns: all
        .filter(({ headline }) => headline)
        .map(({ name }) => ({ name: `${name}, ${observer}`, measure: `${name}:${observer}` })),
      sections: [sectionOf(context, all)],
    };
  },
};

interface MeasureValues {
  readonly name: string;
  readonly unit: string;
  readonly headline: boolean;
  readonly better: "higher" | "lower";
  readonly byMethod: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Every measure with the values of all methods that answered. */
function measuresOf({ answers }: Context): MeasureValues[] {
  const found = new Map<string, MeasureValues & { byMethod: Record<string, (number | null)[]> }>();
  for (const [method, answer] of Object.entries(answers)) {
    if (answer.status !== "ok") continue;
    for (const [name, { values: list, ...rest }] of Object.entries(answer.measures)) {
      const known = found.get(name) ?? { name, ...rest, byMethod: {} };
      known.byMethod[method] = list;
      found.set(name, known);
    }
  }
  return [...found.values()];
}

function sectionOf(context: Context, all: readonly MeasureValues[]): ReportSection {
  const { observer, about, answers, main, reference, level, adjust, seed } = context;
  const refused = Object.entries(answers).flatMap(([method, answer]) =>
    answer.status === "ok" ? [] : [`No answer on \`${method}\`: ${answer.why}.`],
  );
  const findings = Object.entries(answers).flatMap(([method, answer]) =>
    answer.status === "ok" ? answer.findings.map((f) => `${method}: ${f}.`) : [],
  );
  const tables = all
    .map(({ name, unit, byMethod }) =>
      pairedTable({
        name: `${stem(name)}-${observer}`,
        caption: `${name}${unit === "1" ? "" : `, ${unit}`}; ${observer}`,
        values: Object.fromEntries(Object.entries(byMethod).filter(([method]) => main.has(method))),
        reference,
        level,
        adjust,
        seed,
      }),
    )
    .filter((table): table is ReportTable => table !== undefined);
  return {
    heading: `By ${observer}`,
    text: [about, pairedText(level, adjust, reference), ...refused, ...findings],
    tables: [meansTable(context, all), ...tables],
  };
}

/** Means of all measures, one row a method. */
function meansTable({ observer, main }: Context, all: readonly MeasureValues[]): ReportTable {
  const methods = [...main].filter((method) => all.some((one) => one.byMethod[method]));
  return {
    name: `values-${observer}`,
    caption: `Means over the test images; ${observer}`,
    columns: [
      { name: "method" },
      ...all.map(({ name, unit }) => ({
        name: unit === "1" ? name : `${name}, ${unit}`,
        digits: 4,
      })),
    ],
    rows: methods.map((method) => [
      method,
      ...all.map(({ byMethod }) => {
        const { mean, counted } = summaryOf(byMethod[method] ?? []);
        return counted === 0 ? null : mean;
      }),
    ]),
  };
}

/** A measure's name as the stem of a file. */
const stem = (name: string): string => name.replace(/[^\p{L}\p{N}]+/gu, "-");
