import { expect, it } from "vitest";
import { tableLines } from "./table.ts";
import { textWidth } from "./wrap.ts";

it("aligns words left and numbers right, with five digits and blanks for what is absent", () => {
  const rows = [
    ["a", 3.14159265],
    ["longer", 1234567],
    ["none", undefined],
    ["NaN", NaN],
  ] as const;
  expect(
    tableLines(rows, [["name", ([name]) => name], false, ["value", ([, value]) => value]]),
  ).toEqual([
    "name      value",
    "──────  ───────",
    "a        3.1416",
    "longer  1234567",
    "none",
    "NaN         NaN",
  ]);
});

it.each([
  ["0.912", true],
  ["−0.05 … 0.12", true],
  ["<0.001", true],
  ["20 + 20", true],
  ["3/12", true],
  ["41 %", true],
  ["9 of 10", true],
  ["1.2 → 0.8", true],
  ["20 × 30", false],
  ["0.91 (0.88–0.93)", false],
  ["scan 3", false],
  ["2026-01-02 10:00", false],
])("knows whether %s is a number", (cell, right) => {
  const [, , line] = tableLines([cell], [["a title that is wide", (one) => one]]);
  expect(line!.startsWith(" ")).toBe(right);
});

const table = (width: number) =>
  tableLines(
    [
      ["non-local-means", 12.5, "Averages pixels whose neighbourhoods are alike, near and far."],
      ["tv", 3, "Short."],
      ["头部扫描", 1, "Wide letters take two columns each."],
    ] as const,
    [
      ["name", ([name]) => name],
      ["n", ([, n]) => n],
      ["what it is", ([, , about]) => about],
    ],
    width,
  );

it("wraps the widest column at words, and keeps within the width", () => {
  expect(table(48)).toEqual([
    "name                n  what it is",
    "───────────────  ────  ─────────────────────────",
    "non-local-means  12.5  Averages pixels whose",
    "                       neighbourhoods are alike,",
    "                       near and far.",
    "tv                  3  Short.",
    "头部扫描            1  Wide letters take two",
    "                       columns each.",
  ]);
  for (const width of [30, 40, 60, 80, 200]) {
    expect(Math.max(...table(width).map(textWidth))).toBeLessThanOrEqual(width);
  }
});

it("breaks words where nothing else helps, and loses no letter", () => {
  const long = "/a/very/long/path/that/has/no/space/in/it/at/all/whatever.nii.gz";
  const lines = tableLines(
    [long],
    [
      ["file", (path) => path],
      ["size", () => "3 × 4"],
    ],
    40,
  );
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(40);
  const first = lines.slice(2).map((line) => line.slice(0, 33).trim());
  expect(first.join("")).toBe(long);
});
