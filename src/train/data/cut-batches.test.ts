import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import type { FieldName } from "../batch.ts";
import { cutBatches, cutValidation, ownNoise } from "./cut-batches.ts";
import type { Sample } from "./sample.ts";

const [ny, nx, side] = [40, 48, 16];
const size = ny * nx;

/** Columns rise, noise grows from left to right, labels are the quadrants. */
function sampleOf(name: string, changes: Partial<Sample> = {}): Sample {
  const stream = streamOf(2, name);
  const clean = Float32Array.from({ length: size }, (_, i) => 10 * (i % nx));
  const noise = () => clean.map((v, i) => v + (1 + (i % nx) / 4) * stream.normal());
  const labels = clean.map((_, i) => (i % nx < nx / 2 ? 0 : 1) + (i < size / 2 ? 0 : 2));
  return {
    ny,
    nx,
    depth: 1,
    planes: { clean: [clean], noisy: [noise()], again: [noise()], labels: [labels] },
    windows: [{ low: 0, high: 100, clip: false, weight: 1 }],
    weight: 1,
    classOf: [2, 1, 0, 3],
    signal: { present: true, place: [0, 20, 24] },
    ...changes,
  };
}

const all: FieldName[] = ["noisy", "clean", "again", "other", "sigma", "labels", "present"];
const area = side * side;
const options = { seed: 1, count: 24, side, classes: ["a", "b", "c", "d"] };
const rms = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
};

describe("cutBatches", () => {
  const samples = [sampleOf("one"), sampleOf("two", { weight: 3 })];

  it("gives the same batch for the same request, whatever else is asked for", async () => {
    const source = cutBatches(samples, { ...options, level: { from: 0.01, to: 1, scale: "log" } });
    const first = await source.draw({ step: 2, draw: 1, fields: all });
    expect(await source.draw({ step: 2, draw: 1, fields: all })).toEqual(first);
    for (const name of all) {
      const alone = await source.draw({ step: 2, draw: 1, fields: [name] });
      expect(alone).toEqual({ [name]: first[name] });
      expect(source.shapes[name]).toEqual(first[name]!.shape);
    }
    expect((await source.draw({ step: 2, draw: 0, fields: all })).clean).not.toEqual(first.clean);
  });

  it("keeps the noise as it is without a level, and says how strong it is in the patch", async () => {
    const { noisy, clean, sigma } = await cutBatches(samples, options).draw({
      step: 0,
      draw: 0,
      fields: all,
    });
    const levels = new Set<number>();
    for (let n = 0; n < options.count; n++) {
      const noise = [...noisy!.data.subarray(n * area, (n + 1) * area)].map(
        (v, i) => v - clean!.data[n * area + i]!,
      );
      expect(sigma!.data[n]).toBeCloseTo(rms(noise), 5);
      levels.add(sigma!.data[n]!);
    }
    // (1 + x/4)/100 over columns 0 to 47: 0.03 at the left end, 0.11 at the right.
    expect(Math.min(...levels)).toBeGreaterThan(0.02);
    expect(Math.max(...levels)).toBeLessThan(0.14);
    expect(Math.max(...levels) / Math.min(...levels)).toBeGreaterThan(1.5);
  });

  it("makes the noise as strong as drawn, evenly in the logarithm, in the same pattern", async () => {
    const [from, to] = [0.002, 0.2];
    const source = cutBatches(samples, { ...options, level: { from, to, scale: "log" } });
    const plain = cutBatches(samples, options);
    const logs: number[] = [];
    for (let step = 0; step < 40; step++) {
      const request = { step, draw: 0, fields: all };
      const [a, b] = [await source.draw(request), await plain.draw(request)];
      for (let n = 0; n < options.count; n++) {
        const level = a.sigma!.data[n]!;
        logs.push(Math.log(level));
        const factor = level / b.sigma!.data[n]!;
        for (let i = n * area; i < (n + 1) * area; i += 37) {
          const [scaled, own] = [a.noisy, b.noisy].map((x) => x!.data[i]! - b.clean!.data[i]!);
          expect(Math.abs(scaled! - factor * own!)).toBeLessThan(2e-6 * Math.max(1, factor));
        }
      }
    }
    // Uniform on [log from, log to]: mean and variance within five standard errors.
    const width = Math.log(to / from);
    const mean = logs.reduce((s, v) => s + v, 0) / logs.length;
    const bound = (5 * width) / Math.sqrt(12 * logs.length);
    expect(Math.abs(mean - (Math.log(from) + width / 2))).toBeLessThan(bound);
    expect(rms(logs) / (width / Math.sqrt(12))).toBeCloseTo(1, 1);
  });

  it("gives the asked share of patches without noise", async () => {
    const source = cutBatches(samples, { ...options, count: 400, level: 0.1, noiseless: 0.2 });
    const { sigma, noisy, clean } = await source.draw({ step: 0, draw: 0, fields: all });
    const without = [...sigma!.data.keys()].filter((n) => sigma!.data[n] === 0);
    expect(Math.abs(without.length / 400 - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / 400));
    const [first] = without as [number];
    const part = (data: Float32Array) => data.slice(first * area, (first + 1) * area);
    expect(part(noisy!.data)).toEqual(part(clean!.data));
  });

  it("turns all fields alike: labels and the signal's presence stay with their pixels", async () => {
    const { clean, labels, present } = await cutBatches(samples, options).draw({
      step: 5,
      draw: 0,
      fields: all,
    });
    for (let n = 0; n < options.count; n++) {
      const column = (i: number) => Math.round(10 * clean!.data[n * area + i]!);
      const classes = new Set<number>();
      for (let i = 0; i < area; i++) {
        const hot = [0, 1, 2, 3].filter((k) => labels!.data[(4 * n + k) * area + i] === 1);
        expect(hot).toHaveLength(1);
        classes.add(hot[0]!);
        // Quadrants 0 and 2 lie left, 1 and 3 right; they are classes 2, 0 and 1, 3.
        expect([2, 0].includes(hot[0]!)).toBe(column(i) < nx / 2);
      }
      // The signal's pixel is the first of the lower right quadrant: patches that hold it hold all four.
      if (present!.data[n] === 1) expect(classes.size).toBe(4);
    }
    expect(new Set(present!.data)).toEqual(new Set([0, 1]));
  });

  it("cuts where enough is above the ground", async () => {
    const fields: FieldName[] = ["clean"];
    const drawn = async (share?: number) => {
      const foreground = share === undefined ? undefined : { above: 235, share };
      const source = cutBatches(samples, { ...options, count: 100, foreground });
      const { clean } = await source.draw({ step: 0, draw: 0, fields });
      return [...Array(100).keys()].filter((n) => {
        const part = clean!.data.subarray(n * area, (n + 1) * area);
        return part.filter((v) => v > 2.35).length / area >= 0.5;
      }).length;
    };
    expect(await drawn(0.5)).toBe(100);
    expect(await drawn()).toBeLessThan(80);
    // Nothing fits: it goes on all the same.
    const never = cutBatches(samples, { ...options, foreground: { above: 1e9, share: 1 } });
    await expect(Promise.resolve(never.draw({ step: 0, draw: 0, fields }))).resolves.toBeDefined();
  });

  it("clips the clean values where the window does, and not the noise", async () => {
    const windows = [{ low: 100, high: 200, clip: true, weight: 1 }];
    const source = cutBatches([sampleOf("x", { windows })], options);
    const { noisy, clean } = await source.draw({ step: 0, draw: 0, fields: all });
    expect(Math.min(...clean!.data)).toBe(0);
    expect(Math.max(...clean!.data)).toBe(1);
    expect(Math.max(...noisy!.data)).toBeGreaterThan(1);
  });

  it("offers what all samples have", () => {
    const { labels: _, ...planes } = sampleOf("x").planes;
    const { signal: _s, ...rest } = sampleOf("x");
    const noisy = { noisy: planes.noisy! };
    expect(Object.keys(cutBatches([...samples, { ...rest, planes }], options).shapes)).toEqual([
      "noisy",
      "clean",
      "other",
      "again",
      "sigma",
    ]);
    expect(Object.keys(cutBatches([{ ...rest, planes: noisy }], options).shapes)).toEqual([
      "noisy",
    ]);
  });
});

describe("cutValidation", () => {
  it("has the same patches in every group and every range", async () => {
    const shared = { ...options, patches: 6 };
    const validation = cutValidation([sampleOf("v")], { ...shared, sigmas: [0.05, 0.1] });
    expect(validation).toMatchObject({ groups: ["0.05", "0.1"], count: 6 });
    const whole = await validation.draw("0.05", { start: 0, count: 6 });
    const part = await validation.draw("0.05", { start: 4, count: 2 });
    expect(part.noisy!.data).toEqual(whole.noisy!.data.slice(4 * area));
    const other = await validation.draw("0.1", { start: 0, count: 6 });
    expect(other.clean).toEqual(whole.clean);
    for (const level of other.sigma!.data) expect(level).toBeCloseTo(0.1, 6);
    expect(cutValidation([sampleOf("v")], { ...shared, sigmas: [] }).groups).toEqual([ownNoise]);
  });
});
