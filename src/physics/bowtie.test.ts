import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { attenuation } from "./attenuation.ts";
import { bowtieShares, measureLineIntegrals } from "./counting.ts";
import { fanAngle, parallelFor, pediatricScanner } from "./geometry.ts";

const waterPerMm = attenuation("water", 70);
const diameterMm = 300;
const { channels } = pediatricScanner.detector;
const chordAt = (c: number) => {
  const t = pediatricScanner.sourceToIsoMm * Math.sin(fanAngle(pediatricScanner, c));
  return 2 * Math.sqrt(Math.max(0, (diameterMm / 2) ** 2 - t * t));
};

describe("bowtie", () => {
  const shares = bowtieShares(pediatricScanner, { diameterMm, waterPerMm });

  it("lets the central ray through and takes half of what the cylinder lacks at the others", () => {
    expect(Math.max(...shares)).toBeGreaterThan(0.9999);
    for (const c of [0, 100, 250, 440, 600, 879]) {
      const missing = waterPerMm * (diameterMm - chordAt(c));
      expect(shares[c]).toBeCloseTo(Math.exp(-missing / 2), 10);
    }
    // Beyond the cylinder's shadow the filter is as thick as it gets.
    expect(shares[0]).toBeCloseTo(Math.exp((-waterPerMm * diameterMm) / 2), 10);
    // The middle lies a quarter channel to one side of channel 440: away from it shares only fall.
    for (let c = 441; c < channels - 1; c++) expect(shares[c + 1]).toBeLessThanOrEqual(shares[c]!);
  });

  it("is no filter at diameter 0 and in parallel geometry", () => {
    const none = bowtieShares(pediatricScanner, { diameterMm: 0, waterPerMm });
    expect(none.every((v) => v === 1)).toBe(true);
    const parallel = parallelFor({ fovMm: 300, pixelMm: 1 });
    expect(bowtieShares(parallel, { diameterMm, waterPerMm }).every((v) => v === 1)).toBe(true);
  });

  it("evens out the noise of the cylinder that it is shaped for, as its formula says", () => {
    const views = 400;
    const sinogram = new Float32Array(views * channels);
    for (let i = 0; i < sinogram.length; i++) sinogram[i] = waterPerMm * chordAt(i % channels);
    const exposure = { photons: 1e6, dose: 1, electronicSd: 0, floorCounts: 0.5 };
    const varianceAt = (own: Float64Array, c: number, stream: string) => {
      const { values } = measureLineIntegrals(sinogram, {
        exposure,
        shares: own,
        stream: streamOf(5, stream),
      });
      let sum = 0;
      // Five neighbours, whose means differ, each against its own line integral.
      for (let k = c - 2; k <= c + 2; k++) {
        for (let v = 0; v < views; v++) {
          const at = v * channels + k;
          sum += (values[at]! - sinogram[at]!) ** 2;
        }
      }
      return sum / (5 * views);
    };
    const open = new Float64Array(channels).fill(1);
    for (const [name, own] of [
      ["open", open],
      ["bowtie", shares],
    ] as const) {
      for (const c of [440, 650]) {
        const want = Math.exp(waterPerMm * chordAt(c)) / (1e6 * own[c]!);
        // 2,000 squares of normal numbers: 3.2 % standard error, three of them; channels' means vary by 1 %.
        expect(Math.abs(varianceAt(own, c, name) / want - 1), `${name} ${c}`).toBeLessThan(0.11);
      }
    }
    // Centre over rim: e^(μ·Δ) without the filter, its square root with it.
    const ratio = (own: Float64Array, name: string) =>
      varianceAt(own, 440, name) / varianceAt(own, 650, name);
    const gap = waterPerMm * (chordAt(440) - chordAt(650));
    expect(Math.log(ratio(open, "open")) / gap).toBeGreaterThan(0.9);
    expect(Math.log(ratio(shares, "bowtie")) / gap).toBeLessThan(0.6);
  });
});
