import { expect, it } from "vitest";
import { csvField } from "./csv-field.ts";

it.each([
  ["plain", "plain"],
  ["a,b", '"a,b"'],
  ['say "x"', '"say ""x"""'],
  ["two\nlines", '"two\nlines"'],
  [" padded", '" padded"'],
  ["", ""],
])("quotes %j as RFC 4180 has it", (text, field) => {
  expect(csvField(text)).toBe(field);
});

it.each(["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "-", " =1", "\t=1", "=\u001b"])(
  "keeps %j from being run",
  (text) => {
    expect(csvField(text)).toMatch(/^"'/);
  },
);

it.each(["-1.5", "+3", "1e-7", "-.5", "-2e10", "0", "−1.5"])("leaves the number %s", (text) => {
  expect(csvField(text)).toBe(text);
});

it("shows control characters", () => {
  expect(csvField("a\u001bb")).toBe("a\\x1bb");
});
