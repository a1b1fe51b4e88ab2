import { describe, expect, it } from "vitest";
import { gainDb, scene, sceneVolume, withGaussianNoise } from "../../../test/denoise-scene.ts";
import { CancelledError } from "../../core/errors.ts";
import { localPca } from "../local-pca.ts";
import { wnnm } from "../wnnm.ts";
import { factorsOf, type GroupTask, shrinkBand } from "./groups.ts";
import { shrinkPlainly } from "./definition.ts";
import { streamOf } from "../../core/random.ts";
import { matchBlocksPlainly } from "../block-matching/definition.ts";

describe("factorsOf", () => {
  it("solves the weighted nuclear norm of one singular value: a fixed point of the reweighting", () => {
    const count = 90;
    const sigma = 10;
    const c = 2 * Math.SQRT2;
    const squared = Float64Array.of(9000, 9100, 60_000, 1e6, 1e8);
    const many = { rule: "weighted-nuclear-norm", c, reweightings: 200 } as const;
    const factors = factorsOf(squared, count, { sigma, shrinkage: many });
    squared.forEach((energy, i) => {
      const s = Math.sqrt(energy);
      const x = factors[i]! * s;
      // x = s − w/x has the closed form (s + √(s² − 4w))/2, and none when s² < 4w.
      const w = c * Math.sqrt(count) * sigma ** 2;
      const wanted =
        s * s < 4 * w || energy <= count * sigma ** 2 ? 0 : (s + Math.sqrt(s * s - 4 * w)) / 2;
      expect(x).toBeCloseTo(wanted, 6);
    });
  });

  it("weighs principal components by their share of signal", () => {
    const found = factorsOf(Float64Array.of(100, 400, 1600), 100, {
      sigma: 2,
      shrinkage: { rule: "wiener" },
    });
    expect([...found]).toEqual([0, 0, 0.75]);
  });
});

describe("shrinkBand", () => {
  it("equals the plain computation of one round", () => {
    const [ny, nx, n, most] = [14, 15, 4, 12];
    const stream = streamOf(4, "band");
    const current = Float32Array.from(
      { length: ny * nx },
      (_, i) => 50 * Math.sin((i % nx) / 2) + 5 * stream.normal(),
    );
    const noisy = current.map((v) => v + 3 * stream.normal());
    const pass: GroupTask["pass"] = {
      bz: 1,
      n,
      stepZ: 1,
      step: 3,
      reachZ: 0,
      reach: 4,
      most,
      sigma: 6,
      residualFactor: 0.56,
      shrinkage: { rule: "weighted-nuclear-norm", c: 2.8, reweightings: 3 },
    };
    const columns = Int32Array.of(0, 3, 6, 9, 11);
    const task: GroupTask = { pass, current, noisy, nz: 1, ny, nx, z: 0, y0: 0, rows: 4, columns };
    const found = shrinkBand(task);
    const matches = matchBlocksPlainly({
      ...task,
      ...pass,
      image: current,
      geometry: { nz: 1, ny, nx, bz: 1, n },
      limit: Infinity,
    });
    const sum = new Float64Array(ny * nx);
    for (let r = 0; r < matches.references; r++) {
      const count = matches.counts[r]!;
      const places = [...matches.places.subarray(r * most, r * most + count)];
      const offset = (i: number) => Math.floor(i / n) * nx + (i % n);
      const mean = Array.from(
        { length: n * n },
        (_, i) => places.reduce((s, at) => s + current[at + offset(i)]!, 0) / count,
      );
      const x = Float64Array.from({ length: n * n * count }, (_, k) => {
        const i = Math.floor(k / count);
        return current[places[k % count]! + offset(i)]! - mean[i]!;
      });
      let squares = 0;
      for (let i = 0; i < n * n; i++)
        squares += (noisy[places[0]! + offset(i)]! - current[places[0]! + offset(i)]!) ** 2;
      const sigma = 0.56 * Math.sqrt(Math.abs(36 - squares / (n * n)));
      const shrunk = shrinkPlainly(
        x,
        { rows: n * n, columns: count },
        (energy) =>
          factorsOf(Float64Array.of(energy), count, { sigma, shrinkage: pass.shrinkage })[0]!,
      );
      shrunk.forEach((v, k) => {
        const i = Math.floor(k / count);
        sum[places[k % count]! + offset(i)]! += v + mean[i]!;
      });
    }
    // Float32 sums of a few dozen patches of values up to 60.
    sum.forEach((v, i) => expect(Math.abs(found.sum[i]! - v)).toBeLessThan(5e-3));
  });
});

describe("localPca", () => {
  it("gains by its second stage, on planes and volumes", async () => {
    const truth = scene(40);
    const noisy = withGaussianNoise(truth, 15, 1);
    const options = { step: 4, reach: 8 };
    const first = await localPca.denoise(noisy, { ...options, stages: 1 }, { sigma: 15 });
    const second = await localPca.denoise(noisy, options, { sigma: 15 });
    expect(gainDb(truth, noisy, first)).toBeGreaterThan(4);
    expect(gainDb(truth, noisy, second)).toBeGreaterThan(gainDb(truth, noisy, first) + 0.5);
    const volume = sceneVolume(6, 16);
    const loud = withGaussianNoise(volume, 15, 2);
    const cubes = await localPca.denoise(loud, { reach: 3 }, { sigma: 15 });
    expect(gainDb(volume, loud, cubes)).toBeGreaterThan(3);
  });
});

describe("wnnm", () => {
  const truth = scene(40);
  const noisy = withGaussianNoise(truth, 15, 3);
  const quick = { rounds: 5, matches: 40, reach: 10, step: 3 };

  it("gains over rounds, and does not depend on the number of threads", async () => {
    const one = await wnnm.denoise(noisy, { ...quick, rounds: 1 }, { sigma: 15 });
    const many = await wnnm.denoise(noisy, quick, { sigma: 15 });
    expect(gainDb(truth, noisy, many)).toBeGreaterThan(gainDb(truth, noisy, one) + 0.5);
    expect(gainDb(truth, noisy, many)).toBeGreaterThan(4);
    const threads = await wnnm.denoise(noisy, quick, { sigma: 15, threads: 2 });
    expect([...threads.data]).toEqual([...many.data]);
  });

  it("stops when cancelled within a round", async () => {
    const control = new AbortController();
    const work = wnnm.denoise(noisy, quick, {
      sigma: 15,
      signal: control.signal,
      onProgress: () => control.abort(),
    });
    await expect(work).rejects.toThrow(CancelledError);
  });
});
