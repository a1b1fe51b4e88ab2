import { describe, expect, it } from "vitest";
import { FormatError, InputError } from "../core/errors.ts";
import { type Stream, streamOf } from "../core/random.ts";
import { compareDeLong } from "./compare.ts";
import { formatImrmc, parseImrmc } from "./imrmc.ts";
import { gallasArea, gallasCompare } from "./mrmc-gallas.ts";
import { orhAnalysis } from "./mrmc-orh.ts";
import { readerDesign } from "./reader-design.ts";
import type { ReaderScore, ReaderStudy } from "./reader-study.ts";
import { planReaders, powerOfReaders } from "./sample-size.ts";

/** Scores with reader, case and interaction effects; `read` says who reads what. */
function simulate(
  stream: Stream,
  sizes: { readers: number; n: number; shift: readonly [number, number] },
  read: (reader: number, modality: number, k: number) => boolean = () => true,
): ReaderStudy {
  const truth = new Map<string, boolean>();
  const scores: ReaderScore[] = [];
  const total = 2 * sizes.n;
  const caseEffect = stream.normals(total);
  const readerSkill = stream.normals(sizes.readers).map((v) => v * 0.3);
  for (let k = 0; k < total; k++) truth.set(`c${k}`, k % 2 === 1);
  for (let m = 0; m < 2; m++) {
    const modalityCase = stream.normals(total);
    for (let r = 0; r < sizes.readers; r++) {
      const own = stream.normal() * 0.2;
      for (let k = 0; k < total; k++) {
        const noise = stream.normal();
        if (!read(r, m, k)) continue;
        const signal = k % 2 === 1 ? sizes.shift[m]! + readerSkill[r]! + own : 0;
        scores.push({
          reader: `r${r}`,
          modality: m === 0 ? "A" : "B",
          caseId: `c${k}`,
          score: signal + 0.6 * caseEffect[k]! + 0.4 * modalityCase[k]! + 0.7 * noise,
        });
      }
    }
  }
  return { truth, scores };
}

/** The variance by its definition: every pair of observations, sorted by what the two share. */
function bruteCovariance(study: ReaderStudy, first: string, second: string): number {
  const cells = (modality: string) => {
    const byReader = new Map<string, Map<string, number>>();
    for (const s of study.scores) {
      if (s.modality !== modality) continue;
      if (!byReader.has(s.reader)) byReader.set(s.reader, new Map());
      byReader.get(s.reader)!.set(s.caseId, s.score);
    }
    const out: { r: string; i: string; j: string; s: number }[] = [];
    for (const [r, scores] of byReader)
      for (const [i, t0] of scores)
        for (const [j, t1] of scores)
          if (!study.truth.get(i) && study.truth.get(j))
            out.push({ r, i, j, s: t1 > t0 ? 1 : t1 === t0 ? 0.5 : 0 });
    return out;
  };
  const a = cells(first);
  const b = cells(second);
  const sums = new Map<number, [number, number]>();
  let product = 0;
  for (const x of a)
    for (const y of b) {
      const kind = (x.r === y.r ? 0 : 4) + (x.i === y.i ? 0 : 2) + (x.j === y.j ? 0 : 1);
      const at = sums.get(kind) ?? [0, 0];
      at[0] += x.s * y.s;
      at[1] += 1;
      sums.set(kind, at);
      product += x.s * y.s;
    }
  const unrelated = sums.get(7) ?? sums.get(3)!;
  return product / (a.length * b.length) - unrelated[0] / unrelated[1];
}

describe("gallasCompare", () => {
  it.each([
    ["crossed", () => true],
    ["split-plot", (r: number, _m: number, k: number) => k % 4 < 2 === r < 2],
    ["readers nested", (r: number, m: number) => r < 2 === (m === 0)],
    ["with gaps", (r: number, m: number, k: number) => (r * 7 + m * 3 + k * 5) % 6 !== 0],
  ] as const)("equals the definition over all pairs of observations: %s", (_name, read) => {
    const study = simulate(streamOf(1, "gallas"), { readers: 4, n: 8, shift: [1, 0.6] }, read);
    const result = gallasCompare(study, ["A", "B"]);
    const want = [
      bruteCovariance(study, "A", "A"),
      bruteCovariance(study, "B", "B"),
      bruteCovariance(study, "A", "B"),
    ];
    result.variances.forEach((v, k) => expect(v).toBeCloseTo(want[k]!, 12));
    expect(result.estimate).toBeCloseTo(result.areas[0] - result.areas[1], 14);
  });

  it("has the degrees of freedom of the published mean squares in a crossed design", () => {
    const [readers, n] = [4, 8];
    const study = simulate(streamOf(9, "degrees"), { readers, n, shift: [1, 0.6] });
    const { moments, df } = gallasCompare(study, ["A", "B"]);
    // Components of variance of the difference: absent, present, both, reader, reader by each and by both.
    const m = Array.from({ length: 8 }, (_, k) =>
      [1, 1, -2].reduce((s, w, i) => s + w * moments[i]!.values[k]!, 0),
    ) as [number, number, number, number, number, number, number, number];
    const absent = m[5] - m[7];
    const present = m[6] - m[7];
    const cases = m[4] - m[5] - m[6] + m[7];
    const reader = m[3] - m[7];
    const readerAbsent = m[1] - m[3] - m[5] + m[7];
    const readerPresent = m[2] - m[3] - m[6] + m[7];
    const rest = m[0] - m[1] - m[2] - m[4] + m[3] + m[5] + m[6] - m[7];
    const all = rest / (readers * n * n);
    const s0 = absent / n + readerAbsent / (readers * n) + cases / (n * n) + all;
    const s1 = present / n + readerPresent / (readers * n) + cases / (n * n) + all;
    const sr = reader / readers + (readerAbsent + readerPresent) / (readers * n) + all;
    const total =
      (absent + present) / n +
      cases / (n * n) +
      reader / readers +
      (readerAbsent + readerPresent) / (readers * n) +
      all;
    const want = total ** 2 / (sr ** 2 / (readers - 1) + (s0 ** 2 + s1 ** 2) / (n - 1));
    expect(df).toBeCloseTo(Math.max(want, 1), 9);
  });

  it("is unbiased: the mean of its variances is the variance over studies", () => {
    const estimates: number[] = [];
    let claimed = 0;
    const studies = 500;
    for (let k = 0; k < studies; k++) {
      const study = simulate(streamOf(2, k), { readers: 4, n: 15, shift: [1, 1] });
      const r = gallasCompare(study, ["A", "B"]);
      estimates.push(r.estimate);
      claimed += (r.variances[0] + r.variances[1] - 2 * r.variances[2]) / studies;
    }
    const mean = estimates.reduce((a, b) => a + b) / studies;
    const spread = estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / (studies - 1);
    // A variance of 500 draws has 6.3 % standard error, its estimate's mean about 3 %: three of both.
    expect(Math.abs(claimed / spread - 1)).toBeLessThan(0.21);
  });

  it("with one reader is near DeLong, and says that it is one reader", () => {
    const study = simulate(streamOf(3), { readers: 1, n: 60, shift: [1.2, 0.8] });
    const r = gallasCompare(study, ["A", "B"]);
    const pick = (modality: string, present: boolean) =>
      study.scores
        .filter((s) => s.modality === modality && study.truth.get(s.caseId) === present)
        .map((s) => s.score);
    const d = compareDeLong(
      { present: pick("A", true), absent: pick("A", false) },
      { present: pick("B", true), absent: pick("B", false) },
    );
    expect(r.status).toBe("too-few-readers");
    expect(r.estimate).toBeCloseTo(d.estimate, 12);
    // The unbiased estimate lacks DeLong's excess of order 1/n.
    expect(r.standardError / d.standardError).toBeGreaterThan(0.93);
    expect(r.standardError / d.standardError).toBeLessThan(1.0001);
    expect(gallasArea(study, "A").estimate).toBeCloseTo(d.areas[0], 12);
  });

  it("names what cannot be had, and refuses what is wrong", () => {
    const study = simulate(streamOf(4), { readers: 2, n: 2, shift: [50, 50] });
    expect(gallasCompare(study, ["A", "B"]).status).toBe("perfect-separation");
    expect(() => gallasCompare(study, ["A", "C"])).toThrow(/found no score, wanted one of A, B/);
    expect(() => gallasCompare(study, ["A", "A"])).toThrow(InputError);
    const first = study.scores[0]!;
    const twice = { ...study, scores: [...study.scores, first] };
    expect(() => gallasArea(twice, "A")).toThrow(/two scores/);
    const stray = { ...study, scores: [{ ...first, caseId: "x" }] };
    expect(() => gallasArea(stray, "A")).toThrow(/truth is not given/);
    const broken = { ...study, scores: [{ ...first, score: NaN }] };
    expect(() => gallasArea(broken, "A")).toThrow(/found score NaN/);
  });
});

describe("orhAnalysis", () => {
  it("has the mean squares of the two-way layout and DeLong's covariances", () => {
    const study = simulate(streamOf(5), { readers: 3, n: 20, shift: [1.2, 0.7] });
    const o = orhAnalysis(study);
    expect(o.design).toBe("crossed");
    const [a, b] = o.areas as [Float64Array, Float64Array];
    const diffs = Array.from(a, (v, j) => v - b[j]!);
    const mean = diffs.reduce((s, v) => s + v, 0) / 3;
    // With two modalities MS(T·R) is half the variance of the readers' differences.
    const msTr = diffs.reduce((s, v) => s + (v - mean) ** 2, 0) / 2 / 2;
    const { cov2, cov3, variance, cov1 } = o.components;
    const scale = msTr + 3 * Math.max(cov2 - cov3, 0);
    expect(o.test.statistic).toBeCloseTo((3 * mean * mean) / 2 / scale, 10);
    expect(o.test.df2).toBeCloseTo(scale ** 2 / (msTr ** 2 / 2), 8);
    expect(o.differences[0]!.statistic ** 2).toBeCloseTo(o.test.statistic, 9);
    expect(o.differences[0]!.pValue).toBeCloseTo(o.test.pValue, 9);
    expect(variance).toBeGreaterThan(cov1);
    expect(cov1).toBeGreaterThan(0);
    // One reader, fixed: the paired comparison of DeLong.
    const one = { ...study, scores: study.scores.filter((s) => s.reader === "r0") };
    const fixed = orhAnalysis(one, { analysis: "fixed-readers" });
    const pick = (modality: string, present: boolean) =>
      one.scores
        .filter((s) => s.modality === modality && study.truth.get(s.caseId) === present)
        .map((s) => s.score);
    const d = compareDeLong(
      { present: pick("A", true), absent: pick("A", false) },
      { present: pick("B", true), absent: pick("B", false) },
    );
    expect(fixed.differences[0]!.standardError).toBeCloseTo(d.standardError, 12);
    expect(fixed.differences[0]!.pValue).toBeCloseTo(d.pValue, 10);
    expect(orhAnalysis(one).status).toBe("too-few-readers");
  });

  it("agrees with the U-statistics on a crossed study of many cases", () => {
    const study = simulate(streamOf(6), { readers: 6, n: 100, shift: [1.3, 0.8] });
    const o = orhAnalysis(study).differences[0]!;
    const g = gallasCompare(study, ["A", "B"]);
    expect(o.estimate).toBeCloseTo(g.estimate, 12);
    // Two estimators of one variance, each with some ten degrees of freedom but strongly dependent.
    expect(o.standardError / g.standardError).toBeGreaterThan(0.85);
    expect(o.standardError / g.standardError).toBeLessThan(1.2);
  });

  it("takes nested readers and split plots, and refuses designs with gaps", () => {
    const nested = simulate(
      streamOf(7),
      { readers: 6, n: 30, shift: [1, 1] },
      (r, m) => r < 3 === (m === 0),
    );
    const o = orhAnalysis(nested);
    expect(o.design).toBe("readers-nested-in-modalities");
    expect(o.components.cov1).toBe(0);
    expect(o.components.cov3).toBeGreaterThan(0);
    const plots = simulate(
      streamOf(8),
      { readers: 4, n: 40, shift: [1, 1] },
      (r, _m, k) => k % 4 < 2 === r < 2,
    );
    const split = orhAnalysis(plots);
    expect(split).toMatchObject({ status: "ok", design: "split-plot" });
    // Four readers in two groups: a third of the pairs of readers share their cases.
    const msTr = (() => {
      const diffs = Array.from(split.areas[0]!, (v, j) => v - split.areas[1]![j]!);
      const mean = diffs.reduce((x, y) => x + y) / 4;
      return diffs.reduce((x, v) => x + (v - mean) ** 2, 0) / 6;
    })();
    const { cov2, cov3 } = split.components;
    const scale = msTr + 4 * Math.max(0, (cov2 - cov3) / 3);
    const [difference] = split.differences;
    expect(difference!.standardError).toBeCloseTo(Math.sqrt(scale / 2), 12);
    const gaps = simulate(
      streamOf(9),
      { readers: 3, n: 9, shift: [1, 1] },
      (r, _m, k) => (r + k) % 5 > 0,
    );
    expect(() => orhAnalysis(gaps)).toThrow(/share only some/);
    const uneven = { ...nested, scores: nested.scores.filter((s) => s.reader !== "r5") };
    expect(() => orhAnalysis(uneven)).toThrow(/equal numbers/);
  });

  it("names every design", () => {
    const sizes = { readers: 4, n: 12, shift: [1, 1] as const };
    const named = (read: (reader: number, modality: number, k: number) => boolean) =>
      readerDesign(simulate(streamOf(12), sizes, read));
    const half = (k: number) => k % 4 < 2;
    expect(named(() => true)).toMatchObject({ name: "crossed", blocks: 1 });
    expect(named((r, _m, k) => half(k) === r < 2)).toMatchObject({
      name: "split-plot",
      blocks: 2,
      casesPerReader: { present: [6, 6], absent: [6, 6] },
      summary: "split-plot: 2 groups of readers, each with its own 6 present and 6 absent cases",
    });
    // Every reader with cases of his own, and groups of unequal sizes.
    expect(named((r, _m, k) => (k >> 1) % 4 === r)).toMatchObject({
      name: "split-plot",
      blocks: 4,
    });
    expect(named((r, _m, k) => k < 16 === r < 3).summary).toContain("its own 4–8 present");
    expect(named((_r, m, k) => half(k) === (m === 0)).name).toBe("cases-nested-in-modalities");
    expect(named((r, m) => r < 2 === (m === 0)).name).toBe("readers-nested-in-modalities");
    expect(named((r, m, k) => r < 2 === (m === 0) && half(k) === (m === 0)).name).toBe(
      "readers-and-cases-nested-in-modalities",
    );
    // A crossover: the groups exchange their cases between the modalities.
    expect(named((r, m, k) => half(k) === (r < 2 === (m === 0))).name).toBe("incomplete-blocks");
    expect(named((r, m) => r > 0 || m === 0).name).toBe("with-gaps");
    expect(named((r, _m, k) => (r + k) % 5 > 0).name).toBe("with-gaps");
    const one = simulate(streamOf(12), sizes, (r, _m, k) => half(k) === r < 2);
    expect(readerDesign(one, ["A"]).name).toBe("split-plot");
  });

  it("keeps the level of a crossover of two groups, of split plots and of cases apart", () => {
    // 300 studies: a level of 5 % gives more than 28 rejections once in 1,000 times.
    for (const read of [
      (r: number, m: number, k: number) => k % 4 < 2 === (r < 2 === (m === 0)),
      (r: number, _m: number, k: number) => k % 4 < 2 === r < 2,
      (_r: number, m: number, k: number) => k % 4 < 2 === (m === 0),
    ]) {
      let rejected = 0;
      for (let k = 0; k < 300; k++) {
        const study = simulate(streamOf(13, k), { readers: 4, n: 40, shift: [1, 1] }, read);
        if (orhAnalysis(study).test.pValue < 0.05) rejected++;
      }
      expect(rejected).toBeLessThanOrEqual(28);
    }
  });

  it("calls modalities that separate the classes for every reader perfect, not constant", () => {
    const scores = ["A", "B"].flatMap((modality) =>
      ["r0", "r1"].flatMap((reader) =>
        [0, 1, 2, 3].map((k) => ({ reader, modality, caseId: `c${k}`, score: k })),
      ),
    );
    const truth = new Map([0, 1, 2, 3].map((k) => [`c${k}`, k > 1]));
    expect(orhAnalysis({ truth, scores }).status).toBe("perfect-separation");
  });

  it("plans readers: the power at no effect is alpha, and grows with readers and cases", () => {
    const { components } = orhAnalysis(
      simulate(streamOf(10), { readers: 5, n: 40, shift: [1.2, 0.9] }),
    );
    const at = (effect: number, readers: number, caseRatio: number) =>
      powerOfReaders(components, { effect, readers, caseRatio });
    expect(at(0, 5, 1)).toBeCloseTo(0.05, 10);
    expect(at(0.05, 8, 1)).toBeGreaterThan(at(0.05, 5, 1));
    expect(at(0.05, 5, 2)).toBeGreaterThan(at(0.05, 5, 1));
    const plans = planReaders(components, { effect: 0.2, readers: [2, 4, 8, 16] });
    expect(plans.length).toBeGreaterThan(0);
    for (const p of plans) expect(p.power).toBeGreaterThanOrEqual(0.8);
  });
});

describe("iMRMC files", () => {
  const study = simulate(streamOf(11), { readers: 2, n: 3, shift: [1, 0] });

  it("come back as they went, to the last digit", () => {
    const text = formatImrmc(study, { title: "two readers" });
    expect(text).toMatch(/^two readers\n\nN0: 3\nN1: 3\nNR: 2\nNM: 2\n\nBEGIN DATA:\n-1,c0,0,0\n/);
    const back = parseImrmc(text);
    expect([...back.truth]).toEqual([...study.truth]);
    expect(back.scores).toEqual(study.scores);
    expect(formatImrmc(back, { title: "two readers" })).toBe(text);
    expect(parseImrmc(text.replaceAll("\n", "\r\n")).scores).toEqual(study.scores);
  });

  it("say where they are wrong", () => {
    const text = formatImrmc(study);
    for (const [bad, message] of [
      [text.replace("BEGIN DATA:", "DATA"), /BEGIN DATA/],
      [text.replace("N0: 3", "N0: 4"), /found 3 for N0, wanted 4/],
      [text.replace("N0: 3", "N0: x"), /whole number/],
      [text.replace("-1,c0,0,0", "-1,c0,0,2"), /truth "2"/],
      [text.replace("-1,c0,0,0\n", ""), /no truth for case "c0"/],
      [`${text}r0,c0\n`, /2 fields/],
      [`${text}r0,c0,A,high\n`, /score "high"/],
      [`${text}r0,c0,A,1\n`, /two scores/],
      [`${text}-1,c0,0,0\n`, /twice/],
    ] as const)
      expect(() => parseImrmc(bad)).toThrow(message);
    try {
      parseImrmc(`${text}r0,c0,A,high\n`);
    } catch (error) {
      expect(error).toBeInstanceOf(FormatError);
      expect((error as FormatError).offset).toBe(text.length);
    }
    expect(() => formatImrmc({ ...study, truth: new Map([["a,b", true]]) })).toThrow(InputError);
  });
});
