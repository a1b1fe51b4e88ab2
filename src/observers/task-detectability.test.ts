import { describe, expect, it } from "vitest";
import { InputError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { casesOfRows } from "./cases.ts";
import { contrastKept } from "./contrast-kept.ts";
import { eyeResponse } from "./eye-filter.ts";
import { taskDetectability, taskSpectrum } from "./task-detectability.ts";

const grid = (value: (f: number) => number, top = 2) => {
  const x = Float64Array.from({ length: 2001 }, (_, i) => (i * top) / 2000);
  return { x, y: x.map(value) };
};
const one = grid(() => 1);
const half = 2 * Math.sqrt(2 * Math.log(2));

describe("taskDetectability", () => {
  it("of a Gaussian task in Gaussian blur and white or coloured noise has a closed form", () => {
    // |W T|² = (2π s² C)² exp(−4π²(s² + b²) f²); ∫ exp(−k f²) 2π f df = π/k.
    const [s, b, c, n0] = [1.5, 0.4, 20, 60];
    const task = { shape: "gaussian", diameterMm: s * half, contrast: c } as const;
    const transfer = grid((f) => Math.exp(-2 * (Math.PI * b * f) ** 2));
    const energy = (2 * Math.PI * s * s * c) ** 2;
    const k = 4 * Math.PI ** 2 * (s * s + b * b);
    const white = Math.sqrt((energy * Math.PI) / k / n0);
    for (const observer of ["npw", "ideal"] as const) {
      const found = taskDetectability(task, { noise: grid(() => n0), transfer, observer });
      expect(found / white).toBeCloseTo(1, 5);
    }
    // N = n0 exp(−a f²): NPW and ideal part.
    const a = 8;
    const noise = grid((f) => n0 * Math.exp(-a * f * f));
    const npw = ((energy * Math.PI) / k) ** 2 / ((energy * n0 * Math.PI) / (k + a));
    const ideal = (energy * Math.PI) / (n0 * (k - a));
    expect(taskDetectability(task, { noise, transfer }) ** 2 / npw).toBeCloseTo(1, 4);
    const found = taskDetectability(task, { noise, transfer, observer: "ideal" });
    expect(found ** 2 / ideal).toBeCloseTo(1, 4);
    expect(ideal).toBeGreaterThan(npw);
  });

  it("of a disk in white noise is its energy over the noise power (Parseval)", () => {
    const task = { shape: "disk", diameterMm: 5, contrast: 10 } as const;
    const [noise, transfer] = [grid(() => 40, 20), grid(() => 1, 20)];
    // The sharp edge's spectrum falls slowly: 0.2 % of the energy lies above 20/mm.
    const want = Math.sqrt((100 * Math.PI * 2.5 ** 2) / 40);
    expect(Math.abs(taskDetectability(task, { noise, transfer }) / want - 1)).toBeLessThan(0.003);
    expect(taskSpectrum(task, 0)).toBeCloseTo(10 * Math.PI * 2.5 ** 2, 8);
    // The first zero of J₁ is 3.8317.
    expect(taskSpectrum(task, 3.8317059702 / (Math.PI * 5))).toBeCloseTo(0, 6);
  });

  it("with an eye filter is the sum over a plane of frequencies", () => {
    const task = { shape: "gaussian", diameterMm: 4, contrast: 15 } as const;
    const eye = { alpha: 1.3, beta: 2, c: 0.04, distanceMm: 500, displayPixelMm: 0.42 };
    const noise = grid((f) => 30 + 200 * f * Math.exp(-6 * f));
    const pixelMm = 0.6;
    const e = eyeResponse(eye);
    let [up, down] = [0, 0];
    const step = 0.004;
    for (let u = -1; u <= 1; u += step) {
      for (let v = -1; v <= 1; v += step) {
        const f = Math.hypot(u, v);
        const seen = taskSpectrum(task, f) ** 2;
        up += seen * e(f * pixelMm) ** 2 * step * step;
        down += seen * (30 + 200 * f * Math.exp(-6 * f)) * e(f * pixelMm) ** 4 * step * step;
      }
    }
    const found = taskDetectability(task, { noise, transfer: one, eye, pixelMm });
    expect(Math.abs(found / (up / Math.sqrt(down)) - 1)).toBeLessThan(2e-3);
    expect(() => taskDetectability(task, { noise, transfer: one, eye })).toThrow(
      /wanted their side/,
    );
    expect(() => taskDetectability(task, { noise: { x: [0], y: [1] }, transfer: one })).toThrow(
      InputError,
    );
  });
});

describe("contrastKept", () => {
  const size = 25;
  const signal = Float64Array.from({ length: size }, (_, i) => (i % 6 === 0 ? 1 : 0));
  const draw = (seed: number, n: number, strength: number) => {
    const s = streamOf(seed, "kept");
    const rows = (add: number) =>
      Float32Array.from({ length: n * size }, (_, i) => s.normal() + add * signal[i % size]!);
    return { present: rows(strength), absent: rows(0) };
  };
  const cases = (rows: Float32Array) => casesOfRows(rows, { shape: [5, 5], unit: "normalised" });
  const both = (of: { present: Float32Array; absent: Float32Array }) => ({
    present: cases(of.present),
    absent: cases(of.absent),
  });

  it("is the factor of a gain, without any doubt, and 1 for an offset", () => {
    const before = draw(1, 40, 1);
    const map = (f: (v: number) => number) => ({
      present: before.present.map(f),
      absent: before.absent.map(f),
    });
    const scaled = contrastKept(signal, { before: both(before), after: both(map((v) => v / 2)) });
    expect(scaled).toMatchObject({ status: "ok", estimate: expect.closeTo(0.5, 6) });
    expect(scaled.interval.lower).toBeCloseTo(0.5, 3);
    expect(scaled.interval.upper).toBeCloseTo(0.5, 3);
    const moved = contrastKept(signal, { before: both(before), after: both(map((v) => v + 4)) });
    expect(moved.estimate).toBeCloseTo(1, 4);
  });

  it("has an interval that covers, and none where the signal is not clear", () => {
    let held = 0;
    const studies = 300;
    for (let k = 0; k < studies; k++) {
      const before = draw(100 + k, 25, 0.8);
      // Keeps 60 % of everything and adds noise of its own.
      const s = streamOf(k, "own");
      const after = {
        present: before.present.map((v) => 0.6 * v + 0.3 * s.normal()),
        absent: before.absent.map((v) => 0.6 * v + 0.3 * s.normal()),
      };
      const { interval } = contrastKept(signal, { before: both(before), after: both(after) });
      if (interval.lower <= 0.6 && 0.6 <= interval.upper) held++;
    }
    // 95 % of 300, four standard errors about it.
    expect(held / studies).toBeGreaterThan(0.9);
    const none = both(draw(2, 10, 0));
    expect(contrastKept(signal, { before: none, after: none })).toMatchObject({
      status: "constant-scores",
      interval: { lower: NaN },
    });
    expect(() => contrastKept(signal.slice(1), { before: none, after: none })).toThrow(InputError);
  });
});
