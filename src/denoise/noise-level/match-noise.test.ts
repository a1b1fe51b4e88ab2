import { describe, expect, it } from "vitest";
import { type Image, makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { matchNoise } from "./match-noise.ts";

const n = 160;

/** Noise that is four times as strong in the middle as at the rim, and blurred over 3 × 3 px. */
function noise(seed: number): Float32Array {
  const stream = streamOf(seed, "match");
  const white = Float32Array.from({ length: n * n }, () => stream.normal());
  return white.map((_, i) => {
    const [y, x] = [Math.floor(i / n), i % n];
    let sum = 0;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        sum += white[((y + dy + n) % n) * n + ((x + dx + n) % n)]!;
      }
    }
    const far = Math.hypot(y - n / 2, x - n / 2) / (n / 2);
    return (sum / 3) * (4 - 3 * Math.min(1, far));
  });
}

const image = (data: Float32Array): Image => makeImage(data, [n, n], { unit: "HU" });
const flat = image(new Float32Array(n * n).fill(40));

/** Flat tissue with a grid of vessels, a slope, and air around. */
const body = image(
  Float32Array.from({ length: n * n }, (_, i) => {
    const [y, x] = [Math.floor(i / n), i % n];
    if (Math.hypot(y - n / 2, x - n / 2) > 74) return -1000;
    const vessel = Math.hypot((y % 32) - 16, (x % 40) - 20) < 4;
    return 40 + 0.1 * x + (vessel ? 120 : 0);
  }),
);

const added = (to: Image, factor: number, seed: number): Image =>
  withData(
    to,
    noise(seed).map((v, i) => to.data[i]! + factor * v),
  );

describe("matchNoise", () => {
  it.each([0.2, 1, 7])("finds the factor %d of noise that changes over the plane", (factor) => {
    // Some 60 independent windows of correlated noise in each of two samples: standard error 3 %.
    for (const seed of [1, 2, 3]) {
      const found = matchNoise(added(flat, factor, seed), noise(seed + 10))!;
      expect(Math.abs(found / factor - 1)).toBeLessThan(0.1);
    }
  });

  it("is not led by anatomy or by the air around it", () => {
    for (const factor of [2, 5]) {
      const found = matchNoise(added(body, factor, 4), noise(14), { between: [-200, 300] })!;
      expect(Math.abs(found / factor - 1)).toBeLessThan(0.15);
    }
  });

  it("scales with either, and says nothing where there is nothing to see", () => {
    const given = added(flat, 1, 5);
    const sample = noise(15);
    const one = matchNoise(given, sample)!;
    const half = matchNoise(
      given,
      sample.map((v) => 2 * v),
    )!;
    expect(half).toBeCloseTo(one / 2, 5);
    expect(matchNoise(flat, sample)).toBeUndefined();
    expect(matchNoise(given, new Float32Array(n * n))).toBeUndefined();
    const small = makeImage(given.data.slice(0, 400), [20, 20], { unit: "HU" });
    expect(matchNoise(small, sample.slice(0, 400))).toBeUndefined();
  });
});
