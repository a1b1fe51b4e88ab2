import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../test/worlds/gaussian-world.ts";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { aucDeLong } from "../stats/auc.ts";
import { casesOfRows, chooseCases } from "./cases.ts";
import { templateDetectability, whiteNoiseDetectability } from "./detectability.ts";
import { fourierDetectability, hotellingFourier } from "./fourier-template.ts";
import { fourierHotelling } from "./fourier-hotelling.ts";
import { hotelling, shrinkageCoefficient } from "./hotelling.ts";
import { idealGaussian } from "./ideal-gaussian.ts";
import { hotellingOfMoments, streamingMoments } from "./moments.ts";
import { npw } from "./npw.ts";
import { npwe } from "./npwe.ts";
import { eyeResponse } from "./eye-filter.ts";
import type { Training } from "./observer.ts";
import { pwmf } from "./pwmf.ts";
import {
  centredRows,
  covarianceOf,
  principalComponents,
  solveRidge,
  traces,
} from "./sample-covariance.ts";
import { solveSymmetric } from "./solve-symmetric.ts";

const white = gaussianWorld({ shape: [12, 12], sigma: 2, background: 0, amplitude: 1.5, width: 2 });
const textured = gaussianWorld({
  shape: [12, 12],
  sigma: 1,
  background: 2,
  amplitude: 1.2,
  width: 1.5,
});

const trained = (t: Training) => {
  if (t.status !== "ok") throw new Error(`${t.cause}; ${t.remedy}`);
  return t;
};

/** Full covariance of a world, from its spectrum: C[i,j] depends on the shift alone. */
function covarianceMatrix(world: typeof textured): Float64Array {
  const n = 144;
  const out = new Float64Array(n * n);
  const lag = new Float64Array(n);
  for (let d = 0; d < n; d++) {
    let sum = 0;
    for (let k = 0; k < n; k++) {
      const phase =
        (2 * Math.PI * (Math.floor(d / 12) * Math.floor(k / 12) + (d % 12) * (k % 12))) / 12;
      sum += world.known.powerSpectrum[k]! * Math.cos(phase);
    }
    lag[d] = sum / n;
  }
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const dy = (Math.floor(i / 12) - Math.floor(j / 12) + 12) % 12;
      const dx = ((i % 12) - (j % 12) + 12) % 12;
      out[i * n + j] = lag[dy * 12 + dx]! + (i === j ? world.known.sigma ** 2 : 0);
    }
  }
  return out;
}

describe("closed forms", () => {
  it("white noise: d' = ‖s‖/σ for NPW and Hotelling, in the Fourier domain and by matrix", () => {
    const { signal, sigma, powerSpectrum } = white.known;
    const bound = whiteNoiseDetectability(signal, sigma);
    const task = { signal, sigma, powerSpectrum, shape: [12, 12] };
    expect(hotellingFourier(task).detectability / bound).toBeCloseTo(1, 12);
    expect(fourierDetectability(signal, task) / bound).toBeCloseTo(1, 12);
    expect(hotellingFourier(task).auc).toBeCloseTo(normalCdf(bound / Math.SQRT2), 12);
  });

  it("stationary Gaussian background: Fourier and matrix forms of sᵀK⁻¹s agree, and no template does better", () => {
    const { signal, sigma, powerSpectrum } = textured.known;
    const task = { signal, sigma, powerSpectrum, shape: [12, 12] };
    const k = covarianceMatrix(textured);
    const solved = solveSymmetric(k, signal);
    if (solved.status !== "ok") throw new Error(solved.cause);
    const d2 = solved.x.reduce((s, v, i) => s + v * signal[i]!, 0);
    const population = hotellingFourier(task);
    expect(population.detectability ** 2 / d2).toBeCloseTo(1, 10);
    expect(solved.residual).toBeLessThan(1e-12);
    expect(templateDetectability(solved.x, { signal, covariance: k }) ** 2 / d2).toBeCloseTo(1, 10);
    expect(fourierDetectability(signal, task)).toBeLessThan(population.detectability);
    const s = streamOf(1, "other templates");
    for (let n = 0; n < 20; n++) {
      expect(fourierDetectability(s.normals(144), task)).toBeLessThan(population.detectability);
    }
  });

  it("refuses a singular spectrum with its remedy", () => {
    expect(() =>
      hotellingFourier({ signal: [1, 0, 0, 0], powerSpectrum: [0, 1, 1, 1], sigma: 0 }),
    ).toThrow(/add white noise/);
  });
});

describe("sampled AUC against closed forms", () => {
  const test = (world: typeof white) => ({
    present: world.draw(600, { present: true, label: "test" }),
    absent: world.draw(600, { present: false, label: "test" }),
  });
  const aucOf = async (t: Training, cases: ReturnType<typeof test>) => {
    const o = trained(t);
    return aucDeLong({
      present: (await o.read(cases.present)).scores,
      absent: (await o.read(cases.absent)).scores,
    });
  };
  // Estimates must lie within 4 standard errors of the closed form.
  const apart = (found: { estimate: number; standardError: number }, want: number) =>
    Math.abs(found.estimate - want) / found.standardError;

  it("white noise: NPW with known signal and the ideal observer", async () => {
    const few = {
      present: white.draw(4, { present: true, label: "train" }),
      absent: white.draw(4, { present: false, label: "train" }),
      known: white.known,
    };
    const cases = test(white);
    const want = normalCdf(whiteNoiseDetectability(white.known.signal, 2) / Math.SQRT2);
    expect(apart(await aucOf(await npw.train(few), cases), want)).toBeLessThan(4);
    expect(apart(await aucOf(await idealGaussian.train(few), cases), want)).toBeLessThan(4);
  });

  it("Gaussian background: population Hotelling = ideal = sᵀK⁻¹s, NPW below, PWMF and shrunk Hotelling between", async () => {
    const training = {
      present: textured.draw(400, { present: true, label: "train" }),
      absent: textured.draw(400, { present: false, label: "train" }),
      known: textured.known,
    };
    const cases = test(textured);
    const { signal, sigma, powerSpectrum } = textured.known;
    const task = { signal, sigma, powerSpectrum, shape: [12, 12] };
    const best = hotellingFourier(task).auc;
    expect(apart(await aucOf(await fourierHotelling.train(training), cases), best)).toBeLessThan(4);
    expect(apart(await aucOf(await idealGaussian.train(training), cases), best)).toBeLessThan(4);
    const d = fourierDetectability(signal, task);
    expect(
      apart(await aucOf(await npw.train(training), cases), normalCdf(d / Math.SQRT2)),
    ).toBeLessThan(4);
    // Templates that were learned: judged by their own d' in the population, which is exact.
    for (const [observer, p, least] of [
      [pwmf, {}, 0.97],
      [hotelling, { method: "sample" }, 0.9],
      [hotelling, { method: "shrinkage" }, 0.9],
      [hotelling, { method: "known-noise" }, 0.9],
      [hotelling, { method: "svd", cutoff: 1e-4 }, 0.9],
    ] as const) {
      const own = fourierDetectability(trained(await observer.train(training, p)).template!, task);
      expect(own / hotellingFourier(task).detectability, JSON.stringify(p)).toBeGreaterThan(least);
      expect(own).toBeLessThanOrEqual(hotellingFourier(task).detectability * (1 + 1e-12));
    }
  });

  it("gives chance on shuffled labels", async () => {
    const all = test(textured);
    const rows = new Float32Array(1200 * 144);
    rows.set(all.present.data);
    rows.set(all.absent.data, 600 * 144);
    const mixed = casesOfRows(rows, { shape: [12, 12] });
    const order = streamOf(8, "shuffle").permutation(1200);
    const part = (from: number, to: number) => chooseCases(mixed, order.subarray(from, to));
    const training = { present: part(0, 300), absent: part(300, 600) };
    const observer = trained(await hotelling.train(training));
    const found = aucDeLong({
      present: (await observer.read(part(600, 900))).scores,
      absent: (await observer.read(part(900, 1200))).scores,
    });
    expect(apart(found, 0.5)).toBeLessThan(4);
  });
});

describe("sample covariance", () => {
  const few = [
    textured.draw(20, { present: false, label: "few" }),
    textured.draw(15, { present: true, label: "few" }),
  ];
  const z = centredRows(few);
  it("solves with few images what the full matrix solves", () => {
    const options = { ridge: 0.3, gain: 0.8 };
    const found = solveRidge(z, textured.known.signal, options);
    if (found.status !== "ok") throw new Error(found.cause);
    const k = covarianceOf(z).map((v) => 0.8 * v);
    for (let i = 0; i < 144; i++) k[i * 144 + i]! += 0.3;
    const full = solveSymmetric(k, textured.known.signal);
    if (full.status !== "ok") throw new Error(full.cause);
    found.x.forEach((v, i) => expect(v).toBeCloseTo(full.x[i]!, 9));
    expect(found.residual).toBeLessThan(1e-10);
  });
  it("has the same traces and components by either route", () => {
    const s = covarianceOf(z);
    const { trace, square } = traces(z);
    expect(trace).toBeCloseTo(
      s.reduce((a, v, i) => a + (i % 145 === 0 ? v : 0), 0),
      8,
    );
    expect(square / s.reduce((a, v) => a + v * v, 0)).toBeCloseTo(1, 10);
    const { values, vectors } = principalComponents(z);
    expect(values).toHaveLength(33); // 35 rows less two class means
    const v = vectors[0]!;
    for (let i = 0; i < 144; i++) {
      let sum = 0;
      for (let j = 0; j < 144; j++) sum += s[i * 144 + j]! * v[j]!;
      expect(sum).toBeCloseTo(values[0]! * v[i]!, 8);
    }
  });
  it("shrinks fully when the covariance is white, little when there are many images", () => {
    // OAS with S = I exactly: tr S² = tr²/p, so ρ = 1.
    expect(shrinkageCoefficient({ trace: 10, square: 10, free: 20, size: 10 })).toBe(1);
    expect(shrinkageCoefficient({ trace: 10, square: 40, free: 100000, size: 10 })).toBeLessThan(
      0.001,
    );
  });
  it("with known noise-free backgrounds and few of them, comes within a few per cent of the population", async () => {
    const noiseless = gaussianWorld({
      shape: [12, 12],
      sigma: 0,
      background: 2,
      amplitude: 1.2,
      width: 1.5,
    });
    const backgrounds = noiseless.draw(1500, { present: false, label: "backgrounds" });
    const training = {
      present: few[1]!,
      absent: few[0]!,
      known: { signal: textured.known.signal, sigma: 1, backgrounds },
    };
    const o = trained(await hotelling.train(training, { method: "known-noise" }));
    const { signal, sigma, powerSpectrum } = textured.known;
    const task = { signal, sigma, powerSpectrum, shape: [12, 12] };
    expect(
      fourierDetectability(o.template!, task) / hotellingFourier(task).detectability,
    ).toBeGreaterThan(0.96);
  });
});

describe("refusals", () => {
  it("says when images are too few for the dimension", async () => {
    const training = {
      present: textured.draw(20, { present: true, label: "r" }),
      absent: textured.draw(20, { present: false, label: "r" }),
    };
    const result = await hotelling.train(training, { method: "sample" });
    expect(result).toMatchObject({
      status: "refused",
      cause: expect.stringContaining("40 training images"),
      remedy: expect.stringContaining("146"),
    });
    expect(await npw.train(training, { template: "signal" })).toMatchObject({ status: "refused" });
    expect(await hotelling.train(training, { method: "known-noise" })).toMatchObject({
      status: "refused",
      remedy: "give sigma",
    });
  });
});

describe("streaming moments", () => {
  it("equals the two-pass estimate for any batching, also far from zero", async () => {
    const absent = textured.draw(57, { present: false, label: "stream" });
    const present = textured.draw(43, { present: true, label: "stream" });
    const moments = streamingMoments(144);
    for (const [cases, step, flag] of [
      [absent, 10, false],
      [present, 7, true],
    ] as const) {
      for (let i = 0; i < cases.count; i += step) {
        await moments.add(cases.data.slice(i * 144, Math.min(cases.count, i + step) * 144), flag);
      }
    }
    const result = await moments.result();
    const direct = covarianceOf(centredRows([absent, present]));
    // float32 shifting rounds values of size 5 to 2⁻²² relative: products agree to about 1e-5.
    result.covariance.forEach((v, i) => expect(Math.abs(v - direct[i]!)).toBeLessThan(2e-5));
    expect(result.absent.count + result.present.count).toBe(100);
  });

  it("gives the unbiased d'² and a small residual", async () => {
    const { signal, sigma, powerSpectrum } = textured.known;
    const truth =
      hotellingFourier({ signal, sigma, powerSpectrum, shape: [12, 12] }).detectability ** 2;
    let sum = 0;
    const studies = 6;
    for (let k = 0; k < studies; k++) {
      const moments = streamingMoments(144);
      await moments.add(textured.draw(500, { present: false, label: `m${k}` }).data, false);
      await moments.add(textured.draw(500, { present: true, label: `m${k}` }).data, true);
      const h = hotellingOfMoments(await moments.result());
      if (h.status !== "ok") throw new Error(h.cause);
      expect(h.residual).toBeLessThan(1e-12);
      sum += h.separation / studies;
    }
    // sd of one estimate ≈ √(4 d²/250 + 2·144/250²·…) ≈ 0.25 here; mean of six: 0.1; bound 4 sd.
    expect(Math.abs(sum - truth)).toBeLessThan(0.4);
  });

  it("refuses too few images and broken values", async () => {
    const moments = streamingMoments(4);
    await expect(moments.add(Float32Array.of(1, NaN, 0, 0), true)).rejects.toThrow(/not finite/);
    await moments.add(Float32Array.of(1, 2, 0, 0), true);
    await expect(moments.result()).rejects.toThrow(/found 0 images without and 1 with/);
    await moments.add(Float32Array.of(1, 2, 0, 0, 3, 1, 1, 1), false);
    expect(hotellingOfMoments(await moments.result())).toMatchObject({
      status: "refused",
      remedy: expect.stringContaining("more than 6"),
    });
  });
});

describe("eye filter", () => {
  it("has its peak at √(α/(2c)) cycles per degree and no response to a mean", () => {
    const filter = { alpha: 1.3, c: 0.04, beta: 2, distanceMm: 500, displayPixelMm: 0.42 };
    const response = eyeResponse(filter);
    const pixelsPerDegree = (Math.PI / 180) * (500 / 0.42);
    const peak = Math.sqrt(1.3 / 0.08) / pixelsPerDegree;
    expect(response(0)).toBe(0);
    expect(response(peak)).toBeCloseTo(1, 12);
    expect(response(peak * 1.1)).toBeLessThan(1);
    expect(response(peak * 0.9)).toBeLessThan(1);
  });
  it("makes NPWE equal to NPW when it is flat, and blind to offsets when it is not", async () => {
    const training = {
      present: white.draw(3, { present: true, label: "e" }),
      absent: white.draw(3, { present: false, label: "e" }),
      known: white.known,
    };
    const flat = trained(await npwe.train(training, { alpha: 0, c: 0 })).template!;
    flat.forEach((v, i) => expect(v).toBeCloseTo(white.known.signal[i]!, 10));
    const eye = trained(await npwe.train(training)).template!;
    expect(eye.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
  });
});
