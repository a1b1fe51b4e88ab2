import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import type { PlaneSource } from "./patches.ts";
import { drawAhead } from "./draw-ahead.ts";
import { checkFields, type BatchSource, type DrawRequest, type FieldName } from "./batch.ts";
import { planeBatches, planeValidation } from "./plane-batches.ts";

const side = 8;
const plane = {
  data: Float32Array.from(streamOf(3, "plane").normals(32 * 32)),
  ny: 32,
  nx: 32,
};
const sources: PlaneSource[] = [
  { planes: [plane], windows: [{ low: 0, high: 1, clip: false, weight: 1 }], weight: 1 },
];
const all: FieldName[] = ["noisy", "clean", "again", "other", "sigma"];

describe("planeBatches", () => {
  const source = planeBatches(sources, {
    seed: 1,
    count: 64,
    side,
    noise: { low: 0.1, high: 0.3 },
  });
  const draw = (step: number, number: number, fields = all) =>
    source.draw({ step, draw: number, fields });

  it("gives the same batch for the same request, another for another", async () => {
    const first = await draw(3, 1);
    expect(await draw(3, 1)).toEqual(first);
    expect((await draw(3, 0)).clean).not.toEqual(first.clean);
    expect((await draw(4, 1)).clean).not.toEqual(first.clean);
    // Fields that are not asked for change nothing in those that are.
    expect(await draw(3, 1, ["noisy"])).toEqual({ noisy: first.noisy });
  });

  it("has noise of the stated level, independent between the two noisy images", async () => {
    const { noisy, again, clean, sigma, other } = await draw(0, 0);
    let [a, b, ab, n] = [0, 0, 0, 0];
    clean!.data.forEach((value, i) => {
      const level = sigma!.data[Math.floor(i / (side * side))]!;
      const one = (noisy!.data[i]! - value) / level;
      const two = (again!.data[i]! - value) / level;
      a += one * one;
      b += two * two;
      ab += one * two;
      n++;
    });
    // Variance of a mean of n squared normals is 2/n, of products 1/n: five deviations of each.
    expect(Math.abs(a / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(b / n - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(ab / n)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.min(...sigma!.data)).toBeGreaterThanOrEqual(0.1);
    expect(Math.max(...sigma!.data)).toBeLessThan(0.3);
    expect(other!.data).not.toEqual(clean!.data);
  });

  it("validates on the same patches at every level, whatever the range", async () => {
    const validation = planeValidation(sources, { seed: 1, patches: 6, side, sigmas: [0.1, 0.2] });
    expect(validation).toMatchObject({ groups: ["0.1", "0.2"], count: 6 });
    const whole = await validation.draw("0.1", { start: 0, count: 6 });
    const part = await validation.draw("0.1", { start: 4, count: 2 });
    expect(part.noisy!.data).toEqual(whole.noisy!.data.slice(4 * side * side));
    const other = await validation.draw("0.2", { start: 0, count: 6 });
    expect(other.clean).toEqual(whole.clean);
    expect([...other.sigma!.data]).toEqual(new Array(6).fill(Math.fround(0.2)));
  });
});

describe("drawAhead", () => {
  it("asks for later steps before they are needed, each once, and none past the end", async () => {
    const asked: string[] = [];
    const source: BatchSource = {
      shapes: {},
      ahead: 2,
      draw({ step, draw }: DrawRequest) {
        asked.push(`${step}.${draw}`);
        return { sigma: { shape: [1], data: Float32Array.of(10 * step + draw) } };
      },
    };
    const next = drawAhead(source, { fields: [], draws: 2, from: 3, steps: 6 });
    const values = (batches: readonly { sigma?: { data: Float32Array } }[]) =>
      batches.map((batch) => batch.sigma!.data[0]);
    expect(values(await next(3))).toEqual([30, 31]);
    expect(asked).toEqual(["3.0", "3.1", "4.0", "4.1", "5.0", "5.1"]);
    expect(values(await next(4))).toEqual([40, 41]);
    expect(values(await next(5))).toEqual([50, 51]);
    expect(asked).toHaveLength(6);
  });

  it("hands a failure to whoever takes the step", async () => {
    const source: BatchSource = {
      shapes: {},
      draw: async ({ step }) => {
        if (step === 1) throw new Error("disk full");
        return {};
      },
    };
    const next = drawAhead(source, { fields: [], draws: 1, from: 0, steps: 3 });
    await next(0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(next(1)).rejects.toThrow("disk full");
  });
});

describe("checkFields", () => {
  const image = [4, 1, 8, 8];
  it("names what is missing, with its meaning", () => {
    expect(() =>
      checkFields({ noisy: image }, { reads: ["noisy", "labels"], reader: "with dice" }),
    ).toThrow(/Cannot train with dice: found a source without labels, wanted labels \(class of/);
  });
  it("wants one number of images and one size", () => {
    const check = (labels: number[]) => () =>
      checkFields({ noisy: image, labels }, { reads: ["noisy", "labels"], reader: "x" });
    expect(check([4, 3, 8, 8])).not.toThrow();
    expect(check([2, 3, 8, 8])).toThrow(/one number of images/);
    expect(check([4, 3, 8, 4])).toThrow(/one size/);
    expect(() =>
      checkFields(
        { noisy: image, sigma: [4, 1, 1, 1] },
        { reads: ["noisy", "sigma"], reader: "x" },
      ),
    ).not.toThrow();
  });
});
