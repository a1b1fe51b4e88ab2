import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { makeImage } from "../core/image.ts";
import type { MetricResult } from "../metrics/metric.ts";
import { rmse } from "../metrics/rmse.ts";
import { pairedT, wilcoxonSignedRank } from "../stats/paired.ts";
import { compareMeasured, type MeasuredVersion } from "./compare-measured.ts";

const n = 12;
const truth = (k: number) => Float32Array.from({ length: 64 }, (_, i) => Math.sin(i + k));

/** RMSE of images of noise σ, by the metric itself; in another order, because names pair them. */
function version(name: string, sigma: number, turned = false): MeasuredVersion {
  const rows = Array.from({ length: n }, (_, k) => {
    const s = streamOf(k, name);
    const image = makeImage(
      truth(k).map((v) => v + sigma * s.normal()),
      [8, 8],
    );
    const reference = makeImage(truth(k), [8, 8]);
    return { image: `case${k}`, label: "rmse", result: rmse.measure(image, { reference }) };
  });
  return { name, rows: turned ? rows.reverse() : rows };
}

const valuesOf = ({ rows }: MeasuredVersion): number[] =>
  Array.from({ length: n }, (_, k) => {
    const { result } = rows.find(({ image }) => image === `case${k}`)!;
    return result.status === "ok" ? result.value : NaN;
  });

const better = { rmse: "lower" } as const;

describe("compareMeasured", () => {
  it("pairs images by name and tests every version against the first", () => {
    const [noisy, a, b] = [version("noisy", 0.4), version("good", 0.2, true), version("same", 0.4)];
    const found = compareMeasured([noisy, a, b], { better });
    expect(found.map(({ method, label }) => [method, label])).toEqual([
      ["good", "rmse"],
      ["same", "rmse"],
    ]);
    const d = valuesOf(a).map((v, i) => v - valuesOf(noisy)[i]!);
    expect(found[0]!.t.pValue).toBeCloseTo(pairedT(d).pValue, 12);
    expect(found[0]!.t.estimate).toBeLessThan(0);
    expect(found[0]!.signedRank.pValue).toBeCloseTo(wilcoxonSignedRank(d).pValue, 12);
    expect(found[0]!.permutation.adjustedP).toBeLessThan(0.01);
    expect(found[1]!.permutation.adjustedP).toBeGreaterThanOrEqual(
      found[1]!.permutation.pValue - 1e-12,
    );
    expect(compareMeasured([noisy, a, b], { better })).toEqual(found);
  });

  it("leaves out and counts images without a value in one of the two", () => {
    const [noisy, good] = [version("noisy", 0.4), version("good", 0.2)];
    const none = {
      status: "undefined",
      cause: "c",
      remedy: "r",
      settings: good.rows[0]!.result.settings,
    } as const satisfies MetricResult;
    const partly = {
      ...good,
      rows: good.rows.map((row, i) => (i === 4 ? { ...row, result: none } : row)),
    };
    expect(compareMeasured([noisy, partly], { better })[0]).toMatchObject({ of: 12, counted: 11 });
  });

  it("refuses versions of other images, and one alone", () => {
    const [noisy, good] = [version("noisy", 0.4), version("good", 0.2)];
    const short = { ...good, rows: good.rows.slice(1) };
    expect(() => compareMeasured([noisy, short], { better })).toThrow(/found no case0 in good/);
    expect(() => compareMeasured([noisy], { better })).toThrow(InputError);
    expect(() => compareMeasured([noisy, noisy], { better })).toThrow(/different names/);
  });
});
