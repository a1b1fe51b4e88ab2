import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../test/worlds/gaussian-world.ts";
import { makeImage } from "../core/image.ts";
import { aucLogit } from "../stats/auc.ts";
import { compareDeLong } from "../stats/compare.ts";
import { placements } from "../stats/placements.ts";
import { areaDifference, areaOfPlacements } from "./area.ts";
import { casesOf, casesOfRows } from "./cases.ts";
import type { Cases } from "./cases.ts";
import { cho } from "./cho.ts";
import { contentHash, sharedCases } from "./content-hash.ts";
import { hotelling } from "./hotelling.ts";
import { idealGaussian } from "./ideal-gaussian.ts";
import { findInserts, pitchOfMita } from "./inserts.ts";
import { npw } from "./npw.ts";
import type { Observer } from "./observer.ts";
import { observeArms } from "./observe.ts";
import { judge, splitPlaces } from "./protocol.ts";
import { scanning } from "./scanning.ts";
import { signalFamily } from "./signal-family.ts";

const world = gaussianWorld({ shape: [12, 12], sigma: 2, background: 1, amplitude: 1.6, width: 2 });
const arm = (name: string, count: number, label = "a") => ({
  name,
  present: world.draw(count, { present: true, label }),
  absent: world.draw(count, { present: false, label }),
});
const mapCases = (cases: Cases, f: (v: number, i: number) => number): Cases =>
  casesOfRows(cases.data.map(f), { ...cases });

describe("areas from placements", () => {
  const scores = {
    present: Float64Array.of(1, 3, 4, 2.5, 2),
    absent: Float64Array.of(0, 1.5, 2, 1),
  };
  const other = {
    present: Float64Array.of(2, 3, 1, 2.5, 4),
    absent: Float64Array.of(1, 1.5, 0, 1),
  };
  it("agree with the room of statistics", () => {
    const own = areaOfPlacements(placements(scores), { level: 0.95, method: "DeLong, logit" });
    const theirs = aucLogit(scores);
    expect(own.estimate).toBeCloseTo(theirs.estimate, 12);
    expect(own.interval.lower).toBeCloseTo(theirs.interval.lower, 12);
    expect(own.interval.upper).toBeCloseTo(theirs.interval.upper, 12);
    const d = areaDifference(placements(scores), placements(other), { paired: true, level: 0.95 });
    const c = compareDeLong(scores, other);
    expect(d.estimate).toBeCloseTo(c.estimate, 12);
    expect(d.pValue).toBeCloseTo(c.pValue, 10);
    expect(d.lower).toBeCloseTo(c.interval.lower, 12);
  });
  it("agree with it too when one arm separates its classes perfectly", () => {
    const perfect = {
      present: scores.present.map((_, i) => 1000 + i),
      absent: scores.absent.map((_, i) => i),
    };
    const pair = [placements(perfect), placements(scores)] as const;
    const d = areaDifference(...pair, { paired: true, level: 0.95 });
    const c = compareDeLong(perfect, scores);
    expect(d.pValue).toBeCloseTo(c.pValue, 12);
    expect(d.lower).toBeCloseTo(c.interval.lower, 12);
    expect(d.upper).toBeCloseTo(c.interval.upper, 12);
  });
});

describe("observe", () => {
  it("compares paired arms, with no finding of a breach for honest arms", async () => {
    const noisy = arm("noisy", 160);
    // Multiplying by a constant changes no linear observer's ranks: a difference of exactly 0.
    const scaled = {
      name: "scaled",
      present: mapCases(noisy.present, (v) => 4 * v),
      absent: mapCases(noisy.absent, (v) => 4 * v),
    };
    const result = await observeArms(
      [noisy, scaled],
      [{ observer: hotelling }, { observer: cho }],
      {
        seed: 3,
      },
    );
    expect(result.protocol).toBe("hold-out");
    expect(result.rows).toHaveLength(4);
    expect(
      result.rows.every((r) => r.area!.present === 80 && r.judged!.trained.join() === "80,80"),
    ).toBe(true);
    expect(result.differences).toHaveLength(2);
    for (const d of result.differences) expect(Math.abs(d.estimate)).toBeLessThan(1e-12);
    expect(result.findings.filter((f) => f.severity === "breach")).toEqual([]);
  });

  it("trains on the first arm alone when told: a template of the noisy images on all versions", async () => {
    const noisy = arm("noisy", 120);
    // An affine change: the same template gives the same ranks, and its own figures to both arms.
    const changed = {
      name: "changed",
      present: mapCases(noisy.present, (v) => 2 * v),
      absent: mapCases(noisy.absent, (v) => 2 * v),
    };
    const result = await observeArms([noisy, changed], [{ observer: hotelling }], {
      trainOn: "first",
    });
    expect([...result.rows[1]!.judged!.template!]).toEqual([...result.rows[0]!.judged!.template!]);
    const own = await observeArms([noisy, changed], [{ observer: hotelling }]);
    expect([...own.rows[1]!.judged!.template!]).not.toEqual([...own.rows[0]!.judged!.template!]);
    await expect(
      observeArms([noisy, changed], [{ observer: npw }], { trainOn: "first", paired: false }),
    ).rejects.toThrow(/versions of the same ones/);
  });

  it("uses leave-pair-out for few images, without the bias of leaving one out", async () => {
    // No signal: the mean AUC over studies must be 1/2. Leaving one out pooled gives far less here.
    let sum = 0;
    const studies = 60;
    for (let k = 0; k < studies; k++) {
      const present = world.draw(6, { present: true, label: `lpo${k}`, signalGain: 0 });
      const absent = world.draw(6, { present: false, label: `lpo${k}` });
      const result = await judge(present, absent, {
        observer: npw,
        protocol: { kind: "leave-pair-out" },
        context: {},
      });
      if (result.status !== "ok") throw new Error(result.cause);
      sum += result.placements.auc / studies;
    }
    // sd of one study's AUC with 6 + 6 images is about 0.25 (learned templates); of the mean 0.033; bound 4.
    expect(Math.abs(sum - 0.5)).toBeLessThan(0.13);
  });

  it("finds what theory forbids: a leaked label raises an arm above the ideal observer", async () => {
    const noisy = arm("noisy", 600);
    const leaked = {
      name: "leaked",
      present: mapCases(noisy.present, (v, i) => v + 3 * world.known.signal[i % 144]!),
      absent: noisy.absent,
    };
    const result = await observeArms(
      [noisy, leaked],
      [{ observer: idealGaussian }, { observer: npw }],
      { known: world.known },
    );
    const names = result.findings.filter((f) => f.severity === "breach").map((f) => f.name);
    expect(names).toContain("data-processing");
    expect(names).toContain("white-noise-bound");
    expect(result.findings.every((f) => f.reason.length > 20 && f.remedy.length > 10)).toBe(true);
  });

  it("finds shared training and test images, equal images in both classes, and exchanged classes", async () => {
    const test = arm("noisy", 30, "t");
    const training = {
      present: test.present,
      absent: world.draw(30, { present: false, label: "u" }),
    };
    const overlap = await observeArms([{ ...test, training }], [{ observer: npw }]);
    expect(overlap.findings).toContainEqual(
      expect.objectContaining({
        name: "train-test-overlap",
        severity: "breach",
        reason: expect.stringContaining("30 images"),
      }),
    );
    const same = await observeArms(
      [{ name: "same", present: test.absent, absent: test.absent }],
      [{ observer: npw }],
      { known: world.known },
    );
    expect(same.findings.map((f) => f.name)).toContain("same-image-in-both-classes");
    const swapped = await observeArms(
      [{ name: "swapped", present: arm("x", 60).absent, absent: arm("x", 60).present }],
      [{ observer: npw }],
      { known: world.known },
    );
    expect(swapped.findings.map((f) => f.name)).toContain("below-chance");
  });

  it("reports a Hotelling observer that its channels beat", async () => {
    // 80 training images for 144 values, hardly regularised: the sample Hotelling observer collapses.
    const big = arm("noisy", 800, "b");
    const training = arm("t", 80, "train");
    const result = await observeArms(
      [{ ...big, training }],
      [
        { observer: hotelling, parameters: { method: "svd", cutoff: 0 } },
        { observer: cho, parameters: { width: 7 } },
      ],
    );
    expect(result.findings).toContainEqual(
      expect.objectContaining({
        name: "cho-above-hotelling",
        remedy: expect.stringContaining("too few training images"),
      }),
    );
  });
});

describe("localisation", () => {
  it("gives an LROC area that chance and perfection bracket", async () => {
    const flat = gaussianWorld({
      shape: [20, 20],
      sigma: 1,
      background: 0,
      amplitude: 3,
      width: 1.2,
    });
    const count = 80;
    const places = Float64Array.from({ length: 2 * count }, (_, i) => 6 + ((7 * i) % 8));
    const shifted = flat.draw(count, { present: false, label: "moved" });
    const rows = shifted.data.slice();
    for (let k = 0; k < count; k++) {
      for (let i = 0; i < 400; i++) {
        const dx = (i % 20) - places[2 * k]!;
        const dy = Math.floor(i / 20) - places[2 * k + 1]!;
        rows[k * 400 + i]! += 3 * Math.exp(-(dx * dx + dy * dy) / (2 * 1.2 * 1.2));
      }
    }
    const own = {
      name: "search",
      present: casesOfRows(rows, { ...shifted }),
      absent: flat.draw(count, { present: false, label: "b" }),
      places,
    };
    const result = await observeArms(
      [own],
      [{ observer: scanning, parameters: { template: "npw", side: 7 } }],
    );
    const row = result.rows[0]!;
    expect(row.judged!.truth).toHaveLength(2 * row.judged!.present.length);
    expect(row.localisation!.estimate).toBeGreaterThan(0.8);
    expect(row.localisation!.estimate).toBeLessThanOrEqual(row.area!.estimate);
    // A tolerance that no place meets leaves no area.
    const never = await observeArms(
      [own],
      [{ observer: scanning, parameters: { template: "npw", side: 7 } }],
      { tolerancePx: -1 },
    );
    expect(never.rows[0]!.localisation!.estimate).toBe(0);
    // A version in which the observer sees twice the noise is worse at finding, case by case.
    const noise = flat.draw(count, { present: false, label: "more" });
    const worse = {
      ...own,
      name: "noisier",
      present: casesOfRows(
        rows.map((v, i) => v + 2 * noise.data[i]!),
        { ...shifted },
      ),
    };
    const compared = await observeArms(
      [own, worse],
      [{ observer: scanning, parameters: { template: "npw", side: 7 } }],
    );
    const [areas, difference] = [
      compared.rows.map((r) => r.localisation!.estimate),
      compared.searchDifferences[0]!,
    ];
    expect(compared.searchDifferences).toHaveLength(1);
    expect(difference).toMatchObject({
      area: "localisation",
      arm: "noisier",
      reference: "search",
      paired: true,
    });
    expect(difference.estimate).toBeCloseTo(areas[1]! - areas[0]!, 12);
    expect(difference.upper).toBeLessThan(0);
    expect(difference.adjustedP).toBe(difference.pValue);
    await expect(
      observeArms([{ ...own, places: places.slice(2) }], [{ observer: scanning }]),
    ).rejects.toThrow(/found 79 places for 80/);
  });
});

describe("estimation", () => {
  it("gives an EROC area: the ROC area when every estimate is right, 0 when none is", async () => {
    const family = [1, 2].map((gain) => ({
      signal: world.known.signal.map((v) => gain * v),
      prior: 1,
      parameter: gain,
    }));
    const own = { ...arm("gains", 60), parameters: Float64Array.from({ length: 60 }, () => 1) };
    const known = { ...world.known, family };
    const run = (utility: (e: number, t: number) => number) =>
      observeArms([own], [{ observer: signalFamily }], { known, utility });
    const always = (await run(() => 1)).rows[0]!;
    expect(always.estimation!.estimate).toBeCloseTo(always.area!.estimate, 12);
    expect((await run(() => 0)).rows[0]!.estimation!.estimate).toBe(0);
    const near = (await run((e, t) => (Math.abs(e - t) < 0.5 ? 1 : 0))).rows[0]!;
    expect(near.estimation!.estimate).toBeGreaterThan(0.3);
    expect(near.estimation!.estimate).toBeLessThanOrEqual(near.area!.estimate);
  });
});

describe("bad input", () => {
  const fixed = (value: number): Observer => ({
    ...npw,
    name: "fixed",
    train: async () => ({
      status: "ok",
      dimension: 0,
      figures: {},
      findings: [],
      read: async (cases: Cases) => ({ scores: new Float64Array(cases.count).fill(value) }),
    }),
  });

  it("classes of different sizes or units", async () => {
    const other = casesOfRows(new Float32Array(100 * 3), { shape: [10, 10] });
    await expect(
      observeArms([{ name: "x", present: other, absent: arm("a", 3).absent }], [{ observer: npw }]),
    ).rejects.toThrow(/found sizes 10×10 and 12×12/);
    const inHu = casesOfRows(arm("a", 3).present.data, { shape: [12, 12], unit: "HU" });
    await expect(
      observeArms([{ name: "x", present: inHu, absent: arm("a", 3).absent }], [{ observer: npw }]),
    ).rejects.toThrow(/found units HU and arbitrary/);
  });

  it("a class with one image: an error that says so, or a status when nothing must be trained", async () => {
    const one = {
      name: "one",
      present: world.draw(1, { present: true, label: "o" }),
      absent: world.draw(9, { present: false, label: "o" }),
    };
    await expect(observeArms([one], [{ observer: npw }])).rejects.toThrow(
      /found 1 with and 9 without signal, wanted at least 2 of each/,
    );
    const trained = await observeArms(
      [{ ...one, training: arm("t", 20, "t") }],
      [{ observer: npw }],
    );
    expect(trained.rows[0]!.area).toMatchObject({
      status: "too-few-cases",
      interval: { lower: NaN, upper: NaN },
    });
  });

  it("constant scores and ties: AUC one half with a status, never an interval of width 0", async () => {
    const result = await observeArms([arm("a", 50)], [{ observer: fixed(1) }]);
    expect(result.rows[0]!.area).toMatchObject({ status: "constant-scores", estimate: 0.5 });
    expect(result.rows[0]!.area!.interval.lower).toBeNaN();
    expect(result.findings.map((f) => f.name)).toContain("constant-scores");
  });

  it("scores that are not numbers: a status", async () => {
    const result = await observeArms([arm("a", 50)], [{ observer: fixed(NaN) }]);
    expect(result.rows[0]!.area).toMatchObject({ status: "not-finite", estimate: NaN });
  });

  it("images that are not finite, names used twice, no image", () => {
    const image = makeImage(Float32Array.of(1, 2, 3, NaN), [2, 2]);
    expect(() => casesOf([image], { ids: ["broken"] })).toThrow(/not finite in broken/);
    expect(() => casesOfRows(new Float32Array(8), { shape: [2, 2], ids: ["a", "a"] })).toThrow(
      /found the name a twice/,
    );
    expect(() => casesOf([])).toThrow(/found no image/);
  });

  it("mismatched cases between arms", async () => {
    const a = arm("a", 10);
    const b = { ...arm("b", 10), present: world.draw(10, { present: true, label: "other" }) };
    await expect(observeArms([a, b], [{ observer: npw }])).rejects.toThrow(
      /other-present-0 against a-present-0/,
    );
    const shorter = arm("b", 9);
    await expect(observeArms([a, shorter], [{ observer: npw }])).rejects.toThrow(
      /found 9 signal-present cases in b and 10 in a/,
    );
    expect(
      (await observeArms([a, b], [{ observer: npw }], { paired: false })).differences[0]!.paired,
    ).toBe(false);
  });

  it("refusals become rows with cause and remedy", async () => {
    const result = await observeArms(
      [arm("a", 4)],
      [{ observer: hotelling, parameters: { method: "sample" } }],
    );
    expect(result.rows[0]).toMatchObject({
      status: "refused",
      remedy: expect.stringContaining("images"),
    });
    expect(result.findings.map((f) => f.name)).toContain("refused");
  });
});

describe("splits", () => {
  it("divide every class completely and repeat by seed", () => {
    const ids = Array.from({ length: 11 }, (_, i) => `c${i}`);
    const one = splitPlaces(ids, { fraction: 0.5, seed: 1, label: "present" });
    expect([...one.train, ...one.test].sort((a, b) => a - b)).toEqual(ids.map((_, i) => i));
    expect(splitPlaces(ids, { fraction: 0.5, seed: 1, label: "present" })).toEqual(one);
    expect(splitPlaces(ids, { fraction: 0.5, seed: 2, label: "present" })).not.toEqual(one);
  });
});

describe("content hash", () => {
  it("finds equal images and no others", () => {
    const a = arm("a", 20).present;
    const b = casesOfRows(
      Float32Array.from([...a.data.slice(144 * 5, 144 * 7), ...arm("b", 3, "b").present.data]),
      { shape: [12, 12] },
    );
    expect(sharedCases(a, b)).toEqual([
      { a: "a-present-5", b: "0" },
      { a: "a-present-6", b: "1" },
    ]);
    expect(contentHash(Float32Array.of(1, 2))).not.toBe(contentHash(Float32Array.of(2, 1)));
  });
});

describe("inserts", () => {
  const disk = (x: number, y: number, r: number, at: number, n = 64) => {
    // Area of the pixel inside the disk by 8×8 subsamples.
    const px = at % n;
    const py = Math.floor(at / n);
    let inside = 0;
    for (let k = 0; k < 64; k++)
      if (Math.hypot(px - 0.4375 + (k % 8) / 8 - x, py - 0.4375 + Math.floor(k / 8) / 8 - y) < r)
        inside++;
    return inside / 64;
  };
  it("are found with their own place, contrast and size", () => {
    const truth = makeImage(
      Float32Array.from(
        { length: 4096 },
        (_, i) =>
          -1000 * (1 - disk(31.5, 31.5, 28, i)) +
          14 * disk(20, 20, 2.3, i) +
          3 * disk(40.25, 42, 6, i),
      ),
      [64, 64],
    );
    const found = findInserts(truth);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatchObject({
      contrast: 14,
      x: expect.closeTo(20, 1),
      y: expect.closeTo(20, 1),
      diameterPx: expect.closeTo(4.6, 1),
    });
    expect(found[1]).toMatchObject({
      contrast: 3,
      x: expect.closeTo(40.25, 1),
      diameterPx: expect.closeTo(12, 1),
    });
    expect(pitchOfMita(found)).toBeUndefined();
  });
});
