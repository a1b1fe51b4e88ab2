/** A report as one HTML file that needs nothing beside it. */
import { visibleLines } from "../../core/visible-text.ts";
import type { ClaimOutcome, Report, ReportFigure, ReportTable } from "../report.ts";
import { cellText, claimCount, isNumeric } from "./cells.ts";
import { type Inline, inlineOf, plainText } from "./inline.ts";
import { reportStyle } from "./style.ts";

export interface HtmlOptions {
  /** Seconds after which the page loads itself again; for a report that is still being written. */
  readonly reload?: number;
}

/**
 * The report as HTML. Drawings are embedded as data addresses: in images of their own, names and styles
 * of one drawing cannot meet those of another, and no script inside one would run.
 */
export function reportHtml(report: Report, { reload }: HtmlOptions = {}): string {
  const { claims = [], sections, title } = report;
  const headings = [
    ...(claims.length > 0 ? ["Claims"] : []),
    ...sections.map(({ heading }) => heading),
    "Provenance",
  ];
  const ids = uniqueIds(headings);
  let at = 0;
  const open = (heading: string) =>
    `<section aria-labelledby="${ids[at]}"><h2 id="${ids[at++]}">${escaped(heading)}</h2>`;
  const body: string[] = [];
  if (claims.length > 0) body.push(`${open("Claims")}${claimsHtml(claims)}</section>`);
  for (const section of sections) {
    body.push(
      [
        open(section.heading),
        ...section.text.map((text) => `<p>${inlineHtml(inlineOf(text))}</p>`),
        ...(section.tables ?? []).map(tableHtml),
        ...(section.figures ?? []).map(figureHtml),
        "</section>",
      ].join("\n"),
    );
  }
  const provenance = escaped(JSON.stringify(report.provenance, null, 2));
  body.push(
    `${open("Provenance")}<details><summary>What is needed to repeat it</summary><pre>${provenance}</pre></details></section>`,
  );
  const links = headings.map((heading, i) => `<a href="#${ids[i]}">${escaped(heading)}</a>`);
  const nav = headings.length > 3 ? `<nav aria-label="Contents">${links.join("")}</nav>` : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${reload === undefined ? "" : `<meta http-equiv="refresh" content="${reload}">\n`}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<header><h1>${escaped(title)}</h1>${nav}</header>
${body.join("\n")}
<footer>For research use only; not a medical device.</footer>
</main>
</body>
</html>
`;
}

const marks: Readonly<Record<ClaimOutcome["status"], { mark: string; style: string }>> = {
  reproduced: { mark: "✓", style: "good" },
  deviates: { mark: "≠", style: "off" },
  "not attempted": { mark: "–", style: "open" },
};

function claimsHtml(claims: readonly ClaimOutcome[]): string {
  const number = (value: number | null) =>
    `<td class="number">${value === null ? "" : String(Number(value.toPrecision(6)))}</td>`;
  const rows = claims.map((claim) => {
    const { mark, style } = marks[claim.status];
    return [
      `<tr><td><span class="badge ${style}"><span aria-hidden="true">${mark}</span> ${claim.status}</span></td>`,
      `<td class="words">${escaped(claim.claim)}<div class="why">${escaped(claim.why)}</div></td>`,
      `<td>${escaped(claim.figure)}</td>`,
      number(claim.paper),
      number(claim.found),
      number(claim.tolerance),
      "</tr>",
    ].join("");
  });
  const titles = ["Status", "Claim", "Where", "Paper", "Here", "Tolerance"];
  const head = titles.map(
    (name, c) => `<th scope="col"${c > 2 ? ' class="number"' : ""}>${name}</th>`,
  );
  return `<p>${claimCount(claims)}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Claims"><table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div>`;
}

function tableHtml(table: ReportTable): string {
  const numeric = table.columns.map((_, c) => isNumeric(table, c));
  const mark = (c: number) => (numeric[c] ? ' class="number"' : "");
  const head = table.columns.map(
    ({ name }, c) => `<th scope="col"${mark(c)}>${escaped(name)}</th>`,
  );
  const rows = table.rows.map((row) => {
    const cells = table.columns.map((column, c) => {
      const text = escaped(cellText(row[c], column));
      return c === 0 && !numeric[0] ? `<th scope="row">${text}</th>` : `<td${mark(c)}>${text}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  const caption = inlineOf(table.caption);
  return `<figure><div class="scroll" tabindex="0" role="region" aria-label="${escaped(plainText(caption))}"><table><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("\n")}</tbody></table></div><figcaption>${inlineHtml(caption)}</figcaption></figure>`;
}

function figureHtml({ svg, caption }: ReportFigure): string {
  const bytes = new TextEncoder().encode(svg);
  const data = Buffer.from(bytes).toString("base64");
  const parts = inlineOf(caption);
  return `<figure><img class="drawing" alt="${escaped(plainText(parts))}" src="data:image/svg+xml;base64,${data}"><figcaption>${inlineHtml(parts)}</figcaption></figure>`;
}

function uniqueIds(headings: readonly string[]): string[] {
  const taken = new Set<string>();
  return headings.map((heading) => {
    const stem =
      heading
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-|-$/g, "") || "section";
    let id = stem;
    for (let n = 2; taken.has(id); n++) id = `${stem}-${n}`;
    taken.add(id);
    return id;
  });
}

function inlineHtml(parts: readonly Inline[]): string {
  return parts
    .map((part) => {
      if (part.kind === "text") return escaped(part.text);
      if (part.kind === "code") return `<code>${escaped(part.text)}</code>`;
      const inside = inlineHtml(part.parts);
      if (part.kind === "strong") return `<strong>${inside}</strong>`;
      if (part.kind === "emphasis") return `<em>${inside}</em>`;
      return `<a href="${escaped(part.href)}" rel="noreferrer">${inside}</a>`;
    })
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return visibleLines(text).replace(/[&<>"']/g, (character) => entities[character]!);
}
