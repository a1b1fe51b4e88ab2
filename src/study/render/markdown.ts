/** A report as one Markdown page. */
import { visibleText } from "../../core/visible-text.ts";
import type { Report, ReportTable } from "../report.ts";
import { cellText, claimCount, claimTable, isNumeric } from "./cells.ts";
import { type Inline, inlineOf, plainText } from "./inline.ts";

export interface MarkdownOptions {
  /** Folder of the figures as seen from the page. */
  readonly figures?: string;
}

/** The report as Markdown; figures are linked as `figures/NAME.svg`. */
export function reportMarkdown(report: Report, options: MarkdownOptions = {}): string {
  const { figures = "figures" } = options;
  const blocks: string[] = [`# ${escaped(report.title)}`];
  const { claims = [] } = report;
  if (claims.length > 0) {
    blocks.push("## Claims", `${claimCount(claims)}.`, tableText(claimTable(claims)));
  }
  for (const section of report.sections) {
    blocks.push(`## ${escaped(section.heading)}`);
    for (const text of section.text) blocks.push(inlineText(inlineOf(text)));
    for (const table of section.tables ?? []) {
      blocks.push(tableText(table), captionText(table.caption));
    }
    for (const { name, caption } of section.figures ?? []) {
      const place = `${figures}/${encodeURIComponent(name)}.svg`;
      blocks.push(`![${escaped(plainText(inlineOf(caption)))}](${place})`, captionText(caption));
    }
  }
  const provenance = JSON.stringify(report.provenance, null, 2);
  blocks.push(
    "## Provenance",
    `<details><summary>What is needed to repeat it</summary>\n\n${fenced(provenance)}\n\n</details>`,
  );
  return `${blocks.join("\n\n")}\n`;
}

function tableText(table: ReportTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = table.columns.map((_, c) => (isNumeric(table, c) ? "---:" : "---"));
  const rows = table.rows.map((row) =>
    line(table.columns.map((column, c) => escaped(cellText(row[c], column)))),
  );
  return [line(table.columns.map(({ name }) => escaped(name))), line(rule), ...rows].join("\n");
}

function captionText(caption: string): string {
  return `*${inlineText(inlineOf(caption)).trim()}*`;
}

/** A fence longer than any run of back-ticks inside. */
function fenced(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}

/** Text that Markdown shows as it is, on one line. */
function escaped(text: string): string {
  return visibleText(text.replace(/\s+/g, " ").trim())
    .replace(/[\\`*_[\]|~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/^([#+-]|\d+[.)])(?=\s|$)/, "\\$1");
}

function inlineText(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if (part.kind === "text") return spaced(part.text);
      if (part.kind === "code") return `\`${visibleText(part.text)}\``;
      const inside = inlineText(part.parts);
      if (part.kind === "strong") return `**${inside}**`;
      if (part.kind === "emphasis") return `*${inside}*`;
      return `[${inside}](${part.href})`;
    })
    .join("");
}

/** `escaped`, but white space at the ends separates words from what follows. */
function spaced(text: string): string {
  const [, before = "", inside = "", after = ""] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? [];
  return `${before === "" ? "" : " "}${escaped(inside)}${after === "" ? "" : " "}`;
}
