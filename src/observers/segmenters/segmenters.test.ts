import { describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { filterDiscriminant } from "./filter-discriminant.ts";
import { gaussianClasses } from "./gaussian-classes.ts";
import { pottsModes } from "./potts.ts";

/** A plane of independent voxels of two classes, N(0, 1) and N(2, 2²), the second a fifth of them. */
function mixture(seed: number, side = 120) {
  const stream = streamOf(seed, "mixture");
  const labels = Float32Array.from({ length: side * side }, () => (stream.uniform() < 0.2 ? 5 : 0));
  const data = labels.map((label) => (label === 5 ? 2 + 2 * stream.normal() : stream.normal()));
  return { image: makeImage(data, [side, side]), labels: makeImage(labels, [side, side]) };
}

describe("gaussian-classes", () => {
  it("without neighbours is the Bayes rule: its threshold solves the quadratic of two normals", async () => {
    const { image, labels } = mixture(1);
    const trained = await gaussianClasses.train(
      { images: [image], labels: [labels] },
      { smoothing: 0 },
    );
    if (trained.status !== "ok") throw new Error(trained.cause);
    const grid = Float32Array.from({ length: 4001 }, (_, i) => -10 + i / 200);
    const found = await trained.segment(makeImage(grid, [1, 4001]));
    // log π₀ − log σ₀ − (x − μ₀)²/2σ₀² against the same of the other, with the sample's own moments.
    const share = labels.data.filter((v) => v === 0).length / labels.data.length;
    const log = (x: number, label: number, part: number) => {
      const [mean, sd] = [trained.figures[`mean ${label}`]!, trained.figures[`sd ${label}`]!];
      return Math.log(part / sd) - ((x - mean) / sd) ** 2 / 2;
    };
    for (const [i, x] of grid.entries()) {
      const gap = log(x, 0, share) - log(x, 5, 1 - share);
      if (Math.abs(gap) > 1e-6) expect(found.data[i], String(x)).toBe(gap > 0 ? 0 : 5);
    }
    // Of 14,400 values, a few standard errors.
    expect(trained.figures["mean 5"]).toBeCloseTo(2, 0);
    expect(Math.abs(trained.figures["sd 0"]! - 1)).toBeLessThan(0.04);
    expect(new Set(found.data)).toEqual(new Set([0, 5]));
  });

  it("knows by place what intensities do not tell", async () => {
    const side = 16;
    const half = Float32Array.from({ length: side * side }, (_, i) => (i % side < 8 ? 1 : 2));
    const labels = makeImage(half, [side, side]);
    const noise = (seed: number) => {
      const stream = streamOf(seed, "noise");
      return makeImage(
        Float32Array.from(half, () => stream.normal()),
        [side, side],
      );
    };
    const images = [1, 2, 3, 4, 5].map(noise);
    const training = { images, labels: images.map(() => labels) };
    const shares = { smoothing: 0, prior: "place" };
    const trained = await gaussianClasses.train(training, shares);
    if (trained.status !== "ok") throw new Error(trained.cause);
    const found = (await trained.segment(noise(9))).data;
    const right = found.filter((v, i) => v === half[i]).length / found.length;
    // Five images and an imagined one of even shares: odds of 11 to 1 against alike intensities.
    expect(right).toBeGreaterThan(0.95);
  });
});

describe("filter-discriminant", () => {
  it("tells textures of one mean and one variance apart, where single values cannot", async () => {
    const side = 64;
    const texture = (seed: number) => {
      const stream = streamOf(seed, "texture");
      const white = Float64Array.from({ length: side * side }, () => stream.normal());
      const labels = Float32Array.from(white, (_, i) => (i % side < side / 2 ? 1 : 2));
      // On the right blocks of 4 × 4 share one value: as spread as the others, and correlated.
      const data = Float32Array.from(white, (v, i) => {
        const [y, x] = [Math.floor(i / side), i % side];
        return labels[i] === 1 ? v : white[(y - (y % 4)) * side + x - (x % 4)]!;
      });
      return {
        image: makeImage(data, [side, side]),
        labels: makeImage(labels, [side, side]),
      };
    };
    const pairs = [1, 2, 3].map(texture);
    const training = { images: pairs.map((p) => p.image), labels: pairs.map((p) => p.labels) };
    const test = texture(7);
    const share = async (segmenter: typeof gaussianClasses, smoothing: number) => {
      const trained = await segmenter.train(training, { smoothing });
      if (trained.status !== "ok") throw new Error(trained.cause);
      const found = await trained.segment(test.image);
      return found.data.filter((v, i) => v === test.labels.data[i]).length / found.data.length;
    };
    const single = await share(gaussianClasses, 0);
    const filtered = await share(filterDiscriminant, 0);
    expect(Math.abs(single - 0.5)).toBeLessThan(0.05);
    expect(filtered).toBeGreaterThan(0.75);
  });
});

describe("pottsModes", () => {
  it("ends where no single voxel can gain, and removes a lone voxel as soon as its neighbours outweigh it", () => {
    const shape = { axes: "yx", shape: [5, 5] } as const;
    const logs = new Float64Array(50);
    // Class 1 by 3 at the middle, class 0 by 1 elsewhere.
    for (let i = 0; i < 25; i++) logs[2 * i + (i === 12 ? 1 : 0)] = i === 12 ? 3 : 1;
    const at = (smoothing: number) =>
      pottsModes(logs, shape, { classes: 2, smoothing, iterations: 50 })[12];
    // Four neighbours of class 0 are worth 4β against 3.
    expect(at(0.74)).toBe(1);
    expect(at(0.76)).toBe(0);

    const stream = streamOf(3, "potts");
    const drawn = Float64Array.from({ length: 2 * 400 }, () => stream.normal());
    const field = { axes: "yx", shape: [20, 20] } as const;
    const modes = pottsModes(drawn, field, { classes: 2, smoothing: 0.7, iterations: 100 });
    const energy = (classes: ArrayLike<number>) => {
      let sum = 0;
      for (let i = 0; i < 400; i++) {
        sum += drawn[2 * i + classes[i]!]!;
        if (i % 20 < 19) sum += 0.7 * Number(classes[i] === classes[i + 1]);
        if (i < 380) sum += 0.7 * Number(classes[i] === classes[i + 20]);
      }
      return sum;
    };
    const reached = energy(modes);
    for (let i = 0; i < 400; i++) {
      const flipped = modes.map((k, j) => (j === i ? 1 - k : k));
      expect(energy(flipped)).toBeLessThanOrEqual(reached + 1e-9);
    }
  });
});
