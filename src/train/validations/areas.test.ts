import { describe, expect, it } from "vitest";
import { auc } from "./auc.ts";
import { templateAuc } from "./template-auc.ts";

const array = (shape: number[], values: number[]) => ({ shape, data: Float32Array.from(values) });

describe("auc", () => {
  it("averages the classes that can be told, over images in several parts", () => {
    const parts = [
      {
        result: array([2, 3], [3, 0, 0, 1, 0, 0]),
        batch: { classes: array([2, 3], [1, 0, 1, 0, 1, 1]) },
      },
      {
        result: array([2, 3], [2, 0, 0, 0, 9, 0]),
        batch: { classes: array([2, 3], [0, 0, 1, 1, 1, 1]) },
      },
    ];
    // Class 0: 3 and 0 against 1 and 2: 2 of 4 pairs. Class 1: 0 and 9 against 0 and 0: 1.5 + … = 3 of 4. Class 2: all.
    expect(auc.value(parts)).toBeCloseTo((0.5 + 0.75) / 2, 12);
    const all = { result: array([1, 1], [3]), batch: { classes: array([1, 1], [1]) } };
    expect(auc.value([all])).toBe(0.5);
  });
});

describe("template-auc", () => {
  it("sums denoised images up by the mean clean difference", () => {
    const clean = array([4, 1, 1, 2], [1, 0, 0, 0, 3, 0, 0, 0]);
    const present = array([4, 1], [1, 0, 1, 0]);
    // The template is (2, 0): the second pixel of a result does not count.
    const result = array([4, 1, 1, 2], [1, 50, 2, -50, 3, 7, 0, 90]);
    // 1 and 3 against 2 and 0: 3 of 4 pairs.
    expect(templateAuc.value([{ result, batch: { clean, present } }])).toBeCloseTo(0.75, 12);
    const none = { clean, present: array([4, 1], [0, 0, 0, 0]) };
    expect(templateAuc.value([{ result, batch: none }])).toBe(0.5);
  });
});
