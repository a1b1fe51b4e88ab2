import { describe, expect, it } from "vitest";
import { gainDb, scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { makeImage } from "../core/image.ts";
import { gaussian, gaussianTaps, sureWidth } from "./gaussian.ts";

describe("gaussian", () => {
  it("spreads a point into the sampled kernel, of sum 1 and the right variance", async () => {
    const point = new Float32Array(41 * 41);
    point[20 * 41 + 20] = 1;
    const { data } = await gaussian.denoise(
      makeImage(point, [41, 41]),
      { width: 1.7 },
      { sigma: 1 },
    );
    const taps = gaussianTaps(1.7);
    expect(data[20 * 41 + 23]).toBeCloseTo(taps[0]! * taps[3]!, 7);
    expect(data[18 * 41 + 25]).toBeCloseTo(taps[2]! * taps[5]!, 7);
    let [sum, second] = [0, 0];
    data.forEach((v, i) => {
      sum += v;
      second += v * ((i % 41) - 20) ** 2;
    });
    expect(sum).toBeCloseTo(1, 5);
    // Cut at four widths, the variance loses 0.1 %.
    expect(Math.abs(second / 1.7 ** 2 - 1)).toBeLessThan(0.003);
  });

  it.each([
    ["plane", scene(96), 2],
    ["volume", sceneVolume(12, 40), 3],
  ] as const)(
    "chooses nearly the width that the truth would (%s)",
    async (_, truth, dimensions) => {
      const noisy = withGaussianNoise(truth, 20, 4);
      const chosen = sureWidth(noisy, { sigma: 20, dimensions });
      const gains: number[] = [];
      for (const width of [0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, chosen]) {
        gains.push(gainDb(truth, noisy, await gaussian.denoise(noisy, { width }, { sigma: 20 })));
      }
      expect(gains[gains.length - 1]!).toBeGreaterThan(Math.max(...gains) - 0.1);
    },
  );
});
