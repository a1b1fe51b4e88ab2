import { describe, expect, it } from "vitest";
import { makeImage } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import type { NoiseModel } from "../../src/noise/noise-model.ts";
import { catalogue } from "../../src/noise/catalogue.ts";

const draws = 3000;
const side = 6;
/** A ramp from 0.1 to 3, so that models in proportion to the signal show their proportion. */
const clean = makeImage(
  Float32Array.from({ length: side * side }, (_, i) => 0.1 + (2.9 * i) / (side * side - 1)),
  [side, side],
  { spacing: [3, 0.7, 0.7], unit: "normalised" },
);
/**
 * Mean and variance are compared in 36 pixels for each of about a dozen models: at 5.5 standard
 * errors a right model fails once in some 30,000 runs, were seeds not fixed.
 */
const bound = 5.5;

for (const [name, load] of Object.entries<() => Promise<NoiseModel>>(catalogue)) {
  describe(`noise model ${name}`, async () => {
    const model = await load();
    const n = clean.data.length;

    it("carries its own name", () => {
      expect(model.name).toBe(name);
      expect(model.title).not.toBe("");
    });

    it("has the mean and variance of its formulas over many draws", () => {
      const mean = model.mean(clean);
      const variance = model.variance(clean);
      const sum = new Float64Array(n);
      const all: Float32Array[] = [];
      for (let d = 0; d < draws; d++) {
        const noisy = model.add(clean, streamOf(42, name, d)).data;
        all.push(noisy);
        for (let i = 0; i < n; i++) sum[i]! += noisy[i]! / draws;
      }
      for (let i = 0; i < n; i++) {
        let second = 0;
        let fourth = 0;
        for (const noisy of all) {
          const e = (noisy[i]! - mean[i]!) ** 2;
          second += e / draws;
          fourth += (e * e) / draws;
        }
        const errorOfMean = Math.sqrt(variance[i]! / draws);
        const errorOfVariance = Math.sqrt(Math.max(0, fourth - second * second) / draws);
        expect(Math.abs(sum[i]! - mean[i]!)).toBeLessThanOrEqual(bound * errorOfMean + 1e-6);
        expect(Math.abs(second - variance[i]!)).toBeLessThanOrEqual(bound * errorOfVariance + 1e-6);
      }
    });

    it("states a covariance that has its variance on the diagonal", () => {
      const covariance = model.covariance?.(clean);
      if (covariance === undefined) return;
      const variance = model.variance(clean);
      const diagonal =
        covariance.kind === "white"
          ? new Float64Array(n).fill(covariance.variance)
          : covariance.kind === "diagonal"
            ? covariance.variance
            : new Float64Array(n).fill(
                covariance.spectrum.reduce((s, p) => s + p, 0) / covariance.spectrum.length,
              );
      for (let i = 0; i < n; i++) expect(diagonal[i]).toBeCloseTo(variance[i]!, 9);
    });

    it("gives the same bytes for the same stream and others for another", () => {
      const a = model.add(clean, streamOf(7, "case", 3)).data;
      expect(model.add(clean, streamOf(7, "case", 3)).data).toEqual(a);
      expect(model.add(clean, streamOf(7, "case", 4)).data).not.toEqual(a);
    });

    it("keeps geometry and unit and leaves the clean image alone", () => {
      const before = clean.data.slice();
      const noisy = model.add(clean, streamOf(1));
      expect(clean.data).toEqual(before);
      expect({ ...noisy, data: 0 }).toEqual({ ...clean, data: 0 });
    });

    it("refuses what lies outside its domain, and unknown parameters", () => {
      const negative = makeImage(Float32Array.of(1, -1), [1, 2]);
      if (model.domain === "non-negative") {
        expect(() => model.add(negative, streamOf(1))).toThrow(/found value -1 at index 1/);
      } else {
        expect(model.add(negative, streamOf(1)).data.every(Number.isFinite)).toBe(true);
      }
      expect(() => model.add(clean, streamOf(1), { notAParameter: 1 })).toThrow(
        /no such parameter/,
      );
    });
  });
}
