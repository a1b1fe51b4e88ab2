import { describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { regionOfMask } from "../region.ts";
import { coOccurrence, coOccurrenceOf } from "./co-occurrence.ts";
import { concordance } from "./concordance.ts";
import { firstOrder } from "./first-order.ts";
import { directionsOf, levelsOf } from "./levels.ts";
import { runLengthOf } from "./run-length.ts";
import { sizeZoneOf } from "./size-zone.ts";

/** 4×4 image of Haralick's paper, levels 1 … 4 here instead of 0 … 3. */
const haralick = makeImage(Float32Array.of(1, 1, 2, 2, 1, 1, 2, 2, 1, 3, 3, 3, 3, 3, 4, 4), [4, 4]);
const own = { binWidth: 1, origin: 1 };

/** Digital phantom of the Image Biomarker Standardisation Initiative: 4 slices of 4×5, 0 outside. */
const phantom = makeImage(
  Float32Array.of(
    1,
    4,
    4,
    1,
    1,
    1,
    4,
    6,
    1,
    1,
    4,
    1,
    6,
    4,
    1,
    4,
    4,
    6,
    4,
    1,
    1,
    4,
    4,
    1,
    1,
    1,
    1,
    6,
    1,
    1,
    0,
    1,
    3,
    1,
    1,
    4,
    4,
    6,
    1,
    1,
    1,
    4,
    4,
    0,
    0,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    0,
    1,
    1,
    1,
    1,
    6,
    1,
    1,
    1,
    4,
    4,
    0,
    0,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    6,
    1,
    1,
  ),
  [4, 4, 5],
);
const mask = regionOfMask(phantom);
const phantomLevels = levelsOf(phantom, { mask, ...own });

describe("first order", () => {
  it("gives the published values of the digital phantom", () => {
    const f = firstOrder(phantom, { mask, ...own });
    expect(mask.voxels).toBe(74);
    // Consensus values of the initiative, three significant digits.
    const published: Record<string, number> = {
      mean: 2.15,
      variance: 3.05,
      skewness: 1.08,
      kurtosis: -0.355,
      median: 1,
      minimum: 1,
      percentile10: 1,
      percentile90: 4,
      maximum: 6,
      interquartileRange: 3,
      range: 5,
      meanAbsoluteDeviation: 1.55,
      robustMeanAbsoluteDeviation: 1.11,
      medianAbsoluteDeviation: 1.15,
      coefficientOfVariation: 0.812,
      quartileCoefficientOfDispersion: 0.6,
      energy: 567,
      rootMeanSquare: 2.77,
      histogramEntropy: 1.27,
      histogramUniformity: 0.512,
    };
    for (const [name, value] of Object.entries(published)) {
      expect(Math.abs(f[name]! - value), name).toBeLessThanOrEqual(
        0.0051 * Math.max(1, Math.abs(value)),
      );
    }
  });
});

describe("co-occurrence", () => {
  it("counts Haralick's example: 0°, 90°, 45° and 135° matrices", () => {
    const levels = levelsOf(haralick, own);
    const counts = (d: [number, number, number]) => [...coOccurrence(levels, [d])];
    expect(counts([0, 0, 1])).toEqual([4, 2, 1, 0, 2, 4, 0, 0, 1, 0, 6, 1, 0, 0, 1, 2]);
    expect(counts([0, 1, 0])).toEqual([6, 0, 2, 0, 0, 4, 2, 0, 2, 2, 2, 2, 0, 0, 2, 0]);
    expect(counts([0, 1, 1])).toEqual([2, 1, 3, 0, 1, 2, 1, 0, 3, 1, 0, 2, 0, 0, 2, 0]);
    expect(counts([0, 1, -1])).toEqual([4, 1, 0, 0, 1, 2, 2, 0, 0, 2, 4, 1, 0, 0, 1, 0]);
  });

  it("gives hand-worked features of a two-pixel pair", () => {
    // One symmetric pair (1, 2): p12 = p21 = 1/2.
    const f = coOccurrenceOf(levelsOf(makeImage(Float32Array.of(1, 2), [1, 2]), own));
    expect(f).toMatchObject({
      jointAverage: 1.5,
      jointVariance: 0.25,
      jointEntropy: 1,
      contrast: 1,
      dissimilarity: 1,
      angularSecondMoment: 0.5,
      autocorrelation: 2,
      sumAverage: 3,
      sumVariance: 0,
      differenceVariance: 0,
      correlation: -1,
      inverseDifference: 0.5,
    });
    expect(f.informationCorrelation1).toBeCloseTo(-1, 12);
    expect(f.informationCorrelation2).toBeCloseTo(Math.sqrt(1 - Math.exp(-2)), 12);
  });

  it.each([
    [
      "merged",
      [0.509, 2.15, 2.57, 0.291, 5.12, 1.38, 0.631, 5.19, 3.13, 0.183, 17.4, 147, -0.0288, 0.269],
    ],
    [
      "averaged",
      [0.503, 2.14, 2.4, 0.303, 5.32, 1.43, 0.618, 5.06, 3.1, 0.157, 16.6, 145, -0.157, 0.52],
    ],
  ] as const)(
    "gives the published three-dimensional values of the digital phantom: %s",
    (aggregation, published) => {
      const f = coOccurrenceOf(phantomLevels, { aggregation });
      const names = [
        "jointMaximum",
        "jointAverage",
        "jointEntropy",
        "angularSecondMoment",
        "contrast",
        "dissimilarity",
        "inverseDifferenceMoment",
        "autocorrelation",
        "jointVariance",
        "correlation",
        "clusterShade",
        "clusterProminence",
        "informationCorrelation1",
        "informationCorrelation2",
      ];
      // Consensus values are given to three significant digits.
      names.forEach((name, i) => {
        expect(Number(f[name]!.toPrecision(3)), name).toBe(published[i]);
      });
    },
  );
});

describe("run length and size zone", () => {
  it("counts runs of a plane worked by hand", () => {
    // Rows 1 1 2 / 1 3 3: along x: 1×2, 2×1, 1×1, 3×2; along y: 1×2, then 1,3,2,3 singly;
    // along the diagonals (down-right): 1-3, 1-3, and 2, 1 alone: six singles; (down-left): 1-1 pair, 2-3, and 1, 3 alone.
    const f = runLengthOf(levelsOf(makeImage(Float32Array.of(1, 1, 2, 1, 3, 3), [2, 3]), own));
    // Runs: x 4, y 5, diagonal 6, other diagonal 5 = 20 runs over 24 voxel visits; 4 of them are of length 2.
    expect(f.percentage).toBeCloseTo(20 / 24, 12);
    expect(f.shortEmphasis).toBeCloseTo((16 + 4 / 4) / 20, 12);
    expect(f.longEmphasis).toBeCloseTo((16 + 4 * 4) / 20, 12);
  });

  it("gives the five zones of the digital phantom", () => {
    const f = sizeZoneOf(phantomLevels);
    // Published: zone percentage 0.0676 = 5/74, small-zone emphasis 0.255, large-zone emphasis 550.
    expect(f.percentage).toBeCloseTo(5 / 74, 12);
    expect(f.shortEmphasis).toBeCloseTo(0.255, 3);
    expect(f.longEmphasis).toBeCloseTo(550, 0);
  });

  it("gives the published merged run-length values of the digital phantom", () => {
    const f = runLengthOf(phantomLevels);
    expect(f.shortEmphasis).toBeCloseTo(0.729, 2);
    expect(f.longEmphasis).toBeCloseTo(2.76, 1);
    expect(f.percentage).toBeCloseTo(0.68, 2);
  });
});

describe("directions", () => {
  it("are 4 in a plane and 13 in a volume", () => {
    expect(directionsOf([1, 4, 4])).toHaveLength(4);
    expect(directionsOf([3, 4, 4])).toHaveLength(13);
  });
});

describe("concordance", () => {
  it("gives hand-worked values", () => {
    // x = 1 2 3, y = 2 4 6: s_xy = 4/3, s_x² = 2/3, s_y² = 8/3, (x̄ − ȳ)² = 4: 8/3 / (22/3) = 4/11.
    expect(concordance([1, 2, 3], [2, 4, 6])).toMatchObject({
      status: "ok",
      value: expect.closeTo(4 / 11, 12),
      correlation: expect.closeTo(1, 12),
    });
    expect(concordance([1, 2, 3], [1, 2, 3])).toMatchObject({ value: 1, low: 1, high: 1 });
    expect(concordance([1, 1, 1], [1, 2, 3]).status).toBe("undefined");
    // A feature without a value on an image takes that pair out, and is counted.
    const whole = concordance([1, 2, 4, 3], [1.1, 2.2, 3.9, 2.8]);
    const partly = concordance([1, 2, NaN, 4, 3, 9], [1.1, 2.2, 5, 3.9, 2.8, Infinity]);
    expect(partly).toEqual({ ...whole, of: 6 });
    expect(concordance([1, NaN, 3], [1, 2, 3])).toMatchObject({
      status: "undefined",
      cause: "2 of 3 pairs give no interval",
    });
  });

  it("covers the population value at its level", () => {
    // y = x·0.8 + noise and shift: population value 2·0.8/(1 + 1 + 0.25) = 0.7111 with unit variances.
    const truth = 1.6 / 2.25;
    const s = streamOf(11, "ccc");
    let hits = 0;
    const studies = 400;
    for (let k = 0; k < studies; k++) {
      const x = s.normals(50);
      const y = x.map((v) => 0.8 * v + 0.6 * s.normal() + 0.5);
      const c = concordance(x, y);
      if (c.status === "ok" && c.low <= truth && truth <= c.high) hits++;
    }
    // Binomial sd at 95 % of 400 is 1.1 %; the asymptotic interval is allowed 1 % more.
    expect(hits / studies).toBeGreaterThan(0.905);
    expect(hits / studies).toBeLessThan(0.99);
  });
});
