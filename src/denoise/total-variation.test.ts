import { describe, expect, it } from "vitest";
import { gainDb, scene, withGaussianNoise } from "../../test/denoise-scene.ts";
import { CancelledError } from "../core/errors.ts";
import { makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { denoiseByTotalVariation, totalVariation } from "./total-variation.ts";

const tight = { tolerance: 1e-3, maxIterations: 100_000 };

describe("denoiseByTotalVariation", () => {
  /*
   * scikit-image 0.19.3, denoise_tv_chambolle(f, weight, eps=1e-14, max_num_iter=200000) in float64:
   * the same objective with λ = weight. Made again by bench/peers/total-variation.ts on other inputs.
   */
  it("agrees with scikit-image on a plane to 1e-4", async () => {
    const f = makeImage(
      Float32Array.from({ length: 16 * 18 }, (_, i) => {
        const [y, x] = [Math.floor(i / 18), i % 18];
        return ((7 * y + 13 * x) % 17) / 17 + (x > 8 ? 1 : 0);
      }),
      [16, 18],
    );
    const { image, status } = await denoiseByTotalVariation(f, { lambda: 0.25, ...tight });
    expect(status).toBe("ok");
    const row = [...image.data.subarray(5 * 18, 6 * 18)];
    const wanted = [
      0.485216, 0.485216, 0.485216, 0.485216, 0.485216, 0.485216, 0.485216, 0.485216, 0.4858,
      1.451795, 1.45411, 1.45411, 1.45411, 1.45411, 1.45411, 1.45411, 1.45411, 1.45411,
    ];
    wanted.forEach((v, i) => expect(Math.abs(row[i]! - v)).toBeLessThan(1e-4));
    const squares = image.data.reduce((s, v) => s + v * v, 0);
    expect(squares).toBeCloseTo(336.811, 2);
  });

  it("agrees with scikit-image on a volume to 1e-4", async () => {
    const f = makeImage(
      Float32Array.from({ length: 5 * 6 * 7 }, (_, i) => {
        const [z, y, x] = [Math.floor(i / 42), Math.floor(i / 7) % 6, i % 7];
        return ((7 * y + 13 * x + 5 * z) % 17) / 17 + (x > 3 ? 1 : 0);
      }),
      [5, 6, 7],
    );
    const { image } = await denoiseByTotalVariation(f, { lambda: 0.2, ...tight });
    const row = [...image.data.subarray((2 * 6 + 3) * 7, (2 * 6 + 3) * 7 + 7)];
    const wanted = [0.499913, 0.500463, 0.500992, 0.49502, 1.400612, 1.4039, 1.4039];
    wanted.forEach((v, i) => expect(Math.abs(row[i]! - v)).toBeLessThan(1e-4));
  });

  /*
   * SciPy 1.10.1, lsq_linear on the dual: min ½ |f − λ Dᵀp|² over |p| ≤ 1, which is the anisotropic problem
   * exactly. scikit-image's denoise_tv_bregman(isotropic=False) is no oracle: its result has an objective of
   * 16.64 on the plane, against 15.89 here.
   */
  it("agrees with a bounded least-squares solver on the anisotropic dual to 1e-4", async () => {
    const plane = makeImage(
      Float32Array.from({ length: 16 * 18 }, (_, i) => {
        const [y, x] = [Math.floor(i / 18), i % 18];
        return ((7 * y + 13 * x) % 17) / 17 + (x > 8 ? 1 : 0);
      }),
      [16, 18],
    );
    const volume = makeImage(
      Float32Array.from({ length: 5 * 6 * 7 }, (_, i) => {
        const [z, y, x] = [Math.floor(i / 42), Math.floor(i / 7) % 6, i % 7];
        return ((7 * y + 13 * x + 5 * z) % 17) / 17 + (x > 3 ? 1 : 0);
      }),
      [5, 6, 7],
    );
    const anisotropic = { norm: "anisotropic", ...tight } as const;
    const first = (await denoiseByTotalVariation(plane, { lambda: 0.25, ...anisotropic })).image;
    first.data.subarray(5 * 18, 6 * 18).forEach((v, x) => {
      expect(Math.abs(v - (x < 9 ? 0.493487 : 1.449755))).toBeLessThan(1e-4);
    });
    expect(first.data.reduce((sum, v) => sum + v * v, 0)).toBeCloseTo(336.340695, 2);
    const second = (await denoiseByTotalVariation(volume, { lambda: 0.2, ...anisotropic })).image;
    second.data.subarray((2 * 6 + 3) * 7, (2 * 6 + 3) * 7 + 7).forEach((v, x) => {
      expect(Math.abs(v - (x < 4 ? 0.523039 : 1.396732))).toBeLessThan(1e-4);
    });
    expect(second.data.reduce((sum, v) => sum + v * v, 0)).toBeCloseTo(208.405834, 2);
  });

  it("agrees with scikit-image's channel_axis when channels are separate, to 1e-4", async () => {
    const value = (y: number, x: number) => ((7 * y + 13 * x) % 17) / 17 + (x > 8 ? 1 : 0);
    const f = makeImage(
      Float32Array.from({ length: 2 * 16 * 18 }, (_, i) => {
        const [y, x] = [Math.floor(i / 18) % 16, i % 18];
        return i < 288 ? value(y, x) : 0.5 * value(15 - y, x) + 0.2 * value(y, x);
      }),
      [2, 16, 18],
      { axes: "cyx" },
    );
    const options = { lambda: 0.25, channels: "separate", ...tight } as const;
    const { image } = await denoiseByTotalVariation(f, options);
    image.data.subarray(288 + 5 * 18, 288 + 6 * 18).forEach((v, x) => {
      const wanted = x < 9 ? 0.348931 : x === 9 ? 1.001458 : 1.004367;
      expect(Math.abs(v - wanted)).toBeLessThan(1e-4);
    });
  });

  it("sets λ by the discrepancy principle: the residual has the noise level", async () => {
    const noisy = withGaussianNoise(scene(96), 12, 1);
    // Told less than there is, it needs a λ below the largest.
    const { image, lambdas } = await denoiseByTotalVariation(noisy, { sigma: 11 });
    const rms = Math.sqrt(
      image.data.reduce((s, v, i) => s + (v - noisy.data[i]!) ** 2, 0) / noisy.data.length,
    );
    expect(Math.abs(rms / 11 - 1)).toBeLessThan(0.01);
    expect(lambdas).toHaveLength(1);
    expect(lambdas[0]).toBeLessThan(11);
  });

  it("joins channels that share edges better than one by one", async () => {
    const truth = scene(64);
    const channels = [1, 0.7, -0.5];
    const size = truth.data.length;
    const stack = new Float32Array(3 * size);
    channels.forEach((k, c) =>
      stack.set(
        truth.data.map((v) => k * v),
        c * size,
      ),
    );
    const clean = makeImage(stack, [3, 64, 64], { axes: "cyx" });
    const noisy = withGaussianNoise(clean, 15, 2);
    const joint = await denoiseByTotalVariation(noisy, { lambda: 22 });
    const separate = await denoiseByTotalVariation(noisy, { lambda: 13, channels: "separate" });
    expect(joint.lambdas).toHaveLength(1);
    expect(separate.lambdas).toHaveLength(3);
    expect(gainDb(clean, noisy, joint.image)).toBeGreaterThan(
      gainDb(clean, noisy, separate.image) + 0.3,
    );
  });

  it("takes thick slices for what they are: no smoothing across as the pitch grows", async () => {
    const stream = streamOf(4, "thick");
    const data = Float32Array.from(
      { length: 4 * 12 * 12 },
      (_, i) => 40 * Math.floor(i / 144) + stream.normal(),
    );
    const thin = makeImage(data, [4, 12, 12], { spacing: [1, 1, 1] });
    const thick = makeImage(data, [4, 12, 12], { spacing: [1000, 1, 1] });
    const planes = makeImage(data, [4, 12, 12], { axes: "tyx" });
    const wanted = (await denoiseByTotalVariation(planes, { lambda: 5, tolerance: 1e-3 })).image
      .data;
    const found = (await denoiseByTotalVariation(thick, { lambda: 5, tolerance: 1e-3 })).image.data;
    found.forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(0.05));
    const mixed = (await denoiseByTotalVariation(thin, { lambda: 5, tolerance: 1e-3 })).image.data;
    expect(Math.abs(mixed[0]! - wanted[0]!)).toBeGreaterThan(1);
  });

  it("goes no further than λ = σ on planes and ⅔ σ in volumes, and gives the mean of what varies far less", async () => {
    const image = makeImage(Float32Array.from(streamOf(5).normals(100)), [10, 10]);
    const mean = image.data.reduce((s, v) => s + v, 0) / 100;
    const found = await denoiseByTotalVariation(image, { sigma: 50, tolerance: 1e-3 });
    expect(found.lambdas).toEqual([50]);
    for (const v of found.image.data) expect(Math.abs(v - mean)).toBeLessThan(0.05);
    const volume = makeImage(Float32Array.from(streamOf(6).normals(1000)), [10, 10, 10]);
    const { lambdas } = await denoiseByTotalVariation(volume, { sigma: 3 });
    expect(lambdas[0]).toBeCloseTo(2, 12);
  });
});

describe("totalVariation", () => {
  it("stops when cancelled", async () => {
    const image = withGaussianNoise(scene(64), 10, 1);
    await expect(
      totalVariation.denoise(image, { strength: 1 }, { sigma: 10, signal: AbortSignal.abort() }),
    ).rejects.toThrow(CancelledError);
  });

  it("estimates the noise level when none is given", async () => {
    const truth = scene(128);
    const noisy = withGaussianNoise(truth, 12, 3);
    expect(gainDb(truth, noisy, await totalVariation.denoise(noisy))).toBeGreaterThan(4);
    const bad = withData(
      noisy,
      noisy.data.map((v, i) => (i === 7 ? NaN : v)),
    );
    await expect(totalVariation.denoise(bad)).rejects.toThrow(/1 values that are not finite/);
  });
});
