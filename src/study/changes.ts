/** How far settings of a method move numbers from where they stand without it: readings of a paper side by side. */
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { ReportSection } from "./report.ts";
import { metricLabel } from "./report-tables.ts";

/** `+0.012 (−0.003 to +0.027)`. */
export function signedText(
  { estimate, lower, upper }: { estimate: number; lower: number; upper: number },
  digits: number,
): string {
  const signed = (v: number) => `${v < 0 ? "−" : "+"}${Math.abs(v).toFixed(digits)}`;
  return `${signed(estimate)} (${signed(lower)} to ${signed(upper)})`;
}

export function changesSection(
  study: OpenedStudy,
  numbers: StudyNumbers,
  id: string,
): ReportSection {
  const { measures, settings, rows } = study.description.changes![id]!;
  const level = `${100 * study.description.statistics.level} %`;
  const label = (measure: string) =>
    measure.startsWith("auc:") ? `AUC ${measure.slice(4)}` : metricLabel(study, measure);
  return {
    heading: `Changes: ${id}`,
    text: [
      `Differences of each method from the one that its row begins with, on the same test images, with paired intervals of ${level}, not adjusted for their number.`,
    ],
    tables: measures.map((measure) => ({
      name: `changes-${id}-${measure.replace(/[^\w-]+/g, "-")}`,
      caption: `Change of ${label(measure)}: ${id}`,
      columns: [
        { name: "reading" },
        { name: "from" },
        { name: label(measure), digits: 4 },
        ...settings.map((name) => ({ name })),
      ],
      rows: Object.entries(rows).map(([reading, { reference, methods }]) => [
        reading,
        reference,
        numbers.valueOf(reference, measure) ?? null,
        ...methods.map((method) => {
          const found = numbers.difference({ method, reference, measure });
          return found === undefined ? null : signedText(found, 3);
        }),
      ]),
    })),
  };
}
