import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Report } from "../report.ts";
import { cellText } from "./cells.ts";
import { tableCsv } from "./csv.ts";
import { reportHtml } from "./html.ts";
import { inlineOf } from "./inline.ts";
import { reportJson } from "./json.ts";
import { reportMarkdown } from "./markdown.ts";
import { writeReport } from "./write-report.ts";

const evil = '<script>alert("1")</script> a|b & *c* `d`';
const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30"><rect width="9" height="9"/></svg>';

const report: Report = {
  title: evil,
  claims: [
    {
      claim: evil,
      figure: evil,
      paper: 1 / 3,
      found: null,
      tolerance: 0.1,
      status: "deviates",
      why: evil,
    },
  ],
  sections: [
    {
      heading: evil,
      text: [evil, "**all** of `x_y`, *so* [here](https://example.org/a_b)"],
      tables: [
        {
          name: "numbers",
          caption: evil,
          columns: [{ name: evil }, { name: "v", digits: 2 }],
          rows: [
            [evil, 2 / 3],
            ["two\nlines", null],
          ],
        },
      ],
      figures: [{ name: "roc", caption: evil, svg }],
    },
  ],
  provenance: { "</pre>": evil },
};

describe("forms of a report", () => {
  it("let no text of the study become HTML", () => {
    const html = reportHtml(report);
    expect(html).not.toMatch(/<script/i);
    expect(html.match(/<\/pre>/g)).toHaveLength(1);
    expect(html).toContain("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect(html).toContain(
      '<strong>all</strong> of <code>x_y</code>, <em>so</em> <a href="https://example.org/a_b"',
    );
    const markdown = reportMarkdown(report).split("## Provenance")[0]!;
    expect(markdown).not.toMatch(/<[a-z]/i);
    const cells = markdown.split("\n").filter((line) => line.startsWith("|"));
    // A column more would show that a bar was taken for a divider.
    const bars = cells.map((line) => line.match(/(?<!\\)\|/g)!.length);
    expect(bars).toEqual([8, 8, 8, 3, 3, 3, 3]);
  });

  it("keep numbers in full as data, and rounded for readers", () => {
    const table = report.sections[0]!.tables![0]!;
    expect(tableCsv(table).split("\r\n").slice(1)).toEqual([
      `"${evil.replaceAll('"', '""')}",${2 / 3}`,
      '"two\nlines",',
      "",
    ]);
    const json = JSON.parse(reportJson(report)) as typeof report;
    expect(json.sections[0]!.tables![0]!.rows[0]![1]).toBe(2 / 3);
    expect(reportMarkdown(report)).toContain("| 0.67 |");
    expect(cellText(-0.001, { digits: 2 })).toBe("0.00");
  });

  it("show control characters, and give a spreadsheet no formula", () => {
    const rude = "=HYPERLINK(1)\u001b]0;x\u0007\u202e";
    const table = { name: "t", caption: rude, columns: [{ name: rude }], rows: [[rude], [-1.5]] };
    const of = { title: rude, sections: [{ heading: rude, text: [rude], tables: [table] }] };
    const whole = { ...of, provenance: {} };
    const escaped = "=HYPERLINK(1)\\x1b]0;x\\x07\\u202e";
    for (const text of [reportHtml(whole), reportMarkdown(whole), tableCsv(table)]) {
      // oxlint-disable-next-line no-control-regex -- control characters are what must be absent
      expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202e]/);
    }
    expect(reportHtml(whole)).toContain(escaped);
    expect(tableCsv(table)).toBe(`"'${escaped}"\r\n"'${escaped}"\r\n-1.5\r\n`);
  });

  it("follow no address that runs code", () => {
    for (const href of ["javascript:alert", "data:text/html,x", "vbscript:x", "JAVASCRIPT:x"]) {
      expect(inlineOf(`[a](${href})`)).toEqual([{ kind: "text", text: "a" }]);
    }
    expect(inlineOf("a_b_c 2*3*4")).toEqual([{ kind: "text", text: "a_b_c 2*3*4" }]);
  });
});

describe("writeReport", () => {
  it("writes every file, and none when one cannot be written", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dprime-report-"));
    const paths = await writeReport(report, join(folder, "good"));
    expect(paths.every((path) => existsSync(path))).toBe(true);
    expect(paths.map((path) => path.slice(folder.length + 6))).toEqual([
      "report.md",
      "report.html",
      "report.json",
      "tables/numbers.csv",
      "tables/claims.csv",
      "figures/roc.svg",
      "figures/roc.png",
      "SHA256SUMS",
    ]);
    expect([...readFileSync(join(folder, "good/figures/roc.png")).subarray(1, 4)]).toEqual([
      80, 78, 71,
    ]);
    const two = { ...report, sections: [...report.sections, ...report.sections] };
    await expect(writeReport(two, join(folder, "two"))).rejects.toThrow(/names of their own/);
    expect(existsSync(join(folder, "two"))).toBe(false);
    const out = {
      ...report,
      sections: [{ heading: "x", text: [], figures: [{ name: "../x", caption: "", svg }] }],
    };
    await expect(writeReport(out, join(folder, "out"))).rejects.toThrow(/found the name "\.\.\/x"/);
    writeFileSync(join(folder, "file"), "");
    await expect(writeReport(report, join(folder, "file"))).rejects.toThrow(
      /Cannot make the folder/,
    );
    expect(readdirSync(folder).sort()).toEqual(["file", "good"]);
  });
});
