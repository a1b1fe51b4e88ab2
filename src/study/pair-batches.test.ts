import { expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import type { DrawnImages } from "./drawn-cases.ts";
import { pairData } from "./pair-batches.ts";

/** Volumes whose noisy values are the clean ones plus a number that tells the image. */
function drawn(count: number, first = 0): DrawnImages[] {
  return Array.from({ length: count }, (_, k) => {
    const stream = streamOf(3, "image", first + k);
    const clean = Float32Array.from({ length: 2 * 12 * 10 }, () =>
      Math.floor(1000 * stream.uniform()),
    );
    const shape = [2, 12, 10];
    const noisy = clean.map((v) => v + 10 * (first + k + 1));
    return {
      clean: makeImage(clean, shape),
      noisy: makeImage(noisy, shape),
      sigma: 10 * (first + k + 1),
    };
  });
}

const window = { low: -500, high: 1500 };
const options = { seed: 5, count: 6, side: 8, window };

it("cuts an image and its truth at the same place, turned alike, with the image's own level", async () => {
  const { data, validation } = pairData({ training: drawn(4), validation: drawn(3, 10) }, options);
  const levels = new Set<number>();
  for (let step = 0; step < 20; step++) {
    const request = { step, draw: 0, fields: ["noisy", "clean", "sigma"] as const };
    const batch = await data.draw(request);
    expect(await data.draw(request)).toEqual(batch);
    for (let n = 0; n < 6; n++) {
      const sigma = batch.sigma!.data[n]!;
      // 10 k HU in a window of 2000 HU.
      levels.add(Math.round(sigma * 200));
      for (let i = n * 64; i < (n + 1) * 64; i++) {
        expect(batch.noisy!.data[i]! - batch.clean!.data[i]!).toBeCloseTo(sigma, 5);
        const value = batch.clean!.data[i]! * 2000 - 500;
        expect(Math.abs(value - Math.round(value))).toBeLessThan(0.01);
      }
    }
  }
  expect(levels).toEqual(new Set([1, 2, 3, 4]));
  // Two planes of each of three volumes, drawn the same in any parts.
  expect(validation.count).toBe(6);
  const whole = await validation.draw("validation", { start: 0, count: 4 });
  const part = await validation.draw("validation", { start: 2, count: 2 });
  expect(part.noisy!.data).toEqual(whole.noisy!.data.slice(2 * 64));
});

it("refuses patches larger than the planes", () => {
  const images = { training: drawn(1), validation: drawn(1) };
  expect(() => pairData(images, { ...options, side: 11 })).toThrow(/found an image of 12 x 10/);
});

it("tells whether a patch's image has a signal, and of which of several classes it is", async () => {
  const draw = async (numbers: readonly number[]) => {
    const images = drawn(numbers.length).map((one, k) => ({ ...one, classNumber: numbers[k]! }));
    const { data } = pairData({ training: images, validation: images }, { ...options, count: 12 });
    const fields = ["noisy", "sigma", "present", "classes"] as const;
    return { data, batch: await data.draw({ step: 1, draw: 0, fields }) };
  };
  const two = await draw([0, 1, 1, 0]);
  expect(two.data.shapes).toMatchObject({ present: [12, 1], classes: [12, 1] });
  const three = await draw([0, 2, 1, 0]);
  expect(three.data.shapes).toMatchObject({ present: [12, 1], classes: [12, 3] });
  for (let n = 0; n < 12; n++) {
    // The level tells the image: 10 k HU of a window of 2000 for the image of number k − 1.
    const image = Math.round(two.batch.sigma!.data[n]! * 200) - 1;
    const present = [0, 1, 1, 0][image]!;
    expect(two.batch.present!.data[n]).toBe(present);
    expect(two.batch.classes!.data[n]).toBe(present);
    const other = Math.round(three.batch.sigma!.data[n]! * 200) - 1;
    const row = Array.from(three.batch.classes!.data.slice(3 * n, 3 * n + 3));
    expect(row).toEqual([0, 1, 2].map((k) => Number(k === [0, 2, 1, 0][other])));
    expect(three.batch.present!.data[n]).toBe(Number([0, 2, 1, 0][other]! > 0));
  }
});
