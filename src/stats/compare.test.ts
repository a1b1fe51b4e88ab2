import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { auc, aucDeLong, aucLogit } from "./auc.ts";
import { compareBootstrap } from "./auc-bootstrap.ts";
import { compareDeLong, holm, testEquivalence, testNonInferiority } from "./compare.ts";
import type { Scores } from "./scores.ts";

function pairOfArms(seed: number, n: number): [Scores, Scores] {
  const s = streamOf(seed, "arms");
  const make = (d1: number, d2: number) => {
    const common = s.normals(n);
    return [
      common.map((v) => v + s.normal() * 0.7 + d1),
      common.map((v) => v + s.normal() * 0.7 + d2),
    ];
  };
  const present = make(1.6, 1.1);
  const absent = make(0, 0);
  return [
    { present: present[0]!, absent: absent[0]! },
    { present: present[1]!, absent: absent[1]! },
  ];
}

describe("compareDeLong", () => {
  it("has the variance of the all-pairs jackknife-like sum", () => {
    const [a, b] = pairOfArms(1, 30);
    const c = compareDeLong(a, b);
    // Differences of placements, the definition without covariance algebra.
    const kernel = (x: number, y: number) => (x > y ? 1 : x === y ? 0.5 : 0);
    const rows = Array.from({ length: 30 }, (_, i) =>
      Array.from(
        { length: 30 },
        (_, j) => kernel(a.present[i]!, a.absent[j]!) - kernel(b.present[i]!, b.absent[j]!),
      ),
    );
    const mean = (v: number[]) => v.reduce((s, x) => s + x, 0) / v.length;
    const spread = (v: number[]) => {
      const m = mean(v);
      return v.reduce((s, x) => s + (x - m) ** 2, 0) / (v.length - 1) / v.length;
    };
    const byRow = rows.map(mean);
    const byColumn = rows[0]!.map((_, j) => mean(rows.map((r) => r[j]!)));
    expect(c.estimate).toBeCloseTo(auc(a) - auc(b), 13);
    expect(c.standardError ** 2).toBeCloseTo(spread(byRow) + spread(byColumn), 13);
    expect(c.statistic).toBeCloseTo(c.estimate / c.standardError, 12);
    expect(c.correlation).toBeGreaterThan(0.2);
    const swapped = compareDeLong(b, a);
    expect(swapped.pValue).toBeCloseTo(c.pValue, 12);
    expect(swapped.estimate).toBe(-c.estimate);
  });

  it("agrees with the paired bootstrap", () => {
    const [a, b] = pairOfArms(2, 150);
    const c = compareDeLong(a, b);
    const boot = compareBootstrap(a, b, { stream: streamOf(3), replicates: 1500 });
    // As for one area: 2 % from the draws, and a difference of order 1/n.
    expect(Math.abs(boot.standardError / c.standardError - 1)).toBeLessThan(0.1);
    expect(Math.abs(boot.interval.lower - c.interval.lower)).toBeLessThan(0.012);
  });

  it("names arms that rank all cases alike", () => {
    const [a] = pairOfArms(4, 20);
    const twice = {
      present: Array.from(a.present, (v) => 2 * v),
      absent: Array.from(a.absent, (v) => 2 * v),
    };
    expect(compareDeLong(a, twice)).toMatchObject({ status: "constant-scores", estimate: 0 });
    const perfect = { present: [2, 3], absent: [0, 1] };
    expect(compareDeLong(perfect, perfect).status).toBe("perfect-separation");
  });
});

describe("arms that separate their classes", () => {
  const perfect = {
    present: Array.from({ length: 20 }, (_, i) => 100 + i),
    absent: Array.from({ length: 30 }, (_, i) => i),
  };
  const [, b] = pairOfArms(5, 30);
  const other = { present: Array.from(b.present).slice(0, 20), absent: Array.from(b.absent) };

  it("get limits joined from Clopper and Pearson's and the other arm's, and a p value that agrees", () => {
    const c = compareDeLong(perfect, other);
    expect(c.status).toBe("perfect-separation");
    expect(c.remedy).not.toBe("");
    const [exact, logit] = [aucDeLong(perfect).interval, aucLogit(other)];
    const d = 1 - logit.estimate;
    expect(c.estimate).toBeCloseTo(d, 14);
    const low = Math.hypot(1 - exact.lower, logit.interval.upper - logit.estimate);
    expect(c.interval.lower).toBeCloseTo(d - low, 12);
    expect(c.interval.upper).toBeCloseTo(d + logit.estimate - logit.interval.lower, 12);
    expect(c.pValue).toBeGreaterThan(0);
    // The interval at level 1 − p ends at 0.
    const edge = compareDeLong(perfect, other, { level: 1 - c.pValue });
    expect(Math.abs(edge.interval.lower)).toBeLessThan(1e-9);
    const swapped = compareDeLong(other, perfect);
    expect(swapped.pValue).toBeCloseTo(c.pValue, 12);
    expect(swapped.interval.upper).toBeCloseTo(-c.interval.lower, 12);
  });

  it("differ by no more than their limits allow when both do", () => {
    const both = compareDeLong(perfect, perfect);
    // Twenty disjoint pairs: the lower limit of one area is 0.025^(1/20).
    const width = 1 - 0.025 ** (1 / 20);
    expect(both).toMatchObject({ status: "perfect-separation", estimate: 0, pValue: 1 });
    expect(both.interval.upper).toBeCloseTo(width, 12);
    expect(both.interval.lower).toBeCloseTo(-width, 12);
  });

  it("cannot be compared with an arm whose scores do not vary", () => {
    const same = { present: perfect.present.map(() => 1), absent: perfect.absent.map(() => 1) };
    const c = compareDeLong(perfect, same);
    expect(c).toMatchObject({ status: "constant-scores", estimate: 0.5 });
    expect(c.interval.lower).toBeNaN();
  });
});

describe("margins and multiplicity", () => {
  it("decides non-inferiority as its one-sided interval does", () => {
    for (const estimate of [-0.05, -0.02, 0, 0.03]) {
      const d = { estimate, standardError: 0.012 };
      const t = testNonInferiority(d, { margin: 0.04 });
      expect(t.holds).toBe(t.interval.lower >= -0.04);
      const e = testEquivalence({ ...d, df: 20 }, { margin: 0.04 });
      expect(e.holds).toBe(e.interval.lower >= -0.04 && e.interval.upper <= 0.04);
      expect(e.interval.level).toBeCloseTo(0.9, 12);
    }
    // z = 0.04/0.02 = 2: p = 0.02275.
    const p = testNonInferiority({ estimate: 0, standardError: 0.02 }, { margin: 0.04 }).pValue;
    expect(p).toBeCloseTo(0.0227501319, 9);
    expect(() => testEquivalence({ estimate: 0, standardError: 1 }, { margin: 0 })).toThrow(
      InputError,
    );
  });

  it("adjusts by Holm: the worked example of four p values", () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.6, NaN, 0.5])).toEqual([1, NaN, 1]);
    expect(holm([])).toEqual([]);
  });
});
