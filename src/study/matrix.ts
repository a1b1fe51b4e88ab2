/** Areas of methods (rows) by several observers (columns), against one method: what an untrained signal gains or loses. */
import { signedText } from "./changes.ts";
import type { StudyNumbers } from "./numbers.ts";
import type { OpenedStudy } from "./open-study.ts";
import type { ReportSection } from "./report.ts";

export function matrixSection(
  study: OpenedStudy,
  numbers: StudyNumbers,
  id: string,
): ReportSection {
  const { methods, observers, reference } = study.description.matrices![id]!;
  const cell = (method: string, observer: string): string | null => {
    const measure = `auc:${observer}`;
    const own = numbers.analyses[observer]!.measures[method]?.[measure];
    if (own === undefined) return null;
    const area = own.value.toFixed(3);
    if (method === reference) return area;
    const found = numbers.difference({ method, reference, measure });
    if (found === undefined) return area;
    const mark = found.lower > 0 ? " ▲" : found.upper < 0 ? " ▼" : "";
    return `${area}, ${signedText(found, 3)}${mark}`;
  };
  return {
    heading: `Matrix: ${id}`,
    text: [
      `Areas, and their differences from \`${reference}\` with paired intervals of ${100 * study.description.statistics.level} %, not adjusted for their number: ▲ where the whole interval lies above 0, ▼ below.`,
    ],
    tables: [
      {
        name: `matrix-${id}`,
        caption: `Methods against observers: ${id}`,
        columns: [{ name: "method" }, ...observers.map((name) => ({ name }))],
        rows: methods.map((method) => [
          method,
          ...observers.map((observer) => cell(method, observer)),
        ]),
      },
    ],
  };
}
