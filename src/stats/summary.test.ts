import { describe, expect, it } from "vitest";
import { countText, summaryOf } from "./summary.ts";

describe("summaryOf", () => {
  it("is the mean over cases that have a value, and counts them", () => {
    const s = summaryOf([2, null, 4, Number.NaN, 9]);
    // Mean 5, squares 9 + 1 + 16 = 26 over 2.
    expect(s).toMatchObject({ of: 5, counted: 3, mean: 5 });
    expect(s.sd).toBeCloseTo(Math.sqrt(13), 14);
    expect(s.standardError).toBeCloseTo(Math.sqrt(13 / 3), 14);
    expect(countText(s)).toBe("3 of 5");
    expect(countText(summaryOf([1, 2]))).toBe("2");
  });

  it("has no mean of none, no spread of one, and an infinite mean with an infinite value", () => {
    expect(summaryOf([])).toMatchObject({ of: 0, counted: 0, mean: NaN, sd: NaN });
    expect(summaryOf([null, null])).toMatchObject({ of: 2, counted: 0, mean: NaN });
    expect(summaryOf([3])).toMatchObject({ counted: 1, mean: 3, sd: NaN });
    expect(summaryOf([3, Infinity])).toMatchObject({ counted: 2, mean: Infinity, sd: NaN });
  });
});
