/** A report as one JSON document. */
import type { Report } from "../report.ts";

/**
 * The report as JSON text; drawings are named by their file, numbers keep all 64 bits. NaN and
 * infinities become the strings "NaN", "Infinity" and "-Infinity".
 */
export function reportJson(report: Report): string {
  const sections = report.sections.map((section) => ({
    ...section,
    figures: section.figures?.map(({ name, caption }) => ({
      name,
      caption,
      file: `figures/${name}.svg`,
    })),
  }));
  const plain = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  return `${JSON.stringify({ ...report, sections }, plain, 2)}\n`;
}
