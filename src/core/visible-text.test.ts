import { expect, it } from "vitest";
import { visibleLines, visibleText } from "./visible-text.ts";

it("writes out what would act on a terminal, and nothing else", () => {
  const bell = "a\u001b[2Jb\u0007c\r\nd\te\u009bf\u007f";
  expect(visibleText(bell)).toBe("a\\x1b[2Jb\\x07c\\r\\nd\\te\\x9bf\\x7f");
  expect(visibleText("x\u202etxt.exe\u2028y")).toBe("x\\u202etxt.exe\\u2028y");
  const fair = "Größe 5 µm, σ² ≤ 3 — 头部 × 2 …";
  expect(visibleText(fair)).toBe(fair);
});

it("keeps the lines of a longer text", () => {
  expect(visibleLines("a\n\tb\r\u001bc")).toBe("a\n\tb\\r\\x1bc");
});

it("leaves no character of the hidden classes", () => {
  const all = String.fromCharCode(...Array.from({ length: 0x2100 }, (_, i) => i));
  expect(visibleText(all)).not.toMatch(/\p{Cc}|[\u2028\u2029\u202a-\u202e]/u);
});
