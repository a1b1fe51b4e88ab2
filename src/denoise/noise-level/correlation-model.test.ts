import { describe, expect, it } from "vitest";
import { noises, side } from "../../../test/noise-cases.ts";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { covarianceOf, drawField } from "../../phantoms/power-law-field.ts";
import { fitCorrelation, windowModel } from "./correlation-model.ts";
import { residualCorrelation, windowResiduals } from "./window-residuals.ts";

/** Residuals of many windows of drawn noise of unit variance. */
function drawn(noise: string, shape: { radius: number; degree: number }) {
  const spectrum = noises[noise]!(side);
  const covariance = covarianceOf(spectrum, [side, side]);
  const wrap = (i: number) => (i + side) % side;
  const model = windowModel((dy, dx) => covariance[wrap(dy) * side + wrap(dx)]!, shape);
  const squares: number[] = [];
  const correlations = [0, 0, 0, 0];
  const draws = 12;
  for (let k = 0; k < draws; k++) {
    const field = drawField(streamOf(k, "window-model", noise), { shape: [side, side], spectrum });
    const image = makeImage(Float32Array.from(field), [side, side]);
    const usable = new Uint8Array(image.data.length).fill(1);
    const windows = windowResiduals(image, { ...shape, usable });
    const chosen = Array.from(windows.sd, (_, i) => i);
    const found = residualCorrelation(image, windows, { chosen });
    found.forEach((c, i) => (correlations[i]! += c / draws));
    for (const sd of windows.sd) squares.push(sd * sd);
  }
  return { model, squares, correlations };
}

describe("windowModel", () => {
  it.each([
    ["white", { radius: 4, degree: 2 }],
    ["blurred, 0.8 px", { radius: 4, degree: 2 }],
    ["blurred, 1.6 px", { radius: 6, degree: 3 }],
    ["ramp, Hann", { radius: 4, degree: 2 }],
    ["zero-filled, 2", { radius: 4, degree: 1 }],
  ] as const)("has the moments of drawn noise: %s", (noise, shape) => {
    const { model, squares, correlations } = drawn(noise, shape);
    const mean = squares.reduce((a, b) => a + b, 0) / squares.length;
    const variance = squares.reduce((a, b) => a + (b - mean) ** 2, 0) / (squares.length - 1);
    // Twelve fields of (256/9)² windows without overlap, more than 9,000 of them: the standard error of a mean
    // is √(2/ν)/√9000, below 0.6 %, that of a variance a few per cent.
    expect(Math.abs(mean / model.variance - 1)).toBeLessThan(0.025);
    expect(Math.abs(variance / (2 * mean * mean) / (1 / model.freedom) - 1)).toBeLessThan(0.12);
    correlations.forEach((c, i) => {
      expect(Math.abs(c - model.correlations[i]!)).toBeLessThan(0.012);
    });
  });

  it("of white noise loses nothing to the polynomial", () => {
    const shape = { radius: 4, degree: 2 };
    const model = windowModel((dy, dx) => (dy === 0 && dx === 0 ? 1 : 0), shape);
    expect(model.variance).toBeCloseTo(1, 12);
    expect(model.freedom).toBeCloseTo(81 - 6, 10);
  });
});

describe("fitCorrelation", () => {
  it.each([
    ["white", 1.207, { radius: 4, degree: 2 }],
    // An autocorrelation exp(−d²/4w²) is a half at d = 2w √ln 2.
    ["blurred, 0.8 px", 4 * 0.8 * Math.sqrt(Math.LN2), { radius: 4, degree: 2 }],
    ["blurred, 1.2 px", 4 * 1.2 * Math.sqrt(Math.LN2), { radius: 6, degree: 3 }],
  ] as const)("finds how wide noise is: %s", (noise, grain, shape) => {
    const { model } = drawn(noise, shape);
    const fit = fitCorrelation(model.correlations, shape);
    expect(Math.abs(fit.grain / grain - 1)).toBeLessThan(0.15);
    // Spectra of other exponents leave the same correlations to within 0.01, and take part: of wide noise the
    // variance that is left is known to 15 %, and σ to half of that.
    expect(Math.abs(fit.variance / model.variance - 1)).toBeLessThan(0.18);
  });
});
