import { expect, it } from "vitest";
import { sparkline } from "./sparkline.ts";

it("draws each value where there is room, means of equal parts where there is not", () => {
  expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20)).toBe("▁▂▃▄▅▆▇█");
  // Pairs: 11, 15, 19, 23.
  expect(sparkline([10, 12, 14, 16, 18, 20, 22, 24], 4)).toBe("▁▃▆█");
  expect(sparkline([5, 5, 5], 10)).toBe("▄▄▄");
});

it("draws what falls by decades by its logarithm, and leaves out what is no number", () => {
  expect(sparkline([1000, 100, 10, 1], 10)).toBe("█▆▃▁");
  expect(sparkline([2, Number.NaN, 1], 10)).toBe("█▁");
  expect(sparkline([], 10)).toBe("");
  expect(sparkline([1, 2], 0)).toBe("");
});
