import { describe, expect, it } from "vitest";
import { makeImage, type Image } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { chiMoments } from "../noise/chi-moments.ts";
import { ctCone } from "./ct-cone.ts";
import { ctHelical } from "./ct-helical.ts";
import { mriCartesian } from "./mri-cartesian.ts";
import { ultrasoundBmode } from "./ultrasound-bmode.ts";
import { xrayProjection } from "./xray-projection.ts";

function momentsOf(values: ArrayLike<number>): { mean: number; sd: number } {
  const all = Array.from(values);
  const mean = all.reduce((s, v) => s + v, 0) / all.length;
  return { mean, sd: Math.sqrt(all.reduce((s, v) => s + (v - mean) ** 2, 0) / all.length) };
}

const flat = (value: number, n: number): Image =>
  makeImage(new Float32Array(n * n).fill(value), [n, n]);

describe("magnetic resonance", () => {
  it.each([1, 4])("has the chi moments of %d coils when every line is sampled", async (coils) => {
    const sigma = 0.2;
    const { image } = await mriCartesian.acquire(flat(0.3, 96), streamOf(1), { sigma, coils });
    // Coils see everything alike: the sum of squares has signal 0.3·√L.
    const wanted = chiMoments((0.3 * Math.sqrt(coils)) / sigma, coils);
    const { mean, sd } = momentsOf(image.data);
    // 9,216 independent pixels: 5 standard errors.
    expect(Math.abs(mean / sigma - wanted.mean)).toBeLessThan(
      (5 * Math.sqrt(wanted.variance)) / 96,
    );
    expect(Math.abs(sd / sigma - Math.sqrt(wanted.variance))).toBeLessThan(5 / Math.sqrt(2) / 96);
  });

  it("rings at edges by Gibbs' nine per cent when frequencies are cut off", async () => {
    const n = 128;
    const step = makeImage(
      Float32Array.from({ length: n * n }, (_, i) => (i % n >= 32 && i % n < 96 ? 1 : 0)),
      [n, n],
    );
    const { reference } = await mriCartesian.acquire(
      step,
      streamOf(1),
      { sigma: 0, resolution: 0.25 },
      { reference: true },
    );
    // Overshoot of a truncated series: 8.95 % of the step; 32 frequencies and sampling: ± 0.8 %.
    expect(Math.abs(Math.max(...reference!.data) - 1.0895)).toBeLessThan(0.008);
  });

  it("keeps one line in four and the middle", async () => {
    const { notes } = await mriCartesian.acquire(flat(1, 64), streamOf(2), {
      acceleration: 4,
      pattern: "regular",
      centreShare: 0.125,
    });
    // 16 regular lines, 9 in the middle, of which 3 are regular.
    expect(notes.keptLines).toBe(22);
  });
});

describe("ultrasound", () => {
  it("has the ratio of mean and deviation of a Rayleigh envelope", async () => {
    const { image } = await ultrasoundBmode.acquire(flat(1, 192), streamOf(3), {
      object: "echogenicity",
      output: "envelope",
      noiseDb: -200,
    });
    const { mean, sd } = momentsOf(image.data);
    // 1.9131; some n²/(4π·1.2·2.2) = 1,100 cells: 5 standard errors.
    expect(Math.abs(mean / sd - 1.9131)).toBeLessThan(0.2);
  });

  it.each(["envelope", "log"])(
    "shows the mean %s over all scatterers as its truth",
    async (output) => {
      const n = 32;
      // A bright half, a dark one and a gradient: the beam mixes them.
      const echogenicity = makeImage(
        Float32Array.from({ length: n * n }, (_, i) =>
          i % n < n / 2 ? 1 : 0.05 + (0.3 * i) / n / n,
        ),
        [n, n],
      );
      const draws = 200;
      const sums = new Float64Array(n * n);
      const squares = new Float64Array(n * n);
      const decibels = (image: Image): Float64Array =>
        Float64Array.from(image.data, (v) => (output === "log" ? 120 * (v - 1) : v));
      let truth: Float64Array = new Float64Array(n * n);
      const options = { object: "echogenicity", noiseDb: -200, dynamicRangeDb: 120, output };
      for (let draw = 0; draw < draws; draw++) {
        const { image, reference } = await ultrasoundBmode.acquire(
          echogenicity,
          streamOf(7, draw),
          { ...options, truth: "expectation" },
          { reference: true },
        );
        // Both are shown below the brightest echo of the draw, so that it cancels from their difference.
        const [a, b] = [decibels(image), decibels(reference!)];
        a.forEach((v, i) => {
          sums[i]! += v - b[i]!;
          squares[i]! += (v - b[i]!) ** 2;
        });
        truth = b;
      }
      const errors = sums.map((sum, i) => sum / Math.sqrt(squares[i]!));
      // sum/√squares is standard normal where the mean is 0: 1,024 pixels, 5 standard errors.
      expect(Math.max(...errors.map(Math.abs))).toBeLessThan(5);
      const bias = sums.reduce((a, b) => a + b, 0) / draws / n / n;
      // 200 draws of some 30 independent cells: deviations of 5.6 dB and of about half the mean envelope.
      const mean = truth.reduce((a, b) => a + b, 0) / n / n;
      expect(Math.abs(bias)).toBeLessThan(output === "log" ? 0.25 : 0.02 * mean);
    },
  );

  it("has no mean over scatterers that are given", async () => {
    await expect(
      ultrasoundBmode.acquire(flat(1, 16), streamOf(1), { truth: "expectation" }),
    ).rejects.toThrow(/found the truth expectation with an object of scatterers/);
  });
});

describe("projection X-ray", () => {
  it("has the variance of its counts, its scatter and its detector's blur", async () => {
    const options = {
      photons: 5000,
      electronicSd: 20,
      scatterToPrimary: 0.5,
      focalPx: 0,
      output: "transmission",
    };
    const expected = 5000 * Math.exp(-1) * 1.5;
    const sharp = await xrayProjection.acquire(flat(1, 96), streamOf(4), {
      ...options,
      detectorPx: 0,
    });
    const counts = momentsOf(sharp.image.data.map((v) => v * 5000));
    expect(Math.abs(counts.mean - expected)).toBeLessThan((5 * Math.sqrt(expected + 400)) / 96);
    // Relative standard error of a deviation over 9,216 pixels: 0.74 %.
    expect(Math.abs(counts.sd / Math.sqrt(expected + 400) - 1)).toBeLessThan(0.037);
    const soft = await xrayProjection.acquire(flat(1, 96), streamOf(4), {
      ...options,
      electronicSd: 0,
      detectorPx: 1,
    });
    // Blurred white noise keeps Σh² = 1/(4πσ²) of its variance.
    const kept = momentsOf(soft.image.data.map((v) => v * 5000)).sd ** 2 / expected;
    expect(Math.abs(kept * 4 * Math.PI - 1)).toBeLessThan(0.15);
  });

  it("refuses line integrals below zero", async () => {
    await expect((async () => xrayProjection.acquire(flat(-1, 8), streamOf(1)))()).rejects.toThrow(
      /found the line integral -1 at index 0/,
    );
  });
});

describe("cone-beam and helical CT", () => {
  const n = 40;
  const nz = 8;
  const spacing = [3, 4, 4] as const;
  /** Water cylinder of 60 mm radius with a denser rod. */
  const cylinder = makeImage(
    Float32Array.from({ length: nz * n * n }, (_, i) => {
      const x = ((i % n) - 19.5) * 4;
      const y = ((Math.floor(i / n) % n) - 19.5) * 4;
      if ((x - 24) ** 2 + y * y < 14 ** 2) return 100;
      return x * x + y * y < 60 ** 2 ? 0 : -1000;
    }),
    [nz, n, n],
    { spacing, unit: "HU" },
  );
  const meanAt = (image: Image, k: number, x: number, y: number): number => {
    let sum = 0;
    for (let b = -1; b <= 1; b++) {
      for (let a = -1; a <= 1; a++) {
        const i = Math.round(x / 4 + 19.5) + a;
        const j = Math.round(y / 4 + 19.5) + b;
        sum += image.data[(k * n + j) * n + i]! / 9;
      }
    }
    return sum;
  };

  it("Feldkamp's method gives HU back in the middle plane", async () => {
    const { reference } = await ctCone.acquire(
      cylinder,
      streamOf(1),
      { views: 120, channels: 100, channelMm: 2.6, rows: 24, rowMm: 3, kernel: "hann" },
      { reference: true },
    );
    for (const k of [3, 4]) {
      expect(Math.abs(meanAt(reference!, k, 0, 0))).toBeLessThan(4);
      expect(Math.abs(meanAt(reference!, k, 24, 0) - 100)).toBeLessThan(6);
    }
    await expect(
      (async () =>
        ctCone.acquire(cylinder, streamOf(1), {
          views: 8,
          channels: 100,
          channelMm: 2.6,
          rows: 4,
        }))(),
    ).rejects.toThrow(/that every view of the circle sees/);
  });

  it("single-slice rebinning gives HU back in every slice", async () => {
    const { reference } = await ctHelical.acquire(
      cylinder,
      streamOf(1),
      { views: 120, channels: 140, channelMm: 2.4, rows: 8, rowMm: 3, pitch: 0.6, kernel: "hann" },
      { reference: true },
    );
    for (const k of [0, 3, 7]) {
      expect(Math.abs(meanAt(reference!, k, 0, 0))).toBeLessThan(5);
      expect(Math.abs(meanAt(reference!, k, 24, 0) - 100)).toBeLessThan(8);
    }
  });
});
