import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { auc, aucDeLong, aucExact, aucLogit } from "./auc.ts";
import {
  aucBootstrap,
  compareBootstrap,
  expectedUtility,
  hullAuc,
  partialAuc,
  sensitivityAt,
} from "./auc-bootstrap.ts";
import { bootstrapCases } from "./bootstrap.ts";
import { compareDeLong } from "./compare.ts";
import { placements } from "./placements.ts";
import { clopperPearson } from "./proportion.ts";
import { partialAreaOf, rocCurve, rocHull, sortScores, areaOf, tpfAt } from "./roc.ts";
import type { Scores } from "./scores.ts";

const kernel = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0);

/** All pairs, the definition. */
function bruteForce(s: Scores) {
  const n1 = s.present.length;
  const n0 = s.absent.length;
  const v10 = Array.from(
    s.present,
    (t) => Array.from(s.absent, (u): number => kernel(t, u)).reduce((a, b) => a + b, 0) / n0,
  );
  const v01 = Array.from(
    s.absent,
    (u) => Array.from(s.present, (t): number => kernel(t, u)).reduce((a, b) => a + b, 0) / n1,
  );
  const area = v10.reduce((a, b) => a + b, 0) / n1;
  const spread = (v: number[]) => {
    const m = v.reduce((a, b) => a + b, 0) / v.length;
    return v.reduce((a, b) => a + (b - m) ** 2, 0) / (v.length - 1) / v.length;
  };
  return { v10, v01, area, variance: spread(v10) + spread(v01) };
}

const someScores = fc.record({
  present: fc.array(fc.integer({ min: -3, max: 6 }), { minLength: 2, maxLength: 25 }),
  absent: fc.array(fc.integer({ min: -6, max: 3 }), { minLength: 2, maxLength: 25 }),
});

function normalScores(seed: number, n: number, d: number): Scores {
  const s = streamOf(seed, "scores");
  return { present: s.normals(n).map((v) => v + d), absent: s.normals(n) };
}

describe("placements and areas", () => {
  it("equal the sum over all pairs, with any ties", () => {
    fc.assert(
      fc.property(someScores, (s) => {
        const want = bruteForce(s);
        const got = placements(s);
        want.v10.forEach((v, i) => expect(got.present[i]!).toBeCloseTo(v, 12));
        want.v01.forEach((v, i) => expect(got.absent[i]!).toBeCloseTo(v, 12));
        expect(auc(s)).toBeCloseTo(want.area, 12);
        const estimate = aucDeLong(s);
        if (estimate.status === "ok")
          expect(estimate.standardError ** 2).toBeCloseTo(want.variance, 12);
        expect(areaOf(sortScores(s))).toBeCloseTo(want.area, 12);
        const whole = partialAreaOf(rocCurve(s), { over: "fpf", from: 0, to: 1 });
        expect(whole).toBeCloseTo(want.area, 12);
        const hull = partialAreaOf(rocHull(rocCurve(s)), { over: "fpf", from: 0, to: 1 });
        expect(hull).toBeGreaterThanOrEqual(want.area - 1e-12);
      }),
    );
  });

  it("do not change under a monotone map, and turn round with the sign", () => {
    fc.assert(
      fc.property(someScores, (s) => {
        const map = (v: number) => Math.exp(v / 2);
        const mapped = { present: s.present.map(map), absent: s.absent.map(map) };
        expect(auc(mapped)).toBe(auc(s));
        const flipped = { present: s.present.map((v) => -v), absent: s.absent.map((v) => -v) };
        expect(auc(flipped)).toBeCloseTo(1 - auc(s), 12);
      }),
    );
  });

  it("has hand-worked numbers", () => {
    // Present 3, 5, 5; absent 1, 3, 4: pairs won 8, tied 1, lost 0 of 9… 3 against 4 is lost: 7 won, 1 tied, 1 lost.
    const s = { present: [3, 5, 5], absent: [1, 3, 4] };
    expect(auc(s)).toBeCloseTo(7.5 / 9, 15);
    const c = rocCurve(s);
    expect([...c.fpf]).toEqual([0, 0, 1 / 3, 2 / 3, 1]);
    expect([...c.tpf]).toEqual([0, 2 / 3, 2 / 3, 1, 1]);
    expect(tpfAt(c, 0)).toBeCloseTo(2 / 3, 15);
    expect(tpfAt(c, 0.5)).toBeCloseTo(5 / 6, 15);
    expect(partialAreaOf(c, { over: "fpf", from: 0, to: 1 / 3 })).toBeCloseTo(2 / 9, 15);
    // Right of the curve above TPF 2/3: the triangle side from FPF 1/3 to 2/3.
    expect(partialAreaOf(c, { over: "tpf", from: 2 / 3, to: 1 })).toBeCloseTo(1 / 6, 15);
    expect([...rocHull(c).fpf]).toEqual([0, 0, 2 / 3, 1]);
    expect(() => partialAreaOf(c, { over: "fpf", from: 0.5, to: 0.5 })).toThrow(InputError);
  });
});

describe("intervals", () => {
  it("stand in order and hold the estimate; the logit one stays inside", () => {
    const s = normalScores(3, 40, 2.2);
    const wald = aucDeLong(s);
    const logit = aucLogit(s);
    const exact = aucExact(s);
    expect(logit.interval.upper).toBeLessThan(1);
    for (const e of [wald, logit, exact]) {
      expect(e.status).toBe("ok");
      expect(e.interval.lower).toBeLessThan(e.estimate);
      expect(e.interval.upper).toBeGreaterThan(e.estimate);
      expect(Object.isFrozen(e)).toBe(true);
      expect([e.present, e.absent]).toEqual([40, 40]);
    }
    const width = (e: typeof wald) => e.interval.upper - e.interval.lower;
    expect(width(exact)).toBeGreaterThan(width(wald));
    expect(width(aucDeLong(s, { level: 0.5 }))).toBeLessThan(width(wald));
    expect(() => aucDeLong(s, { level: 1 })).toThrow(InputError);
  });

  it("bootstrap and DeLong agree on a large sample", () => {
    const s = normalScores(4, 150, 1);
    const wald = aucDeLong(s);
    for (const kind of ["bca", "percentile"] as const) {
      const boot = aucBootstrap(s, { stream: streamOf(5), kind, replicates: 1500 });
      expect(boot.estimate).toBeCloseTo(wald.estimate, 12);
      // Spread of a standard deviation from 1500 draws is 2 %; the two estimators differ by 1/n.
      expect(boot.standardError / wald.standardError).toBeGreaterThan(0.9);
      expect(boot.standardError / wald.standardError).toBeLessThan(1.1);
      expect(Math.abs(boot.interval.lower - wald.interval.lower)).toBeLessThan(0.015);
      expect(Math.abs(boot.interval.upper - wald.interval.upper)).toBeLessThan(0.015);
    }
    const again = aucBootstrap(s, { stream: streamOf(5), replicates: 1500 });
    expect(again).toEqual(aucBootstrap(s, { stream: streamOf(5), replicates: 1500 }));
  });

  it("BCa of a mean is the percentile interval when there is no skew, and follows skew", () => {
    const values = streamOf(6).normals(60);
    const mean = (counts: { present: ArrayLike<number> }) => {
      let s = 0;
      for (let i = 0; i < 60; i++) s += (counts.present[i]! * Math.exp(1.2 * values[i]!)) / 60;
      return s;
    };
    const sizes = { present: 60, absent: 2 };
    const options = { statistic: mean, replicates: 2000 };
    const bca = bootstrapCases(sizes, { ...options, stream: streamOf(7) });
    const plain = bootstrapCases(sizes, { ...options, stream: streamOf(7), kind: "percentile" });
    // A mean of skewed values needs its interval moved up.
    expect(bca.interval.upper).toBeGreaterThan(plain.interval.upper);
    expect(bca.interval.lower).toBeGreaterThan(plain.interval.lower);
    expect(() =>
      bootstrapCases(sizes, { ...options, stream: streamOf(7), replicates: 10 }),
    ).toThrow(InputError);
  });

  it("partial area, sensitivity, utility and hull carry intervals", () => {
    const s = normalScores(8, 120, 1.5);
    const options = { stream: streamOf(9), replicates: 400 };
    const part = partialAuc(s, { ...options, from: 0, to: 0.2, normalised: true });
    const sens = sensitivityAt(s, { ...options, specificity: 0.9 });
    const utility = expectedUtility(s, { ...options, slope: 1 });
    const hull = hullAuc(s, options);
    // Φ(1.5 − 1.2816) and 2Φ(0.75) − 1 for the population; four standard errors.
    expect(Math.abs(sens.estimate - 0.5864)).toBeLessThan(4 * sens.standardError);
    expect(Math.abs(utility.estimate - 0.5467)).toBeLessThan(4 * utility.standardError);
    for (const e of [part, sens, utility, hull]) {
      expect(e.status).toBe("ok");
      expect(e.interval.lower).toBeLessThanOrEqual(e.estimate);
      expect(e.interval.upper).toBeGreaterThanOrEqual(e.estimate);
    }
  });
});

describe("aucExact with ties", () => {
  const logFactorials = Array.from({ length: 31 }, (_, n) =>
    Array.from({ length: n }, (_v, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0),
  );
  const binomial = (n: number, k: number, p: number) =>
    p <= 0
      ? +(k === 0)
      : p >= 1
        ? +(k === n)
        : Math.exp(
            logFactorials[n]! -
              logFactorials[k]! -
              logFactorials[n - k]! +
              k * Math.log(p) +
              (n - k) * Math.log(1 - p),
          );
  const tail = (n: number, k: number, p: number) => {
    let sum = 0;
    for (let i = Math.max(0, k); i <= n; i++) sum += binomial(n, i, p);
    return sum;
  };
  /** P(ΣW ≥ k) of m pairs with mean A of which a share q is tied. */
  const tiedTail = (m: number, k: number, at: { area: number; tied: number }) => {
    const wins = at.tied < 1 ? (at.area - at.tied / 2) / (1 - at.tied) : 0;
    let sum = 0;
    for (let t = 0; t <= m; t++) {
      sum += binomial(m, t, at.tied) * tail(m - t, Math.ceil(k - t / 2), wins);
    }
    return sum;
  };

  it("no share of ties has a heavier tail than none, wherever the tail is a quarter or less", () => {
    for (let m = 1; m <= 20; m++) {
      for (let k = 1; k <= m; k++) {
        for (const probability of [0.25, 0.05, 0.025, 0.0005]) {
          let [low, high] = [0, 1];
          for (let step = 0; step < 50; step++) {
            const middle = (low + high) / 2;
            if (tail(m, k, middle) < probability) low = middle;
            else high = middle;
          }
          const most = 2 * Math.min(low, 1 - low);
          for (let share = 0; share <= 1; share += 0.1) {
            const found = tiedTail(m, k, { area: low, tied: share * most });
            expect(found).toBeLessThanOrEqual(probability * (1 + 1e-9));
          }
        }
      }
    }
  });

  it("counts ties half: 6 won and 3 tied of 10 lie between 7 and 8", () => {
    const present = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0];
    const absent = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const e = aucExact({ present, absent });
    expect(e.estimate).toBe(0.75);
    expect(e.interval.lower).toBe(clopperPearson(7, 10).lower);
    expect(e.interval.upper).toBe(clopperPearson(8, 10).upper);
    // Σ(W − ¾)² = 6/16 + 3/16 + 9/16.
    expect(e.standardError ** 2).toBeCloseTo(18 / 16 / 100, 14);
    const constant = aucExact({ present: [1, 1], absent: [1, 1] });
    expect(constant).toMatchObject({ status: "ok", estimate: 0.5, standardError: 0 });
  });

  it("covers binary scores and ratings at least as often as it says, at every level", () => {
    const draw = (s: ReturnType<typeof streamOf>, p: number, n: number) =>
      Array.from({ length: n }, () => +(s.uniform() < p));
    const rate = (v: number) => Math.min(3, Math.max(0, Math.round(v + 1)));
    const cdf = (k: number, d: number) => (k < 3 ? normalCdf(k - 0.5 - d) : 1);
    let ratings = 0;
    for (let a = 0; a <= 3; a++) {
      const share = cdf(a, 1) - (a > 0 ? cdf(a - 1, 1) : 0);
      ratings += (share * (cdf(a, 0) + (a > 0 ? cdf(a - 1, 0) : 0))) / 2;
    }
    for (const [truth, make] of [
      [0.75, (s) => ({ present: draw(s, 0.7, 30), absent: draw(s, 0.2, 40) })],
      [0.95, (s) => ({ present: draw(s, 1, 20), absent: draw(s, 0.1, 20) })],
      [0.5, (s) => ({ present: draw(s, 0.5, 15), absent: draw(s, 0.5, 15) })],
      [
        ratings,
        (s) => ({
          present: [...s.normals(25)].map((v) => rate(v + 1)),
          absent: [...s.normals(25)].map(rate),
        }),
      ],
    ] as readonly (readonly [number, (s: ReturnType<typeof streamOf>) => Scores])[]) {
      for (const level of [0.5, 0.9, 0.95]) {
        let held = 0;
        const studies = 600;
        for (let k = 0; k < studies; k++) {
          const { lower, upper } = aucExact(make(streamOf(11, "ties", k)), { level }).interval;
          if (lower <= truth && truth <= upper) held++;
        }
        // Three standard errors below nominal.
        expect(held / studies).toBeGreaterThan(
          level - 3 * Math.sqrt((level * (1 - level)) / studies),
        );
      }
    }
  });
});

describe("degenerate scores", () => {
  const perfect = { present: [5, 6, 7, 8], absent: [1, 2, 3] };

  it("area exactly 1: Clopper-Pearson on three disjoint pairs, [0.025^(1/3), 1]", () => {
    for (const e of [
      aucDeLong(perfect),
      aucLogit(perfect),
      aucBootstrap(perfect, { stream: streamOf(1), replicates: 100 }),
    ]) {
      expect(e.status).toBe("perfect-separation");
      expect(e.estimate).toBe(1);
      expect(e.interval.lower).toBeCloseTo(0.025 ** (1 / 3), 10);
      expect(e.interval.upper).toBe(1);
      expect(e.remedy).toMatch(/disjoint pairs/);
    }
    const reversed = aucDeLong({ present: perfect.absent, absent: perfect.present });
    expect(reversed.estimate).toBe(0);
    expect(reversed.interval.upper).toBeCloseTo(1 - 0.025 ** (1 / 3), 10);
  });

  it("constant, NaN, and one image in a class are named, without an interval", () => {
    const constant = { present: [2, 2, 2], absent: [2, 2] };
    const broken = { present: [2, NaN, 2], absent: [2, 1] };
    const single = { present: [2], absent: [1, 3] };
    const none = { present: [], absent: [1, 3] };
    for (const [s, status] of [
      [constant, "constant-scores"],
      [broken, "not-finite"],
      [single, "too-few-cases"],
      [none, "too-few-cases"],
    ] as const) {
      for (const e of [
        aucDeLong(s),
        aucLogit(s),
        aucBootstrap(s, { stream: streamOf(1), replicates: 100 }),
        compareDeLong(s, s),
      ]) {
        expect(e.status).toBe(status);
        expect(e.interval.lower).toBeNaN();
        expect(e.remedy.length).toBeGreaterThan(20);
      }
    }
    expect(aucDeLong(constant).estimate).toBe(0.5);
    expect(aucDeLong(broken).estimate).toBeNaN();
    expect(aucDeLong(single).estimate).toBe(0.5);
  });

  it("arms with other cases are refused by name", () => {
    const a = { present: [1, 2], absent: [0, 1], presentIds: ["p1", "p2"] };
    const b = { present: [1, 2], absent: [0, 1], presentIds: ["p1", "p3"] };
    expect(() => compareDeLong(a, b)).toThrow(/"p2" against "p3"/);
    expect(() => compareBootstrap(a, b, { stream: streamOf(1) })).toThrow(InputError);
    expect(() => compareDeLong(a, { present: [1], absent: [0, 1] })).toThrow(/found 2 and 1/);
    expect(() => aucDeLong({ ...a, presentIds: ["p1"] })).toThrow(/case names/);
  });
});
