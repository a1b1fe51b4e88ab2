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

  it("smooths tissue beside edges of a hundred noise levels, and says how wide", async () => {
    const bones = makeImage(
      Float32Array.from({ length: 96 * 96 }, (_, i) => {
        const [y, x] = [Math.floor(i / 96), i % 96];
        return y < 8 || x > 88 ? 1000 : 40;
      }),
      [96, 96],
    );
    const noisy = withGaussianNoise(bones, 10, 5);
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    const { data } = await gaussian.denoise(noisy, {}, { sigma: 10, note });
    let [before, after, count] = [0, 0, 0];
    for (let i = 0; i < data.length; i++) {
      const [y, x] = [Math.floor(i / 96), i % 96];
      if (y < 14 || x > 82) continue;
      before += (noisy.data[i]! - 40) ** 2;
      after += (data[i]! - 40) ** 2;
      count++;
    }
    // Every unclipped residual forbids smoothing here: the noise would stay.
    expect(Math.sqrt(before / count)).toBeGreaterThan(9);
    expect(Math.sqrt(after / count)).toBeLessThan(6);
    expect(notes).toEqual([
      `Gaussian smoothing chose a kernel of standard deviation ${sureWidth(noisy, { sigma: 10, dimensions: 2 })} px`,
    ]);
  });

  it("says so where it leaves an image as it is", async () => {
    const squares = makeImage(
      Float32Array.from({ length: 64 * 64 }, (_, i) => (((i >> 6) + i) % 2 === 0 ? 900 : 60)),
      [64, 64],
    );
    const noisy = withGaussianNoise(squares, 8, 6);
    const notes: string[] = [];
    const note = (text: string) => notes.push(text);
    expect((await gaussian.denoise(noisy, {}, { sigma: 8, note })).data).toEqual(noisy.data);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/left the image as it is: .* parameter width/);
    await gaussian.denoise(noisy, { width: 1 }, { sigma: 8, note });
    expect(notes).toHaveLength(1);
  });
});
