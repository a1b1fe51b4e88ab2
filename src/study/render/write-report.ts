/** A report as a folder of files. */
import { dirname, join } from "node:path";
import { InputError } from "../../core/errors.ts";
import { svgPng } from "../../figures/index.ts";
import { makeFolders, writeWhole } from "../../files/files.ts";
import type { Report } from "../report.ts";
import { claimTable } from "./cells.ts";
import { tableCsv } from "./csv.ts";
import { reportHtml } from "./html.ts";
import { reportJson } from "./json.ts";
import { reportMarkdown } from "./markdown.ts";
import { sumsName, sumsText } from "./report-sums.ts";

/**
 * Writes `report.md`, `report.html`, `report.json`, `tables/*.csv`, `figures/*.svg`, `figures/*.png` and
 * `SHA256SUMS` over all of them into a folder, all or none of them.
 *
 * @returns the paths written
 * @throws InputError for a place that cannot be written, or two tables or figures of one name; RunError
 *   when the disk fails
 */
export async function writeReport(report: Report, folder: string): Promise<string[]> {
  const files: { name: string; path: string; bytes: Uint8Array }[] = [];
  const add = (name: string, content: string | Uint8Array) => {
    const path = join(folder, name);
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    files.push({ name, path, bytes });
  };
  add("report.md", reportMarkdown(report));
  add("report.html", reportHtml(report));
  add("report.json", reportJson(report));
  const tables = report.sections.flatMap((section) => section.tables ?? []);
  if (report.claims !== undefined && report.claims.length > 0)
    tables.push(claimTable(report.claims));
  for (const table of tables) add(`tables/${stem(table.name)}.csv`, tableCsv(table));
  for (const { name, svg } of report.sections.flatMap((section) => section.figures ?? [])) {
    add(`figures/${stem(name)}.svg`, svg);
    add(`figures/${stem(name)}.png`, await svgPng(svg, { scale: 2 }));
  }
  add(sumsName, sumsText(files));
  const paths = files.map(({ path }) => path);
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) {
    throw new InputError(
      `Cannot write the report: found two of ${twice}, wanted names of their own`,
    );
  }
  for (const place of new Set(paths.map((path) => dirname(path)))) {
    await makeFolders(place);
  }
  await writeWhole(files);
  return paths;
}

/** A name that stays in its folder. */
function stem(name: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(name)) return name;
  throw new InputError(
    `Cannot write the report: found the name ${JSON.stringify(name)}, wanted letters, digits, hyphens, points and underscores`,
  );
}
