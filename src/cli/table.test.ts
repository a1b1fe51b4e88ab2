import { expect, it } from "vitest";
import { tableLines } from "./table.ts";
import { textWidth } from "./wrap.ts";

it("aligns words left and numbers right, with five digits and blanks for what is absent", () => {
  const columns = [{ title: "name" }, { title: "value", align: "right" }] as const;
  expect(
    tableLines(columns, [
      ["a", 3.14159265],
      ["longer", 1234567],
      ["none", undefined],
      ["NaN", NaN],
    ]),
  ).toEqual([
    "name      value",
    "──────  ───────",
    "a        3.1416",
    "longer  1234567",
    "none",
    "NaN         NaN",
  ]);
});

const table = (width: number) =>
  tableLines(
    [{ title: "name" }, { title: "n", align: "right" }, { title: "what it is" }],
    [
      ["non-local-means", 12.5, "Averages pixels whose neighbourhoods are alike, near and far."],
      ["tv", 3, "Short."],
      ["头部扫描", 1, "Wide letters take two columns each."],
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
  const lines = tableLines([{ title: "file" }, { title: "size" }], [[long, "3 × 4"]], 40);
  for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(40);
  const first = lines.slice(2).map((line) => line.slice(0, 33).trim());
  expect(first.join("")).toBe(long);
});
