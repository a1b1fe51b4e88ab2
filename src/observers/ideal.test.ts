import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../test/worlds/gaussian-world.ts";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { aucDeLong } from "../stats/auc.ts";
import { casesOfRows } from "./cases.ts";
import { lumpyLogRatio } from "./ideal-lumpy.ts";
import type { Training } from "./observer.ts";
import { scanning } from "./scanning.ts";
import { signalFamily } from "./signal-family.ts";

const trained = (t: Training) => {
  if (t.status !== "ok") throw new Error(`${t.cause}; ${t.remedy}`);
  return t;
};

describe("ideal observer on a lumpy background", () => {
  const ny = 8;
  const nx = 8;
  const sigma = 1;
  const lumpy = { meanNumber: 0.4, amplitude: 2, width: 1.5, base: 10 };
  const signal = Float64Array.from(
    { length: 64 },
    (_, i) => 1.5 * Math.exp(-(((i % 8) - 4) ** 2 + (Math.floor(i / 8) - 4) ** 2) / 4),
  );
  const task = { signal, sigma, lumpy, ny, nx };
  const profile = (c: number) =>
    Float64Array.from({ length: 8 }, (_, i) => {
      let sum = 0;
      for (let k = -2; k <= 2; k++) sum += Math.exp(-((i - c + 8 * k) ** 2) / (2 * 1.5 * 1.5));
      return sum;
    });

  /** ln Λ by summing over no, one and two lumps on a half-pixel grid, prior Poisson. */
  function byGrid(g: Float64Array): number {
    const lines = Array.from({ length: 16 }, (_, k) => profile(k / 2));
    const lumps = Array.from({ length: 256 }, (_, k) =>
      Float64Array.from(
        { length: 64 },
        (_, i) =>
          lumpy.amplitude * lines[Math.floor(k / 16)]![Math.floor(i / 8)]! * lines[k % 16]![i % 8]!,
      ),
    );
    const h0: number[] = [];
    const h1: number[] = [];
    const add = (weight: number, b: (i: number) => number) => {
      let l0 = 0;
      let l1 = 0;
      for (let i = 0; i < 64; i++) {
        const r = g[i]! - lumpy.base - b(i);
        l0 -= (r * r) / 2;
        l1 -= (r - signal[i]!) ** 2 / 2;
      }
      h0.push(Math.log(weight) + l0);
      h1.push(Math.log(weight) + l1);
    };
    const n = lumpy.meanNumber;
    add(1, () => 0);
    lumps.forEach((a) => add(n / 256, (i) => a[i]!));
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) add((n * n) / 2 / 65536, (i) => lumps[a]![i]! + lumps[b]![i]!);
    }
    const logSum = (l: number[]) => {
      const top = l.reduce((m, v) => Math.max(m, v), -Infinity);
      return top + Math.log(l.reduce((s, v) => s + Math.exp(v - top), 0));
    };
    return logSum(h1) - logSum(h0);
  }

  it("agrees with a sum over backgrounds", () => {
    const s = streamOf(2, "lumpy test");
    for (let k = 0; k < 4; k++) {
      const lump = k % 2 === 1 ? [profile(8 * s.uniform()), profile(8 * s.uniform())] : undefined;
      const g = Float64Array.from(
        { length: 64 },
        (_, i) =>
          10 +
          s.normal() +
          (lump ? 2 * lump[0]![Math.floor(i / 8)]! * lump[1]![i % 8]! : 0) +
          (k >= 2 ? signal[i]! : 0),
      );
      const chain = lumpyLogRatio(g, { task, steps: 40000, burnIn: 2000, stream: streamOf(3, k) });
      // The grid leaves out three lumps and more (prior 0.8 %); chain halves differ by up to 0.1.
      expect(Math.abs(chain.logRatio - byGrid(g))).toBeLessThan(0.15);
    }
  });

  it("is the matched filter when lumps have no height", () => {
    const flat = { ...task, lumpy: { ...lumpy, amplitude: 1e-9 } };
    const g = Float64Array.from(streamOf(4, "flat").normals(64), (v) => 10 + v);
    const found = lumpyLogRatio(g, { task: flat, steps: 200, burnIn: 0, stream: streamOf(5) });
    const exact = signal.reduce((a, v, i) => a + v * (g[i]! - 10 - v / 2), 0);
    expect(found.logRatio).toBeCloseTo(exact, 6);
  });
});

describe("signal family", () => {
  const world = gaussianWorld({
    shape: [12, 12],
    sigma: 1,
    background: 1,
    amplitude: 1,
    width: 1.5,
  });
  const shifted = (dx: number) =>
    Float64Array.from(
      { length: 144 },
      (_, i) => world.known.signal[Math.floor(i / 12) * 12 + (((i % 12) - dx + 12) % 12)]!,
    );
  const training = {
    present: world.draw(5, { present: true, label: "f" }),
    absent: world.draw(5, { present: false, label: "f" }),
  };

  it("with one member is the ideal observer of a known signal", async () => {
    const one = trained(
      await signalFamily.train({
        ...training,
        known: { ...world.known, family: [{ signal: world.known.signal, prior: 1, parameter: 7 }] },
      }),
    );
    const present = await one.read(world.draw(500, { present: true, label: "t" }));
    const absent = await one.read(world.draw(500, { present: false, label: "t" }));
    // ln Λ of Gaussian data has mean ±d²/2 and variance d²: mean over 500 has sd d/√500; bound 4 sd.
    const mean = (v: Float64Array) => v.reduce((a, b) => a + b, 0) / v.length;
    const d2 = mean(present.scores) - mean(absent.scores);
    expect(Math.abs(mean(present.scores) - d2 / 2)).toBeLessThan(4 * Math.sqrt(d2 / 250));
    expect(present.estimates!.every((v) => v === 7)).toBe(true);
  });

  it("does no better than knowing, and estimates the parameter", async () => {
    const family = [-4, 0, 4].map((dx) => ({
      signal: shifted(dx).map((v) => 3 * v),
      prior: 1,
      parameter: dx,
    }));
    const o = trained(
      await signalFamily.train(
        { ...training, known: { ...world.known, family } },
        { combine: "max" },
      ),
    );
    const absent = world.draw(200, { present: false, label: "e" });
    for (const [j, dx] of [-4, 0, 4].entries()) {
      const rows = absent.data.map((v, i) => v + family[j]!.signal[i % 144]!);
      const { estimates } = await o.read(casesOfRows(rows, { shape: [12, 12] }));
      expect(estimates!.filter((e) => e === dx).length).toBeGreaterThan(190);
    }
  });
});

describe("scanning observer", () => {
  const world = gaussianWorld({
    shape: [24, 24],
    sigma: 1,
    background: 0,
    amplitude: 2.5,
    width: 1.5,
  });
  const place = Float64Array.from({ length: 400 }, () => 12);
  const training = {
    present: world.draw(200, { present: true, label: "s" }),
    absent: world.draw(200, { present: false, label: "s" }),
    known: { ...world.known, places: place },
  };

  it("with one candidate is its template at that place: AUC of the closed form", async () => {
    const known = { ...training.known, candidates: Float64Array.of(12, 12) };
    const o = trained(await scanning.train({ ...training, known }, { template: "npw", side: 13 }));
    const read = async (present: boolean) =>
      (await o.read(world.draw(500, { present, label: "t" }))).scores;
    const found = aucDeLong({ present: await read(true), absent: await read(false) });
    const d = Math.sqrt(world.known.signal.reduce((a, v) => a + v * v, 0));
    // The NPW template is learned from 200 images a class: efficiency d²/(d² + 2·169/200).
    const want = normalCdf((d * Math.sqrt((d * d) / (d * d + (2 * 169) / 200))) / Math.SQRT2);
    expect(Math.abs(found.estimate - want)).toBeLessThan(4 * found.standardError + 1e-3);
  });

  it("finds the place of a shifted signal, and loses AUC to the search", async () => {
    const o = trained(await scanning.train(training, { template: "npw", side: 11 }));
    const absent = world.draw(100, { present: false, label: "u" });
    const rows = absent.data.slice();
    for (let k = 0; k < 100; k++) {
      for (let y = 0; y < 24; y++) {
        for (let x = 0; x < 24; x++)
          rows[k * 576 + y * 24 + x]! +=
            world.known.signal[((y + 5 + 24) % 24) * 24 + ((x - 4 + 24) % 24)]!;
      }
    }
    const moved = casesOfRows(rows, { shape: [24, 24] });
    const { places, scores } = await o.read(moved);
    let near = 0;
    for (let k = 0; k < 100; k++)
      if (Math.hypot(places![2 * k]! - 16, places![2 * k + 1]! - 7) <= 2) near++;
    expect(near).toBeGreaterThan(90);
    const sum = trained(
      await scanning.train(training, { template: "npw", side: 11, combine: "sum" }),
    );
    expect((await sum.read(moved)).scores.every((v, i) => v <= scores[i]!)).toBe(true); // mean of likelihoods ≤ the largest
  });

  it("refuses without places, or when a patch leaves the image", async () => {
    expect(await scanning.train({ ...training, known: {} })).toMatchObject({
      status: "refused",
      cause: expect.stringContaining("0 places"),
    });
    const edge = { ...training, known: { places: Float64Array.from({ length: 400 }, () => 1) } };
    expect(await scanning.train(edge)).toMatchObject({
      status: "refused",
      cause: expect.stringContaining("leaves the image"),
    });
  });
});
