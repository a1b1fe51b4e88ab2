import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../../test/worlds/gaussian-world.ts";
import { fourierDetectability, hotellingFourier } from "../fourier-template.ts";
import { cho } from "../cho.ts";
import { casesOfRows } from "../cases.ts";
import type { Training } from "../observer.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import { hotelling } from "../hotelling.ts";
import { centreOf } from "./channel-set.ts";
import {
  denseGaussians,
  differenceOfGaussians,
  sparseGaussians,
} from "./difference-of-gaussians.ts";
import { gabor } from "./gabor.ts";
import { laguerre, laguerreGauss } from "./laguerre-gauss.ts";
import { partialLeastSquares } from "./partial-least-squares.ts";

const trained = (t: Training) => {
  if (t.status !== "ok") throw new Error(`${t.cause}; ${t.remedy}`);
  return t;
};

const world = gaussianWorld({ shape: [24, 24], sigma: 1, background: 2, amplitude: 1.3, width: 2 });
const { signal, sigma, powerSpectrum } = world.known;
const task = { signal, sigma, powerSpectrum, shape: [24, 24] };
const training = {
  present: world.draw(400, { present: true, label: "train" }),
  absent: world.draw(400, { present: false, label: "train" }),
  known: world.known,
};

describe("Laguerre–Gauss channels", () => {
  it("are orthonormal where the array holds them", () => {
    expect([laguerre(0, 2), laguerre(1, 2), laguerre(2, 2)]).toEqual([1, -1, -1]); // L₂(x) = 1 − 2x + x²/2
    const set = laguerreGauss([65, 65], { count: 4, width: 16, centre: [32, 32] });
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        let dot = 0;
        for (let i = 0; i < set.size; i++)
          dot += set.rows[a * set.size + i]! * set.rows[b * set.size + i]!;
        // Sampling a band-limited product on pixels is exact up to truncation at the border.
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 4);
      }
    }
  });
});

describe("Gabor and difference-of-Gaussians channels", () => {
  it("have the published numbers and centres of band", () => {
    const shape = [128, 128];
    const set = gabor(shape, {
      centre: centreOf(shape),
      lowest: 1 / 64,
      bands: 4,
      angles: 5,
      phases: [0, Math.PI / 2],
    });
    expect(set.count).toBe(40);
    expect(differenceOfGaussians(shape, { centre: centreOf(shape), ...denseGaussians }).count).toBe(
      10,
    );
    const sparse = differenceOfGaussians(shape, { centre: centreOf(shape), ...sparseGaussians });
    expect(sparse.count).toBe(3);
    // No channel responds to a mean; each is symmetric about its centre.
    for (let c = 0; c < 3; c++) {
      const row = sparse.rows.subarray(c * sparse.size, (c + 1) * sparse.size);
      expect(row.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
      expect(row[64 * 128 + 69]).toBeCloseTo(row[64 * 128 + 59]!, 12);
      expect(row[69 * 128 + 64]).toBeCloseTo(row[64 * 128 + 69]!, 12);
    }
  });
});

describe("channelised Hotelling observer", () => {
  const all: (ParameterValues & { channels: string })[] = [
    { channels: "laguerre-gauss", count: 6, width: 8 },
    { channels: "gabor", angles: 2, phases: "even" },
    { channels: "dense-gaussians" },
    { channels: "sparse-gaussians" },
    { channels: "partial-least-squares", count: 6 },
  ];
  it("never exceeds the population Hotelling observer, and good channels come near it", async () => {
    const best = hotellingFourier(task).detectability;
    const efficiency: Record<string, number> = {};
    for (const p of all) {
      const d = fourierDetectability(trained(await cho.train(training, p)).template!, task);
      expect(d).toBeLessThanOrEqual(best * (1 + 1e-12));
      efficiency[p.channels] = (d / best) ** 2;
    }
    expect(efficiency["laguerre-gauss"]).toBeGreaterThan(0.9);
  });

  it("is invariant to gain and offset of the images, up to the same affine change of every score", async () => {
    const change = (rows: Float32Array) => rows.map((v) => 4 * v + 100);
    const like = { shape: [24, 24] };
    const scaled = {
      present: casesOfRows(change(training.present.data), like),
      absent: casesOfRows(change(training.absent.data), like),
    };
    const p = { channels: "laguerre-gauss", width: 8 };
    const one = trained(await cho.train(training, p));
    const two = trained(await cho.train(scaled, p));
    const test = world.draw(40, { present: true, label: "gain" });
    const a = (await one.read(test)).scores;
    const b = (await two.read(casesOfRows(change(test.data), like))).scores;
    const slope = (b[1]! - b[0]!) / (a[1]! - a[0]!);
    // float32 rounding of values near 300 is 1.5e-5; scores sum a few hundred of them.
    a.forEach((v, i) => expect(b[i]! - b[0]! - slope * (v - a[0]!)).toBeCloseTo(0, 2));
  });

  it("is invariant to an invertible mixture of its channels", () => {
    // Hotelling weights live in the span: PLS bases of one span give one template direction.
    const few = { present: training.present, absent: training.absent };
    const set = partialLeastSquares(few, { count: 3 });
    for (let a = 0; a < 3; a++) {
      for (let b = 0; b < 3; b++) {
        let dot = 0;
        for (let i = 0; i < set.size; i++)
          dot += set.rows[a * set.size + i]! * set.rows[b * set.size + i]!;
        expect(dot).toBeCloseTo(a === b ? 1 : 0, 10);
      }
    }
  });

  it("with enough partial-least-squares channels is the sample Hotelling observer", async () => {
    const small = gaussianWorld({
      shape: [8, 8],
      sigma: 1,
      background: 1,
      amplitude: 1.3,
      width: 1.5,
    });
    const set = {
      present: small.draw(200, { present: true, label: "p" }),
      absent: small.draw(200, { present: false, label: "p" }),
    };
    const full = trained(await hotelling.train(set, { method: "sample" })).template!;
    const pls = trained(await cho.train(set, { channels: "partial-least-squares", count: 40 }))
      .template!;
    // The Krylov space of 64 values is nearly exhausted by 40 steps.
    const scale = Math.max(...full.map(Math.abs));
    full.forEach((v, i) => expect(Math.abs(pls[i]! - v) / scale).toBeLessThan(1e-3));
  });

  it("hears internal noise of the stated variance", async () => {
    const p = { channels: "laguerre-gauss", width: 8 };
    const quiet = trained(await cho.train(training, p));
    const noisy = trained(await cho.train(training, { ...p, "internal-noise": 5 }));
    expect(quiet.figures["internal noise sd"]).toBe(0);
    const test = world.draw(1, { present: false, label: "same" });
    const many = casesOfRows(
      Float32Array.from({ length: 2000 * 576 }, (_, i) => test.data[i % 576]!),
      { shape: [24, 24] },
    );
    const { scores } = await noisy.read(many, { seed: 4 });
    const mean = scores.reduce((a, b) => a + b, 0) / 2000;
    const sd = Math.sqrt(scores.reduce((a, b) => a + (b - mean) ** 2, 0) / 1999);
    // sd of an sd over 2000 values: 1.6 %; bound 4 of them.
    expect(Math.abs(sd / noisy.figures["internal noise sd"]! - 1)).toBeLessThan(0.064);
    expect((await noisy.read(many, { seed: 4 })).scores).toEqual(scores);
    expect((await noisy.read(many, { seed: 5 })).scores).not.toEqual(scores);
  });

  it("refuses more channels than images allow, and warns below ten images a channel", async () => {
    const small = {
      present: world.draw(4, { present: true, label: "s" }),
      absent: world.draw(4, { present: false, label: "s" }),
    };
    expect(await cho.train(small, { channels: "dense-gaussians" })).toMatchObject({
      status: "refused",
      remedy: expect.stringContaining("at least 14"),
    });
    const ok = trained(
      await cho.train({
        present: world.draw(10, { present: true, label: "t" }),
        absent: world.draw(10, { present: false, label: "t" }),
      }),
    );
    expect(ok.findings.map((f) => f.name)).toEqual(["few-images-for-dimension"]);
  });

  it("reads volumes, volumetric and slice by slice", async () => {
    const volume = gaussianWorld({
      shape: [5, 12, 12],
      sigma: 1,
      background: 1,
      amplitude: 1,
      width: 1.5,
    });
    const set = {
      present: volume.draw(300, { present: true, label: "v" }),
      absent: volume.draw(300, { present: false, label: "v" }),
      known: volume.known,
    };
    const truth = {
      signal: volume.known.signal,
      sigma: 1,
      powerSpectrum: volume.known.powerSpectrum,
      shape: [5, 12, 12],
    };
    const best = hotellingFourier(truth).detectability;
    for (const mode of ["volumetric", "multi-slice"]) {
      const o = trained(await cho.train(set, { volume: mode, count: 4, width: 6 }));
      expect(o.dimension).toBe(mode === "volumetric" ? 4 : 20);
      const d = fourierDetectability(o.template!, truth);
      expect(d).toBeLessThan(best);
      expect(d).toBeGreaterThan(0.7 * best);
    }
  });
});
