import { expect, it } from "vitest";
import { tableLines } from "./table.ts";

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
