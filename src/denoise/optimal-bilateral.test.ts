import { describe, expect, it } from "vitest";
import { gainDb, scene, withGaussianNoise } from "../../test/denoise-scene.ts";
import { bilateral } from "./bilateral.ts";
import {
  calibrateDenoiser,
  monteCarloSure,
  parameterGrid,
  selfSupervisedLoss,
} from "./calibrate.ts";
import { optimiseBilateral } from "./optimal-bilateral.ts";
import { waveletShrinkage } from "./wavelet-shrinkage.ts";

describe("optimiseBilateral", () => {
  const truth = scene(80);
  const sigma = 15;
  const noisy = withGaussianNoise(truth, sigma, 5);

  it("comes within 0.15 dB of a grid with both swarms, and close to it without a reference", async () => {
    const control = await optimiseBilateral([noisy], {
      sigma,
      references: [truth],
      search: "grid",
    });
    for (const search of ["dragonfly", "firefly"] as const) {
      const found = await optimiseBilateral([noisy], { sigma, references: [truth], search });
      expect(found.fitness).toBeGreaterThan(control.fitness - 0.15);
    }
    const blind = await optimiseBilateral([noisy], { sigma });
    const result = await bilateral.denoise(noisy, blind.parameters, { sigma });
    const best = await bilateral.denoise(noisy, control.parameters, { sigma });
    // What a swarm of 8 without truth may lose to a grid with it.
    expect(gainDb(truth, noisy, result)).toBeGreaterThan(gainDb(truth, noisy, best) - 0.3);
  });
});

describe("calibrateDenoiser", () => {
  const truth = scene(96);
  const sigma = 20;
  const noisy = withGaussianNoise(truth, sigma, 6);

  it("ranks parameters as the truth does", async () => {
    const grid = parameterGrid({ factor: [0.2, 0.6, 1, 1.8, 4] });
    const { best, rows } = await calibrateDenoiser(noisy, waveletShrinkage, {
      grid,
      context: { sigma },
    });
    const gains: number[] = [];
    for (const parameters of grid) {
      const result = await waveletShrinkage.denoise(noisy, parameters, { sigma });
      gains.push(gainDb(truth, noisy, result));
    }
    const top = grid[gains.indexOf(Math.max(...gains))]!;
    const chosen = gains[grid.indexOf(best)]!;
    // The masked image is a little smoother than the noisy one: a neighbouring grid point may win.
    expect(Math.max(...gains) - chosen).toBeLessThan(0.5);
    expect(rows.length).toBe(grid.length);
    expect(Object.keys(top)).toEqual(["factor"]);
  });

  it("estimates the mean squared error by SURE", async () => {
    for (const factor of [0.3, 1, 3]) {
      const risk = await monteCarloSure(noisy, waveletShrinkage, { sigma, parameters: { factor } });
      const result = await waveletShrinkage.denoise(noisy, { factor }, { sigma });
      let mse = 0;
      for (let i = 0; i < truth.data.length; i++) {
        mse += (result.data[i]! - truth.data[i]!) ** 2 / truth.data.length;
      }
      // Standard deviation of the estimate: about 2σ²/√n = 2 % of σ² for n = 9216; four times that.
      expect(Math.abs(risk - mse)).toBeLessThan(0.08 * sigma ** 2);
    }
  });

  it("gives a loss that is the mean squared error plus the noise variance", async () => {
    const loss = await selfSupervisedLoss(noisy, waveletShrinkage, {
      masks: 16,
      context: { sigma },
    });
    const result = await waveletShrinkage.denoise(noisy, {}, { sigma });
    let mse = 0;
    for (let i = 0; i < truth.data.length; i++) {
      mse += (result.data[i]! - truth.data[i]!) ** 2 / truth.data.length;
    }
    // Masked pixels are denoised without their own value: their error is larger than mse, but by far
    // less than σ². Chance: σ² √(2/n) = 1.5 % of σ² for n = 9216 pixels, five times that allowed.
    expect(loss).toBeGreaterThan(sigma ** 2 * (1 - 0.075) + mse * 0.5);
    expect(loss).toBeLessThan(sigma ** 2 * 1.075 + 3 * mse);
  });
});
