import { expect, it } from "vitest";
import { dice } from "./dice.ts";

/** One-hot or scores `[N, K, …]` from classes, written image by image. */
function scores(classes: readonly number[][], k: number, high = 1) {
  const pixels = classes[0]!.length;
  const data = new Float32Array(classes.length * k * pixels);
  classes.forEach((image, n) => {
    image.forEach((label, i) => {
      data[(n * k + label) * pixels + i] = high;
    });
  });
  return { shape: [classes.length, k, pixels, 1], data };
}

it("pools counts over images and parts, and averages classes but the background", () => {
  const found = [
    [0, 1, 1, 2],
    [0, 0, 1, 0],
  ];
  const truth = [
    [0, 1, 2, 2],
    [0, 1, 1, 0],
  ];
  const parts = found.map((image, n) => ({
    result: scores([image], 4, 7),
    batch: { labels: scores([truth[n]!], 4) },
  }));
  // Class 1: 2 in both, 3 + 3 in either; class 2: 1 in both, 1 + 2 in either; class 3 is nowhere.
  const wanted = ((2 * 2) / 6 + (2 * 1) / 3) / 2;
  expect(dice.value(parts)).toBeCloseTo(wanted, 12);
  const whole = { result: scores(found, 4, 7), batch: { labels: scores(truth, 4) } };
  expect(dice.value([whole])).toBeCloseTo(wanted, 12);
});

it("is 1 where nothing is there and nothing is found", () => {
  const none = scores([[0, 0]], 2);
  expect(dice.value([{ result: none, batch: { labels: none } }])).toBe(1);
});
