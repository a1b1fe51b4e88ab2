import { describe, expect, it } from "vitest";
import { philox4x32, streamOf } from "./random.ts";

describe("philox4x32", () => {
  // Known answers published with Random123 (kat_vectors, philox4x32 10 rounds).
  it("gives the published known answers", () => {
    expect([...philox4x32([0, 0, 0, 0], [0, 0])]).toEqual([
      0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8,
    ]);
    const f = 0xffffffff;
    expect([...philox4x32([f, f, f, f], [f, f])]).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect([
      ...philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ]).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });
});

/** Mean, variance and a z-score test against known moments, with n draws. */
function moments(n: number, draw: () => number) {
  let sum = 0;
  let sum2 = 0;
  for (let i = 0; i < n; i++) {
    const x = draw();
    sum += x;
    sum2 += x * x;
  }
  const mean = sum / n;
  return { mean, variance: sum2 / n - mean * mean };
}

describe("streamOf", () => {
  it("repeats by seed and path, and differs between them", () => {
    const draw = (seed: number, ...path: (string | number)[]) =>
      Array.from(
        { length: 8 },
        (
          (s) => () =>
            s.uint32()
        )(streamOf(seed, ...path)),
      );
    expect(draw(7, "cases", 3)).toEqual(draw(7, "cases", 3));
    expect(draw(7, "cases", 3)).not.toEqual(draw(7, "cases", 4));
    expect(draw(7, "cases", 3)).not.toEqual(draw(8, "cases", 3));
    expect(draw(7, "cases", 3)).not.toEqual(draw(7, "cases", "3"));
  });

  it("gives a child that does not depend on the parent's position", () => {
    const parent = streamOf(1);
    const before = parent.child("a").uint32();
    parent.uint32();
    expect(parent.child("a").uint32()).toBe(before);
  });

  // Bounds are 5 standard errors of the sample mean and, for kurtosis κ, sd(variance) = σ²·sqrt((κ−1)/n).
  const n = 200_000;
  const cases: [string, (s: ReturnType<typeof streamOf>) => number, number, number, number][] = [
    ["uniform", (s) => s.uniform(), 0.5, 1 / 12, 1.8],
    ["normal", (s) => s.normal(), 0, 1, 3],
    ["exponential", (s) => s.exponential(), 1, 1, 9],
    ["poisson 0.3", (s) => s.poisson(0.3), 0.3, 0.3, 3 + 1 / 0.3],
    ["poisson 9.5", (s) => s.poisson(9.5), 9.5, 9.5, 3.2],
    ["poisson 12", (s) => s.poisson(12), 12, 12, 3.2],
    ["poisson 3e5", (s) => s.poisson(3e5), 3e5, 3e5, 3],
    ["gamma 0.4", (s) => s.gamma(0.4), 0.4, 0.4, 3 + 6 / 0.4],
    ["gamma 4", (s) => s.gamma(4), 4, 4, 4.5],
  ];
  it.each(cases)(
    "draws %s with the right mean and variance",
    (name, draw, mean, variance, kurtosis) => {
      const stream = streamOf(20261121, name);
      const m = moments(n, () => draw(stream));
      expect(Math.abs(m.mean - mean)).toBeLessThan(5 * Math.sqrt(variance / n));
      expect(Math.abs(m.variance - variance)).toBeLessThan(
        5 * variance * Math.sqrt((kurtosis - 1) / n),
      );
    },
  );

  it("draws integers and permutations without bias", () => {
    const stream = streamOf(3);
    const counts = new Float64Array(6);
    for (let i = 0; i < 60_000; i++) counts[stream.integer(6)]!++;
    const chi2 = counts.reduce((sum, c) => sum + (c - 10_000) ** 2 / 10_000, 0);
    expect(chi2).toBeLessThan(25.7); // chi-square, 5 d.o.f., p = 1e-4
    expect([...stream.permutation(50)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });

  it("refuses a seed that is no whole number", () => {
    expect(() => streamOf(-1)).toThrow(/found -1, wanted a whole number/);
    expect(() => streamOf(0.5)).toThrow(/found 0.5/);
  });
});
