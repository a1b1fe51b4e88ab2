import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { casesOfRows } from "./cases.ts";
import { populationDifference } from "./population-difference.ts";

/** Two pixels as two channels. */
const set = { name: "pixels", count: 2, size: 2, rows: Float64Array.of(1, 0, 0, 1) };

/** Cases of two arms that share half of their variance; d' of an arm is its signal over √2 noise parts. */
function arms(seed: number, signals: readonly [number, number], n: number) {
  const stream = streamOf(seed, "population-difference");
  const rows = [0, 1].map(() => ({
    present: new Float32Array(2 * n),
    absent: new Float32Array(2 * n),
  }));
  for (const what of ["present", "absent"] as const) {
    for (let i = 0; i < n; i++) {
      for (let c = 0; c < 2; c++) {
        const shared = stream.normal();
        rows.forEach((arm, k) => {
          const mean = what === "present" && c === 0 ? signals[k as 0 | 1] : 0;
          arm[what][2 * i + c] = mean + Math.SQRT1_2 * (shared + stream.normal());
        });
      }
    }
  }
  return rows.map(({ present, absent }) => ({
    present: casesOfRows(present, { shape: [1, 2] }),
    absent: casesOfRows(absent, { shape: [1, 2] }),
  })) as [ReturnType<typeof pair>, ReturnType<typeof pair>];
}
const pair = () => ({
  present: casesOfRows(new Float32Array(2), { shape: [1, 2] }),
  absent: casesOfRows(new Float32Array(2), { shape: [1, 2] }),
});

describe("difference of populations' AUC", () => {
  it("covers the truth as often as it says, by cases and by groups", () => {
    const [a, b] = [1.2, 1.6] as const;
    const truth = normalCdf(a / Math.SQRT2) - normalCdf(b / Math.SQRT2);
    const n = 40;
    const groups = Array.from({ length: n }, (_, i) => i % 12);
    let [byCase, byGroup, sum] = [0, 0, 0];
    const draws = 200;
    for (let seed = 0; seed < draws; seed++) {
      const drawn = arms(seed, [a, b], n);
      const cases = populationDifference(set, drawn);
      const grouped = populationDifference(set, drawn, {
        groups: { present: groups, absent: groups },
      });
      expect(grouped.df).toBe(11);
      sum += cases.estimate;
      if (cases.interval.lower <= truth && truth <= cases.interval.upper) byCase++;
      if (grouped.interval.lower <= truth && truth <= grouped.interval.upper) byGroup++;
    }
    // 95 % of 200 is 190 ± 3.1.
    expect(byCase).toBeGreaterThanOrEqual(181);
    expect(byGroup).toBeGreaterThanOrEqual(181);
    expect(Math.abs(sum / draws - truth)).toBeLessThan(0.01);
  });

  it("is 0 with itself, and refuses other cases", () => {
    const [a] = arms(1, [1, 1], 20);
    const same = populationDifference(set, [a, a]);
    expect(same.estimate).toBe(0);
    expect(same.standardError).toBe(0);
    const other = { ...a, present: { ...a.present, ids: a.present.ids.map((id) => `x${id}`) } };
    expect(() => populationDifference(set, [a, other])).toThrow(/same in the same order/);
  });
});
