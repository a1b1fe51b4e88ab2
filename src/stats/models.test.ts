import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { type Stream, streamOf } from "../core/random.ts";
import { normalCdf, normalQuantile } from "../math/normal.ts";
import { aucDeLong, auc } from "./auc.ts";
import { binormalFit, categorise } from "./binormal.ts";
import { compareDeLong } from "./compare.ts";
import {
  choDetectability,
  detectabilityInterval,
  knownSignalInterval,
  separationInterval,
} from "./detectability.ts";
import {
  compareEroc,
  compareLroc,
  erocArea,
  lrocArea,
  lrocCurve,
  type UtilityScores,
} from "./localisation.ts";
import { compareErocBootstrap, erocBootstrap } from "./localisation-bootstrap.ts";
import {
  clopperPearson,
  dPrimeOfProportion,
  forcedChoice,
  proportionCorrect,
  wilson,
} from "./proportion.ts";
import { casesForPair, casesForWidth, plannedVariance, powerOfPair } from "./sample-size.ts";

describe("binormalFit", () => {
  it("finds the curve that made the data, within its interval", () => {
    const s = streamOf(1, "binormal");
    const n = 4000;
    // Present N(1.8, 1.5²), absent N(0, 1): a = 1.8/1.5, b = 1/1.5.
    const scores = { present: s.normals(n).map((v) => 1.8 + 1.5 * v), absent: s.normals(n) };
    const fit = binormalFit(scores);
    expect(fit.status).toBe("ok");
    // Four standard errors; se(a) is about 0.03 and se(b) 0.013 at this size.
    expect(Math.abs(fit.a - 1.2)).toBeLessThan(0.12);
    expect(Math.abs(fit.b - 1 / 1.5)).toBeLessThan(0.06);
    const truth = normalCdf(1.2 / Math.hypot(1, 1 / 1.5));
    expect(Math.abs(fit.estimate - truth)).toBeLessThan(4 * fit.standardError);
    // A parametric area has about DeLong's spread when the model holds.
    expect(fit.standardError / aucDeLong(scores).standardError).toBeGreaterThan(0.85);
    expect(fit.standardError / aucDeLong(scores).standardError).toBeLessThan(1.15);
    expect(Math.abs(fit.estimate - auc(scores))).toBeLessThan(0.01);
  });

  it("of ratings given twice is the same curve, with √2 times less error", () => {
    const s = streamOf(2, "ratings");
    const rate = (v: number) => Math.min(4, Math.max(0, Math.round(v + 1)));
    const scores = {
      present: s.normals(60).map((v) => rate(v * 1.3 + 1.4)),
      absent: s.normals(60).map(rate),
    };
    const fit = binormalFit(scores);
    expect(fit.status).toBe("ok");
    expect(fit.categories).toBe(5);
    const twice = {
      present: [...scores.present, ...scores.present],
      absent: [...scores.absent, ...scores.absent],
    };
    const again = binormalFit(twice);
    expect(again.a).toBeCloseTo(fit.a, 4);
    expect(again.b).toBeCloseTo(fit.b, 4);
    expect(again.logLikelihood).toBeCloseTo(2 * fit.logLikelihood, 6);
    expect(again.standardError * Math.SQRT2).toBeCloseTo(fit.standardError, 5);
  });

  /** Whether a step-shaped curve goes through all operating points: at most one height between its two walls. */
  function liesOnStep(scores: { present: number[]; absent: number[] }): boolean {
    const thresholds = [...new Set([...scores.present, ...scores.absent])];
    const share = (of: number[], t: number) => of.filter((v) => v >= t).length / of.length;
    const points = thresholds.map((t) => [share(scores.absent, t), share(scores.present, t)]);
    return [0, 1].some((x) => {
      const inner = points.filter((p) => p[x]! > 0 && p[x]! < 1);
      return new Set(inner.map((p) => p[1 - x]!)).size <= 1;
    });
  }

  it("calls degenerate what a step fits perfectly, and fits everything else", () => {
    const named = [
      // A detector with one threshold; absent cases in two neighbouring ratings; one height; one wall.
      { present: [1, 1, 1, 0], absent: [0, 0, 1, 0] },
      { present: [1, 2, 3, 4, 5, 5], absent: [1, 1, 2, 2, 1, 2] },
      { present: [1, 5, 5, 5], absent: [1, 2, 3, 5] },
      { present: [1, 2, 3, 5], absent: [1, 1, 5, 5] },
    ];
    for (const scores of named) expect(binormalFit(scores).status).toBe("degenerate-fit");
    const s = streamOf(4, "small ratings");
    const seen = { ok: 0, degenerate: 0 };
    for (let k = 0; k < 400; k++) {
      const top = 2 + Math.floor(5 * s.uniform());
      const rate = (v: number) => Math.min(top, Math.max(0, Math.round(v + top / 3)));
      const shift = 3 * s.uniform() - 0.5;
      const scores = {
        present: Array.from(s.normals(3 + Math.floor(12 * s.uniform())), (v) =>
          rate(1.4 * v + shift),
        ),
        absent: Array.from(s.normals(3 + Math.floor(12 * s.uniform())), rate),
      };
      const fit = binormalFit(scores);
      if (fit.status === "perfect-separation" || fit.status === "constant-scores") continue;
      expect(fit.status).toBe(liesOnStep(scores) ? "degenerate-fit" : "ok");
      if (fit.status !== "ok") seen.degenerate++;
      else {
        seen.ok++;
        expect(fit.interval.lower).toBeLessThan(fit.interval.upper);
        expect(fit.b).toBeGreaterThan(0);
      }
    }
    expect(Math.min(seen.ok, seen.degenerate)).toBeGreaterThan(50);
  });

  it("goes through both operating points of three ratings, which leave no freedom", () => {
    const counts = { present: [5, 8, 20], absent: [18, 9, 4] };
    const ratings = (of: number[]) => of.flatMap((n, k) => new Array<number>(n).fill(k));
    const fit = binormalFit({ present: ratings(counts.present), absent: ratings(counts.absent) });
    for (const k of [1, 2]) {
      const above = (of: number[]) =>
        of.slice(k).reduce((x, y) => x + y) / of.reduce((x, y) => x + y);
      const found = normalCdf(fit.a + fit.b * normalQuantile(above(counts.absent)));
      expect(found).toBeCloseTo(above(counts.present), 6);
    }
  });

  it("keeps ties together and counts everything", () => {
    // Ratings are never merged, however rare one is.
    const rare = { present: [1, ...new Array<number>(30).fill(3)], absent: [0, 2, 2, 1, 1] };
    expect(categorise(rare).present.length).toBe(4);
    const counts = categorise({ present: [1, 1, 1, 1, 2], absent: [0, 0, 1, 3] }, 3);
    expect(counts.present.reduce((a, b) => a + b)).toBe(5);
    expect(counts.absent.reduce((a, b) => a + b)).toBe(4);
    expect(counts.present.length).toBeLessThanOrEqual(3);
  });

  it("names what cannot be fitted", () => {
    expect(binormalFit({ present: [3, 4], absent: [1, 2] }).status).toBe("perfect-separation");
    expect(binormalFit({ present: [1, 1], absent: [1, 1] }).status).toBe("constant-scores");
    expect(binormalFit({ present: [1, 0], absent: [1, 0] }).status).toBe("degenerate-fit");
    expect(binormalFit({ present: [NaN, 0], absent: [1, 0] }).status).toBe("not-finite");
  });
});

describe("d' of a fixed template", () => {
  const [m, n] = [14, 9];
  /** d̂ of normal scores whose means lie so far apart. */
  function drawn(s: Stream, delta: number): number {
    const [present, absent] = [s.normals(m).map((v) => v + delta), s.normals(n)];
    const mean = (v: Float64Array) => v.reduce((a, x) => a + x, 0) / v.length;
    const squares = (v: Float64Array) => v.reduce((a, x) => a + (x - mean(v)) ** 2, 0);
    return (
      (mean(present) - mean(absent)) / Math.sqrt((squares(present) + squares(absent)) / (m + n - 2))
    );
  }

  it("has an interval at whose ends what was found is as rare as the level says", () => {
    const found = 1.3;
    const { lower, upper } = separationInterval(found, { present: m, absent: n });
    const s = streamOf(1, "separation");
    const draws = 20_000;
    const above = Array.from({ length: draws }, () => drawn(s, lower)).filter((d) => d >= found);
    const below = Array.from({ length: draws }, () => drawn(s, upper)).filter((d) => d <= found);
    // Three standard errors of a share of 0.025.
    const most = 3 * Math.sqrt((0.025 * 0.975) / draws);
    expect(Math.abs(above.length / draws - 0.025)).toBeLessThan(most);
    expect(Math.abs(below.length / draws - 0.025)).toBeLessThan(most);
    expect(separationInterval(NaN, { present: 5, absent: 5 }).lower).toBeNaN();
  });
});

describe("CHO detectability", () => {
  const p = 4;
  const delta = 1.5;
  function draw(seed: number, m: number, n: number) {
    const s = streamOf(seed, "channels");
    // White channels, then mixed by a fixed matrix: d' does not change.
    const mix = (x: Float64Array) => {
      const out = new Float64Array(p);
      for (let i = 0; i < p; i++)
        for (let j = 0; j <= i; j++) out[i]! += x[j]! * (i === j ? 2 : 0.5);
      return out;
    };
    const rows = (k: number, d: number) => {
      const out = new Float64Array(k * p);
      for (let r = 0; r < k; r++) {
        const x = s.normals(p);
        x[0]! += d;
        out.set(mix(x), r * p);
      }
      return out;
    };
    return { present: rows(m, delta), absent: rows(n, 0), channels: p };
  }

  it("is unbiased in the square over many studies", () => {
    const studies = 1500;
    let sum = 0;
    let squares = 0;
    for (let k = 0; k < studies; k++) {
      const { unbiasedSquared } = choDetectability(draw(k, 12, 14));
      sum += unbiasedSquared;
      squares += unbiasedSquared ** 2;
    }
    const mean = sum / studies;
    const se = Math.sqrt((squares / studies - mean ** 2) / studies);
    // Four standard errors about δ² = 2.25; the plug-in D² would be 3.9 on average.
    expect(Math.abs(mean - delta ** 2)).toBeLessThan(4 * se);
  });

  it("does not depend on the channel basis and closes on the truth with many images", () => {
    const d = choDetectability(draw(9, 4000, 4000));
    expect(d.status).toBe("ok");
    expect(Math.abs(d.estimate - delta)).toBeLessThan(4 * d.standardError);
    expect(d.interval.lower).toBeLessThan(d.estimate);
    expect(d.interval.upper).toBeGreaterThan(d.estimate);
    // With many images the exact interval is the normal one.
    expect((d.interval.upper - d.interval.lower) / (2 * 1.96 * d.standardError)).toBeCloseTo(1, 1);
    expect(d.auc.estimate).toBeCloseTo(normalCdf(d.estimate / Math.SQRT2), 14);
    const known = knownSignalInterval(d.sampleSquared, { df: 7998, channels: p });
    expect(known.interval.upper - known.interval.lower).toBeLessThan(
      d.interval.upper - d.interval.lower,
    );
  });

  it("has a lower end of nought when there is nothing to see, and names too few images", () => {
    expect(detectabilityInterval(0.001, { present: 20, absent: 20, channels: 5 })).toMatchObject({
      status: "ok",
      estimate: 0,
      interval: { lower: 0 },
    });
    const few = detectabilityInterval(3, { present: 3, absent: 3, channels: 5 });
    expect(few.status).toBe("too-few-cases");
    expect(few.estimate).toBeNaN();
    const data = draw(1, 12, 12);
    for (let r = 0; r < 12; r++) {
      data.present[r * p + 3] = data.present[r * p]!;
      data.absent[r * p + 3] = data.absent[r * p]!;
    }
    expect(choDetectability(data).status).toBe("singular-covariance");
    data.present[0] = NaN;
    expect(choDetectability(data).status).toBe("not-finite");
    expect(() => choDetectability({ ...data, channels: 5 })).toThrow(InputError);
  });
});

describe("forced choice and proportions", () => {
  it("has the textbook intervals", () => {
    // 8 of 10: Clopper–Pearson 0.4439045–0.9747893; Wilson 0.4901625–0.9433178.
    const exact = clopperPearson(8, 10);
    expect(exact.lower).toBeCloseTo(0.4439045376, 9);
    expect(exact.upper).toBeCloseTo(0.9747892736, 9);
    const score = wilson(8, 10);
    expect(score.lower).toBeCloseTo(0.4901624715, 8);
    expect(score.upper).toBeCloseTo(0.9433178485, 8);
    expect(clopperPearson(0, 20).lower).toBe(0);
    expect(clopperPearson(20, 20).lower).toBeCloseTo(0.025 ** (1 / 20), 12);
    expect(() => clopperPearson(3, 2)).toThrow(InputError);
  });

  it("turns proportion into d' and back; 2 alternatives in closed form", () => {
    expect(proportionCorrect(1, 2)).toBeCloseTo(normalCdf(Math.SQRT1_2), 14);
    for (const m of [2, 3, 4, 8, 100]) {
      expect(proportionCorrect(0, m)).toBeCloseTo(1 / m, 12);
      for (const d of [-0.5, 0.3, 1.7, 3])
        expect(dPrimeOfProportion(proportionCorrect(d, m), m)).toBeCloseTo(d, 8);
    }
    // Simulated 4-AFC at d' = 1.2.
    const s = streamOf(3, "afc");
    let hits = 0;
    const n = 40_000;
    for (let k = 0; k < n; k++) {
      const t = s.normal() + 1.2;
      if (t > s.normal() && t > s.normal() && t > s.normal()) hits++;
    }
    const want = proportionCorrect(1.2, 4);
    expect(Math.abs(hits / n - want)).toBeLessThan(4 * Math.sqrt((want * (1 - want)) / n));
    const result = forcedChoice({ correct: 30, total: 40, alternatives: 4 });
    expect(result.dPrime.interval.lower).toBeLessThan(result.dPrime.estimate);
    expect(forcedChoice({ correct: 40, total: 40, alternatives: 2 }).dPrime.estimate).toBe(
      Infinity,
    );
  });
});

describe("LROC and EROC", () => {
  const s = streamOf(4, "lroc");
  const n = 40;
  const present = Array.from(s.normals(n), (v) => Math.round((v + 1) * 4) / 4);
  const absent = Array.from(s.normals(n), (v) => Math.round(v * 4) / 4);
  const located = present.map(() => s.uniform() < 0.7);

  it("equals the sum over all pairs, and the curve has that area", () => {
    let sum = 0;
    present.forEach((t, i) =>
      absent.forEach((u) => {
        if (located[i]) sum += t > u ? 1 : t === u ? 0.5 : 0;
      }),
    );
    const area = lrocArea({ present, absent, located });
    expect(area.estimate).toBeCloseTo(sum / n / n, 12);
    const c = lrocCurve({ present, absent, located });
    let under = 0;
    for (let i = 1; i < c.fpf.length; i++)
      under += ((c.fpf[i]! - c.fpf[i - 1]!) * (c.located[i]! + c.located[i - 1]!)) / 2;
    expect(under).toBeCloseTo(area.estimate, 12);
    const all = lrocArea({ present, absent, located: present.map(() => true) });
    expect(all.standardError).toBeCloseTo(aucDeLong({ present, absent }).standardError, 12);
  });

  it("has the spread that repeated studies have", () => {
    const areas: number[] = [];
    const errors: number[] = [];
    const draws = streamOf(5, "eroc");
    for (let k = 0; k < 600; k++) {
      const t = draws.normals(30).map((v) => v + 1);
      const scores = {
        present: t,
        absent: draws.normals(30),
        utilities: t.map((v) => 1 / (1 + Math.exp(-v)) + 0.2 * draws.uniform()),
      };
      const e = erocArea(scores);
      areas.push(e.estimate);
      errors.push(e.standardError ** 2);
    }
    const mean = areas.reduce((a, b) => a + b) / 600;
    const spread = areas.reduce((a, b) => a + (b - mean) ** 2, 0) / 599;
    const claimed = errors.reduce((a, b) => a + b) / 600;
    // A variance of 600 draws has 6 % error; the U-statistic's own variance estimate is about 2 % high.
    expect(spread / claimed).toBeGreaterThan(0.8);
    expect(spread / claimed).toBeLessThan(1.2);
  });

  it("compares two arms, and refuses missing utilities", () => {
    const a = { present, absent, utilities: located.map((v) => (v ? 1 : 0)) };
    const b = { present, absent, utilities: present.map(() => 1) };
    const c = compareEroc(a, b);
    expect(c.estimate).toBeCloseTo(c.areas[0] - c.areas[1], 14);
    expect(c.estimate).toBeLessThan(0);
    expect(compareEroc(a, a).status).toBe("constant-scores");
    expect(() => erocArea({ ...a, utilities: [1] })).toThrow(InputError);
  });

  it("has DeLong's difference where every place is found, and that of all pairs of pairs elsewhere", () => {
    const other = present.map((v, i) => v + 0.4 * Math.sin(i));
    const plain = compareDeLong({ present, absent }, { present: other, absent });
    const all = present.map(() => true);
    const found = compareLroc(
      { present, absent, located: all },
      { present: other, absent, located: all },
    );
    expect(found.estimate).toBeCloseTo(plain.estimate, 14);
    expect(found.standardError).toBeCloseTo(plain.standardError, 14);
    // The covariance of two-sample U-statistics by its definition over pairs: means over j, then over i.
    const kernel = (u: UtilityScores, i: number, j: number) => {
      const [t, v] = [u.present[i]!, u.absent[j]!];
      return u.utilities[i]! * (t > v ? 1 : t === v ? 0.5 : 0);
    };
    const a = { present, absent, utilities: present.map((v) => v ** 2) };
    const b = { present: other, absent, utilities: present.map((_, i) => Math.cos(i)) };
    const parts = (u: UtilityScores) => ({
      rows: present.map((_, i) => absent.reduce((t, _v, j) => t + kernel(u, i, j), 0) / n),
      columns: absent.map((_, j) => present.reduce((t, _v, i) => t + kernel(u, i, j), 0) / n),
    });
    const [pa, pb] = [parts(a), parts(b)];
    const variance = (x: number[]) => {
      const m = x.reduce((t, v) => t + v, 0) / n;
      return x.reduce((t, v) => t + (v - m) ** 2, 0) / (n - 1);
    };
    const want = Math.sqrt(
      variance(pa.rows.map((v, i) => v - pb.rows[i]!)) / n +
        variance(pa.columns.map((v, j) => v - pb.columns[j]!)) / n,
    );
    const c = compareEroc(a, b);
    expect(c.standardError).toBeCloseTo(want, 12);
    const stream = streamOf(9, "eroc bootstrap");
    const boot = compareErocBootstrap(a, b, { stream, replicates: 4000 });
    expect(boot.estimate).toBeCloseTo(c.estimate, 14);
    // 4,000 draws know their spread to 1.1 %; the bootstrap's own lies some per cent off the U-statistic's.
    expect(Math.abs(boot.standardError / want - 1)).toBeLessThan(0.08);
    const single = erocBootstrap(b, { stream, replicates: 400 });
    expect(single.estimate).toBeCloseTo(erocArea(b).estimate, 14);
    expect(compareErocBootstrap(a, a, { stream, replicates: 100 }).status).toBe("constant-scores");
  });

  it("keeps shares between 0 and 1, also where every case is found and outranks", () => {
    const apart = present.map((_, i) => 10 + i);
    const sure = { present: apart, absent, located: present.map(() => true) };
    const perfect = lrocArea(sure);
    expect([perfect.status, perfect.estimate, perfect.interval.upper]).toEqual([
      "perfect-separation",
      1,
      1,
    ]);
    expect(perfect.interval.lower).toBeCloseTo(0.025 ** (1 / n), 10);
    const nearly = lrocArea({ ...sure, located: present.map((_, i) => i > 0) });
    expect(nearly.interval.upper).toBeLessThan(1);
    const c = compareLroc(sure, { present, absent, located });
    expect(c.status).toBe("perfect-separation");
    expect(c.interval.lower).toBeGreaterThan(0);
    expect(c.interval.upper).toBeLessThan(1);
    expect(c.pValue).toBeLessThan(1e-3);
    // Utilities beyond 1 are no shares: no exact interval, and none invented.
    const flat = { present: apart, absent, utilities: present.map(() => 2) };
    expect(erocArea(flat).status).toBe("constant-scores");
    expect(
      erocArea({ ...flat, utilities: present.map((_, i) => i) }).interval.upper,
    ).toBeGreaterThan(1);
  });
});

describe("planning", () => {
  it("plans the variance that simulation shows", () => {
    const s = streamOf(6, "plan");
    const areas: number[] = [];
    for (let k = 0; k < 800; k++) {
      areas.push(binormalFreeArea(s.normals(40), s.normals(60)));
    }
    function binormalFreeArea(x: Float64Array, y: Float64Array): number {
      const mean = (v: Float64Array) => v.reduce((a, b) => a + b) / v.length;
      const scatter = (v: Float64Array) => {
        const m = mean(v);
        return v.reduce((a, b) => a + (b - m) ** 2, 0);
      };
      const sd = Math.sqrt((scatter(x) + scatter(y)) / (x.length + y.length - 2));
      return normalCdf((mean(x) + 1.3 - mean(y)) / sd / Math.SQRT2);
    }
    const m = areas.reduce((a, b) => a + b) / 800;
    const spread = areas.reduce((a, b) => a + (b - m) ** 2, 0) / 799;
    const planned = plannedVariance(normalCdf(1.3 / Math.SQRT2), { present: 40, absent: 60 });
    // 800 draws: 5 % standard error of a variance; the delta method adds a few per cent.
    expect(spread / planned).toBeGreaterThan(0.8);
    expect(spread / planned).toBeLessThan(1.2);
  });

  it("finds the smallest number of cases", () => {
    const width = casesForWidth(0.85, { halfWidth: 0.03 });
    expect(width.reaches).toBeLessThanOrEqual(0.03);
    const fewer = plannedVariance(0.85, { present: width.present - 1, absent: width.present - 1 });
    expect(1.959964 * Math.sqrt(fewer)).toBeGreaterThan(0.03);
    const pair = casesForPair([0.85, 0.8], { correlation: 0.6 });
    const at = (k: number) => powerOfPair([0.85, 0.8], { present: k, absent: k, correlation: 0.6 });
    expect(at(pair.present)).toBeGreaterThanOrEqual(0.8);
    expect(at(pair.present - 1)).toBeLessThan(0.8);
    expect(() => casesForPair([0.8, 0.8], { correlation: 0.5 })).toThrow(InputError);
    expect(() => casesForWidth(0.4, { halfWidth: 0.03 })).toThrow(InputError);
  });
});
