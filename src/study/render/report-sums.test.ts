import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../report.ts";
import { checkReport, sumsName } from "./report-sums.ts";
import { writeReport } from "./write-report.ts";

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"></svg>';
const report: Report = {
  title: "A study",
  sections: [
    {
      heading: "Numbers",
      text: ["Some."],
      tables: [{ name: "t", caption: "c", columns: [{ name: "x" }], rows: [[1.25], [-3]] }],
      figures: [{ name: "f", caption: "c", svg }],
    },
  ],
  provenance: { study: 1 },
};

it("notices any flipped bit of any file, and a file that is gone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dprime-sums-"));
  const paths = await writeReport(report, folder);
  const listed = paths.filter((path) => !path.endsWith(sumsName));
  expect(await checkReport(folder)).toEqual({ files: listed.length, faults: [] });
  expect(listed.length).toBe(6);
  for (const [k, path] of listed.entries()) {
    const bytes = readFileSync(path);
    const harmed = Buffer.from(bytes);
    harmed[(k * 37) % bytes.length]! ^= 1 << (k % 8);
    writeFileSync(path, harmed);
    const file = path.slice(folder.length + 1);
    expect((await checkReport(folder)).faults).toEqual([{ file, about: "changed" }]);
    writeFileSync(path, bytes);
  }
  rmSync(listed[0]!);
  expect((await checkReport(folder)).faults).toMatchObject([{ about: "missing" }]);
});

it("writes what sha256sum reads", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "dprime-sums-"));
  await writeReport(report, folder);
  const { status, error } = spawnSync("sha256sum", ["-c", sumsName], { cwd: folder });
  if (error !== undefined) context.skip("sha256sum is not installed");
  expect(status).toBe(0);
});

it.each([
  ["", undefined, /found no SHA256SUMS in it, wanted the folder of a report/],
  ["a line that is none", "0123  report.md\n", /found the line "0123 {2}report.md"/],
  ["a file outside", `${"0".repeat(64)}  ../secret\n`, /found the line .*secret/],
])("refuses %s", async (_, text, message) => {
  const folder = mkdtempSync(join(tmpdir(), "dprime-sums-"));
  mkdirSync(join(folder, "tables"));
  if (text !== undefined) writeFileSync(join(folder, sumsName), text);
  await expect(checkReport(folder)).rejects.toThrow(message);
});
