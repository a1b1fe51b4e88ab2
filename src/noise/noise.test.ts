import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { chiMoments, chiMomentsTabulated } from "./chi-moments.ts";
import { noiseOfPercent } from "./percent.ts";
import { physicalSpeckle } from "./physical-speckle.ts";

/** Mean of M by integrating its density with the trapezoidal rule on log-scaled Bessel functions. */
function ricianMeanByQuadrature(ratio: number): number {
  const besselI0Scaled = (x: number): number => {
    // (1/π) ∫ exp(x (cos t − 1)) dt
    let sum = 0;
    const n = 600;
    for (let i = 0; i < n; i++) sum += Math.exp(x * (Math.cos((Math.PI * (i + 0.5)) / n) - 1));
    return sum / n;
  };
  let mean = 0;
  const step = 0.01;
  for (let m = step / 2; m < ratio + 12; m += step) {
    mean += step * m * m * Math.exp(-((m - ratio) ** 2) / 2) * besselI0Scaled(m * ratio);
  }
  return mean;
}

describe("chiMoments", () => {
  it("gives the Rayleigh moments at no signal", () => {
    const { mean, variance } = chiMoments(0, 1);
    expect(mean).toBeCloseTo(Math.sqrt(Math.PI / 2), 12);
    expect(variance).toBeCloseTo(2 - Math.PI / 2, 12);
    // The published constants of the background, 1.253 σ and 0.655 σ.
    expect(mean).toBeCloseTo(1.253, 3);
    expect(Math.sqrt(variance)).toBeCloseTo(0.655, 3);
  });

  it("agrees with quadrature of the Rician density", () => {
    for (const ratio of [0.3, 1, 3]) {
      // The midpoint rule with step 0.01 is good to 1e-6 here.
      expect(chiMoments(ratio, 1).mean).toBeCloseTo(ricianMeanByQuadrature(ratio), 5);
    }
  });

  it("joins its asymptotic series and its table smoothly", () => {
    const edge = Math.sqrt(2 * 5e4);
    for (const channels of [1, 4, 32]) {
      const below = chiMoments(edge * (1 - 1e-9), channels);
      const above = chiMoments(edge * (1 + 1e-9), channels);
      expect(Math.abs(above.mean - below.mean)).toBeLessThan(2e-6);
      // Second moment less squared mean near 1e5: log-gamma's 1e-10 relative leaves some 1e-5.
      expect(Math.abs(above.variance - below.variance)).toBeLessThan(5e-5);
      for (const ratio of [0, 0.013, 0.7, 2.345, 17.77, 39.5]) {
        const direct = chiMoments(ratio, channels);
        const tabulated = chiMomentsTabulated(ratio, channels);
        expect(Math.abs(tabulated.mean - direct.mean)).toBeLessThan(1e-7);
        expect(Math.abs(tabulated.variance - direct.variance)).toBeLessThan(1e-6);
      }
    }
  });
});

describe("physical speckle", () => {
  it("has the signal-to-noise ratio of fully developed speckle and the correlation of its spread", () => {
    const n = 192;
    const flat = makeImage(new Float32Array(n * n).fill(2), [n, n]);
    const y = physicalSpeckle.add(flat, streamOf(11), { axialPx: 1, lateralPx: 2 }).data;
    const mean = y.reduce((s, v) => s + v, 0) / y.length;
    const sd = Math.sqrt(y.reduce((s, v) => s + (v - mean) ** 2, 0) / y.length);
    // Rayleigh: mean/sd = 1.9131. About n²/(4π·1·2) = 1,470 independent cells: 5 standard errors of 0.035.
    expect(Math.abs(mean / sd - 1.9131)).toBeLessThan(0.18);
    // Intensity correlates as |ρ|², ρ = exp(−d²/4w²): 0.607 at d = 2 along x, e^{−1/2}=0.607 at d = 1 along y.
    const intensity = y.map((v) => v * v);
    const correlation = (step: number): number => {
      const m = intensity.reduce((s, v) => s + v, 0) / intensity.length;
      let cross = 0;
      let own = 0;
      for (let i = 0; i + step < intensity.length; i++) {
        cross += (intensity[i]! - m) * (intensity[i + step]! - m);
        own += (intensity[i]! - m) ** 2;
      }
      return cross / own;
    };
    expect(Math.abs(correlation(2) - Math.exp(-0.5))).toBeLessThan(0.08);
    expect(Math.abs(correlation(n) - Math.exp(-0.5))).toBeLessThan(0.08);
  });
});

describe("noiseOfPercent", () => {
  const image = makeImage(Float32Array.of(0, 50, 100, 200), [2, 2]);

  it("keeps conventions apart", () => {
    const of = (percent: number, convention: string) =>
      noiseOfPercent(image, { percent, convention });
    expect(of(10, "sigma-of-maximum")).toEqual({ model: "rician", parameters: { sigma: 20 } });
    expect(of(60, "sigma-of-255").parameters.sigma).toBeCloseTo(47.0588, 3);
    expect(of(10, "speckle-variance").parameters.deviation).toBeCloseTo(0.316, 3);
    expect(of(50, "speckle-looks").parameters.looks).toBe(4);
    expect(of(40, "impulse-density")).toEqual({
      model: "impulse",
      parameters: { density: 0.4, low: 0, high: 200 },
    });
  });

  it("asks for the convention", () => {
    expect(() => noiseOfPercent(image, { percent: 9, convention: "percent" })).toThrow(
      /found convention "percent", wanted one of sigma-of-maximum/,
    );
  });
});
