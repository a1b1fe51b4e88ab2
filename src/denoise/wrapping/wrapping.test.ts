import { describe, expect, it } from "vitest";
import { gainDb, scene, withRicianNoise } from "../../../test/denoise-scene.ts";
import { InputError } from "../../core/errors.ts";
import { type Image, makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { findDenoiser } from "../find-denoiser.ts";
import { estimateSpeckle } from "../noise-level/speckle.ts";
import {
  anscombeForward,
  anscombeInverse,
  estimatePoissonGaussian,
  type PoissonGaussian,
} from "./generalised-anscombe.ts";
import { trigamma } from "./homomorphic.ts";
import { ricianExpectation, ricianForward, ricianInverse } from "./rician-stabilised.ts";

/** E f(z) and sd f(z) for z = p + n, p ~ Poisson(mean), n ~ N(0, σ²), by the sum over counts and a rule over n. */
function exactMoments(mean: number, sigma: number): { mean: number; sd: number } {
  const model = { gain: 1, sigma };
  let [e1, e2, all] = [0, 0, 0];
  const h = sigma > 0 ? 0.05 : 1;
  const reach = sigma > 0 ? Math.round(8 / h) : 0;
  let log = -mean;
  for (let k = 0; k < mean + 12 * Math.sqrt(mean) + 30; k++) {
    if (k > 0) log += Math.log(mean) - Math.log(k);
    const p = Math.exp(log);
    for (let j = -reach; j <= reach; j++) {
      const w = p * Math.exp(-0.5 * (j * h) ** 2);
      const f = anscombeForward(k + sigma * j * h, model);
      e1 += w * f;
      e2 += w * f * f;
      all += w;
    }
  }
  return { mean: e1 / all, sd: Math.sqrt(e2 / all - (e1 / all) ** 2) };
}

describe("generalised Anscombe", () => {
  it.each([
    [0, 0.03],
    [1, 0.1],
    [3, 0.2],
  ])("has the exact unbiased inverse for σ = %d within %d counts", (sigma, tolerance) => {
    for (const mean of [0.2, 0.5, 1, 2, 4, 8, 20, 60, 200]) {
      const exact = exactMoments(mean, sigma);
      expect(Math.abs(anscombeInverse(exact.mean, { gain: 1, sigma }) - mean)).toBeLessThan(
        tolerance,
      );
      // Stabilised from about 4 counts, or wherever the Gaussian part rules.
      if (mean >= 8) expect(Math.abs(exact.sd - 1)).toBeLessThan(0.03);
    }
  });

  it("differs from the algebraic inverse where counts are low", () => {
    const { mean } = exactMoments(0.5, 0);
    const algebraic = mean ** 2 / 4 - 3 / 8;
    expect(Math.abs(algebraic - 0.5)).toBeGreaterThan(0.1);
    expect(Math.abs(anscombeInverse(mean, { gain: 1, sigma: 0 }) - 0.5)).toBeLessThan(0.03);
  });

  const counted = (model: PoissonGaussian, n = 192): { truth: Image; image: Image } => {
    const truth = scene(n);
    const stream = streamOf(21, "counts");
    const { gain, sigma } = model;
    const image = withData(
      truth,
      truth.data.map((v) => gain * stream.poisson(v / gain) + sigma * stream.normal()),
    );
    return { truth, image };
  };

  it("finds gain and Gaussian part", () => {
    const found = estimatePoissonGaussian(counted({ gain: 2, sigma: 5 }, 256).image);
    expect(Math.abs(found.gain / 2 - 1)).toBeLessThan(0.15);
    expect(Math.abs(found.sigma - 5)).toBeLessThan(1.5);
  });

  it("beats the plain denoiser on counts", async () => {
    const { truth, image } = counted({ gain: 4, sigma: 0 });
    const stabilised = await findDenoiser("anscombe+non-local-means");
    const plain = await findDenoiser("non-local-means");
    const a = await stabilised.denoise(image, { gain: 4 }, { sigma: 0 });
    const b = await plain.denoise(image);
    expect(gainDb(truth, image, a)).toBeGreaterThan(gainDb(truth, image, b) + 0.3);
  });
});

describe("Rician stabilisation", () => {
  it("stabilises, and its inverse is unbiased under the exact expectation", () => {
    for (const theta of [0.5, 1, 2, 3, 5, 10, 25, 100]) {
      const f = (m: number) => ricianForward(7 * m, 7);
      const mean = ricianExpectation(theta, f);
      // The table's step of 0.05 is interpolated linearly.
      expect(Math.abs(ricianInverse(mean, 7) / 7 - theta)).toBeLessThan(2e-3);
      if (theta >= 1) {
        const sd = Math.sqrt(ricianExpectation(theta, (m) => (f(m) - mean) ** 2));
        expect(Math.abs(sd - 1)).toBeLessThan(0.12);
      }
    }
    expect(
      ricianInverse(
        ricianExpectation(0, (m) => ricianForward(m, 1)),
        1,
      ),
    ).toBe(0);
  });

  it("removes the bias in a dark area", async () => {
    const dark = makeImage(new Float32Array(128 * 128).fill(8), [128, 128]);
    const image = withRicianNoise(dark, 10, 3);
    const mean = (i: Image) => i.data.reduce((s, v) => s + v / i.data.length, 0);
    const plain = await (await findDenoiser("gaussian")).denoise(
      image,
      { width: 4 },
      { sigma: 10 },
    );
    const fixed = await (await findDenoiser("rician+gaussian")).denoise(
      image,
      { width: 4 },
      { sigma: 10 },
    );
    expect(mean(plain)).toBeGreaterThan(13);
    expect(Math.abs(mean(fixed) - 8)).toBeLessThan(1.2);
  });
});

describe("speckle", () => {
  it("estimates its level beside structure", () => {
    for (const variation of [0.05, 0.2, 0.5]) {
      const looks = 1 / variation ** 2;
      const stream = streamOf(4, "speckle");
      const truth = scene(192);
      const image = withData(
        truth,
        truth.data.map((v) => (v * stream.gamma(looks)) / looks),
      );
      expect(Math.abs(estimateSpeckle(image).variation / variation - 1)).toBeLessThan(0.06);
    }
    expect(() => estimateSpeckle(makeImage(new Float32Array(64).fill(-1), [8, 8]))).toThrow(
      /below 0/,
    );
  });

  it("has the trigamma values known in closed form", () => {
    expect(trigamma(1)).toBeCloseTo(Math.PI ** 2 / 6, 11);
    expect(trigamma(0.5)).toBeCloseTo(Math.PI ** 2 / 2, 11);
    expect(trigamma(4)).toBeCloseTo(Math.PI ** 2 / 6 - 1 - 1 / 4 - 1 / 9, 11);
  });
});

describe("findDenoiser", () => {
  it("nests wrappers and names what it does not know", async () => {
    expect((await findDenoiser("homomorphic+bilateral")).name).toBe("homomorphic+bilateral");
    await expect(findDenoiser("homomorphic+absent")).rejects.toThrow(/no method "absent"/);
    await expect(findDenoiser("absent+bilateral")).rejects.toThrow(InputError);
  });
});
