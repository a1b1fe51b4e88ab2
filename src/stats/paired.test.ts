import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { studentTCdf } from "../math/distributions.ts";
import { meanBootstrap } from "./case-bootstrap.ts";
import { holm } from "./compare.ts";
import { compareValues } from "./compare-values.ts";
import { benjaminiHochberg, westfallYoung } from "./multiplicity.ts";
import { pairedT, signFlipTest, wilcoxonSignedRank } from "./paired.ts";

/** All sign flips of n numbers, by counting. */
function flipsOf(n: number): number[][] {
  return Array.from({ length: 2 ** n }, (_, k) =>
    Array.from({ length: n }, (_v, i) => ((k >> i) & 1 ? -1 : 1)),
  );
}

/** Two-sided signed-rank p value by going through all flips, ranks by counting. */
function bruteRankP(differences: number[], zeros: "pratt" | "wilcoxon"): number {
  const kept = zeros === "wilcoxon" ? differences.filter((d) => d !== 0) : differences;
  const rank = (d: number) =>
    kept.filter((e) => Math.abs(e) < Math.abs(d)).length +
    (kept.filter((e) => Math.abs(e) === Math.abs(d)).length + 1) / 2;
  const own = kept.filter((d) => d !== 0);
  const ranks = own.map(rank);
  const sum = (signs: number[]) => ranks.reduce((s, r, i) => s + (signs[i]! > 0 ? r : 0), 0);
  const seen = sum(own.map(Math.sign));
  const all = flipsOf(own.length).map(sum);
  const below = all.filter((s) => s <= seen).length / all.length;
  const above = all.filter((s) => s >= seen).length / all.length;
  return Math.min(1, 2 * Math.min(below, above));
}

const depression = [0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01];

describe("paired tests", () => {
  it("have textbook values: Hollander and Wolfe's depression scores", () => {
    const w = wilcoxonSignedRank(depression);
    expect(w).toMatchObject({ status: "ok", statistic: 40, cases: 9 });
    // 2 · 10/512: the ten sets of ranks with a sum of 5 or less.
    expect(w.pValue).toBeCloseTo(0.0390625, 12);
    const t = pairedT(depression);
    const mean = depression.reduce((a, b) => a + b) / 9;
    const sd = Math.sqrt(depression.reduce((a, d) => a + (d - mean) ** 2, 0) / 8);
    expect(t.estimate).toBeCloseTo(mean, 14);
    expect(t.statistic).toBeCloseTo((mean / sd) * 3, 12);
    expect(t.pValue).toBeCloseTo(2 * studentTCdf(-(mean / sd) * 3, { df: 8 }), 12);
    // t(0.975, 8) = 2.306004.
    expect(t.interval.lower).toBeCloseTo(mean - (2.306004135 * sd) / 3, 8);
  });

  it("equal enumeration of all sign flips, with ties and zeros", () => {
    const s = streamOf(1, "ranks");
    for (let k = 0; k < 60; k++) {
      const n = 2 + Math.floor(9 * s.uniform());
      const d = Array.from({ length: n }, () => Math.round(3 * s.normal() + 1));
      for (const zeros of ["pratt", "wilcoxon"] as const) {
        const found = wilcoxonSignedRank(d, { zeros });
        if (d.every((v) => v === 0))
          expect(found).toMatchObject({ status: "constant-scores", pValue: 1 });
        else expect(found.pValue).toBeCloseTo(bruteRankP(d, zeros), 12);
      }
      const seen = Math.abs(d.reduce((a, b) => a + b, 0));
      const all = flipsOf(n).map((f) => Math.abs(f.reduce((a, sign, i) => a + sign * d[i]!, 0)));
      const flips = signFlipTest(d, { stream: streamOf(2) });
      expect(flips.pValue).toBeCloseTo(all.filter((v) => v >= seen).length / all.length, 12);
      expect(flips.method).toBe("sign flips, all");
    }
  });

  it("agree with each other and with the normal approximation on many cases", () => {
    const d = Float64Array.from(streamOf(3).normals(199), (v) => v + 0.15);
    const exact = wilcoxonSignedRank(d);
    // Two more differences of the lowest ranks change nothing but the way of counting.
    const normal = wilcoxonSignedRank([...d, 1e-9, -1e-9]);
    expect(normal.method).toContain("normal");
    expect(exact.pValue).toBeGreaterThan(0.001);
    expect(Math.abs(normal.pValue - exact.pValue)).toBeLessThan(0.003);
    const drawn = signFlipTest(d, { stream: streamOf(4), draws: 5000 });
    expect(Math.abs(drawn.pValue - pairedT(d).pValue)).toBeLessThan(0.015);
    expect(signFlipTest(d, { stream: streamOf(4), draws: 5000 })).toEqual(drawn);
    expect(() => signFlipTest(d, { stream: streamOf(4), draws: 5 })).toThrow(InputError);
  });

  it("have an interval that the test inverts: shifted to its ends, p is at the level", () => {
    const d = Array.from(streamOf(5).normals(15), (v) => v + 0.5);
    const { interval, estimate } = wilcoxonSignedRank(d);
    const shifted = (by: number) => wilcoxonSignedRank(d.map((v) => v - by)).pValue;
    expect(shifted(interval.lower - 1e-9)).toBeLessThanOrEqual(0.05);
    expect(shifted(interval.lower + 1e-9)).toBeGreaterThan(0.05);
    expect(shifted(interval.upper + 1e-9)).toBeLessThanOrEqual(0.05);
    expect(shifted(estimate)).toBeGreaterThan(0.9);
    expect(wilcoxonSignedRank([1, 2, 3]).interval).toMatchObject({
      lower: -Infinity,
      upper: Infinity,
    });
  });

  it("keep their level on symmetric differences, ties included", () => {
    const studies = 1500;
    const rejected = { t: 0, rank: 0, ties: 0, flips: 0 };
    for (let k = 0; k < studies; k++) {
      const s = streamOf(6, k);
      const d = s.normals(10);
      if (pairedT(d).pValue <= 0.05) rejected.t++;
      if (wilcoxonSignedRank(d).pValue <= 0.05) rejected.rank++;
      if (wilcoxonSignedRank(d.map((v) => Math.round(2 * v))).pValue <= 0.05) rejected.ties++;
      if (signFlipTest(d, { stream: s.child("f") }).pValue <= 0.05) rejected.flips++;
    }
    // Four standard errors above 5 %: 0.0725; exact tests on few cases reject less often.
    for (const count of Object.values(rejected)) expect(count / studies).toBeLessThan(0.0725);
    expect(rejected.t / studies).toBeGreaterThan(0.0275);
    expect(rejected.flips / studies).toBeGreaterThan(0.0275);
  });

  it("name differences that tell nothing", () => {
    expect(pairedT([2, 2, 2])).toMatchObject({
      status: "constant-scores",
      estimate: 2,
      pValue: NaN,
    });
    expect(pairedT([0.1 + 0.2, 0.3, 0.3]).status).toBe("constant-scores");
    expect(pairedT([1]).status).toBe("too-few-cases");
    expect(wilcoxonSignedRank([1, NaN]).status).toBe("not-finite");
    expect(wilcoxonSignedRank([0, 0, 0])).toMatchObject({ status: "constant-scores", pValue: 1 });
    expect(signFlipTest([], { stream: streamOf(1) }).status).toBe("too-few-cases");
    expect(pairedT([2, 2, 2]).remedy).toContain("do not vary");
  });
});

describe("multiplicity", () => {
  it("adjusts by Benjamini and Hochberg: p·m/rank, made monotone from above", () => {
    expect(benjaminiHochberg([0.01, 0.02, 0.03, 0.04, 0.05])).toEqual(
      [0.05, 0.05, 0.05, 0.05, 0.05].map((v) => expect.closeTo(v, 12)),
    );
    expect(benjaminiHochberg([0.5, NaN, 0.001, 0.02])).toEqual([
      expect.closeTo(0.5, 12),
      NaN,
      expect.closeTo(0.003, 12),
      expect.closeTo(0.03, 12),
    ]);
    expect(benjaminiHochberg([])).toEqual([]);
  });

  const rows = (seed: number, n: number, shifts: readonly number[], common: number) => {
    const s = streamOf(seed, "family");
    const shared = s.normals(n);
    return shifts.map((shift) =>
      Float64Array.from(
        s.normals(n),
        (v, i) => Math.sqrt(common) * shared[i]! + Math.sqrt(1 - common) * v + shift,
      ),
    );
  };

  it("max-t equals step-down enumeration over all flips", () => {
    const n = 8;
    const d = rows(7, n, [1.2, 0.5, 0.1], 0.5);
    const t = (row: ArrayLike<number>) => {
      const m = Array.from(row).reduce((a, b) => a + b) / n;
      const sd = Math.sqrt(Array.from(row).reduce((a, v) => a + (v - m) ** 2, 0) / (n - 1));
      return Math.abs(m / (sd / Math.sqrt(n)));
    };
    const seen = d.map(t);
    const order = [0, 1, 2].sort((a, b) => seen[b]! - seen[a]!);
    const want = [NaN, NaN, NaN];
    let floor = 0;
    order.forEach((j, k) => {
      const rest = order.slice(k);
      const hits = flipsOf(n).filter((f) =>
        rest.some((l) => t(d[l]!.map((v, i) => v * f[i]!)) >= seen[j]! * (1 - 1e-9)),
      ).length;
      floor = Math.max(floor, hits / 2 ** n);
      want[j] = floor;
    });
    westfallYoung(d, { stream: streamOf(1) }).forEach((p, j) =>
      expect(p).toBeCloseTo(want[j]!, 12),
    );
    expect(
      westfallYoung([d[0]!, new Float64Array(n).fill(2)], { stream: streamOf(1) })[1],
    ).toBeNaN();
    expect(() => westfallYoung([d[0]!, d[1]!.slice(1)], { stream: streamOf(1) })).toThrow(
      InputError,
    );
  });

  it("max-t keeps the family's level, and pays less than Holm for correlated tests", () => {
    const studies = 400;
    let [family, gains] = [0, 0];
    for (let k = 0; k < studies; k++) {
      const d = rows(1000 + k, 12, [0, 0, 0, 0, 0], 0.9);
      const p = westfallYoung(d, { stream: streamOf(k) });
      if (Math.min(...p) <= 0.05) family++;
      const byHolm = holm(d.map((row) => signFlipTest(row, { stream: streamOf(k) }).pValue));
      if (Math.min(...p) <= Math.min(...byHolm) + 1e-12) gains++;
    }
    // Four standard errors of a level of 5 % in 400 studies.
    expect(family / studies).toBeLessThan(0.094);
    expect(family / studies).toBeGreaterThan(0.01);
    expect(gains / studies).toBeGreaterThan(0.9);
  });
});

describe("compareValues", () => {
  it("compares every method with the reference over the cases that both have", () => {
    const s = streamOf(9, "values");
    const noisy = Array.from(s.normals(24), (v) => 20 + v);
    const good = noisy.map((v) => v + 2 + 0.5 * s.normal());
    const same: (number | null)[] = noisy.map((v, i) => v + (i % 2 === 0 ? 0.5 : -0.5));
    same[3] = null;
    same[7] = Infinity;
    const rows = compareValues(
      { noisy, good, same },
      { reference: "noisy", stream: streamOf(10), draws: 2000 },
    );
    expect(rows.map(({ method, of, counted }) => [method, of, counted])).toEqual([
      ["good", 24, 24],
      ["same", 24, 22],
    ]);
    const [a, b] = rows;
    const d = good.map((v, i) => v - noisy[i]!);
    expect(a!.t.pValue).toBeCloseTo(pairedT(d).pValue, 12);
    expect(a!.signedRank.pValue).toBeCloseTo(wilcoxonSignedRank(d).pValue, 12);
    expect(a!.t.adjustedP).toBeCloseTo(2 * a!.t.pValue, 12);
    expect(a!.permutation.adjustedP).toBeLessThan(0.01);
    expect(b!.permutation.adjustedP).toBeGreaterThan(0.05);
    expect(b!.t.cases).toBe(22);
    expect(() => compareValues({ noisy }, { reference: "noisy", stream: s })).toThrow(InputError);
    expect(() => compareValues({ noisy, good: [1] }, { reference: "noisy", stream: s })).toThrow(
      /wanted the same cases/,
    );
  });
});

describe("meanBootstrap", () => {
  it("covers the mean of skewed Dice values, inside 0 to 1", () => {
    // 1 − u³ of a uniform u: mean 3/4, most cases near 1, some far below.
    const [studies, n] = [300, 30];
    let held = 0;
    for (let k = 0; k < studies; k++) {
      const s = streamOf(11, k);
      const values = Array.from({ length: n }, () => 1 - s.uniform() ** 3);
      const { interval } = meanBootstrap(values, { stream: s.child("b"), replicates: 600 });
      if (interval.lower <= 0.75 && 0.75 <= interval.upper) held++;
      expect(interval.upper).toBeLessThanOrEqual(1);
    }
    // Coverage of 93 % would fall below 88.5 % in one of 1,000 runs of 300.
    expect(held / studies).toBeGreaterThan(0.885);
    expect(held / studies).toBeLessThan(0.99);
  });

  it("counts cases without a value, and gives no interval where nothing varies", () => {
    const options = { stream: streamOf(12), replicates: 200 };
    expect(meanBootstrap([0.9, null, 0.8, NaN, 0.7], options)).toMatchObject({
      status: "ok",
      of: 5,
      counted: 3,
      estimate: expect.closeTo(0.8, 12),
    });
    expect(meanBootstrap([1, 1, 1], options)).toMatchObject({
      status: "constant-scores",
      estimate: 1,
    });
    expect(meanBootstrap([1, null], options).status).toBe("too-few-cases");
    expect(meanBootstrap([1, Infinity], options).status).toBe("not-finite");
  });
});
