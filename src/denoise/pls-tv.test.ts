import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { plsTv } from "./pls-tv.ts";
import { plsTvSolver, solvePlsTv } from "./variation/pls-tv-problem.ts";
import { denoiseByTotalVariation } from "./total-variation.ts";

const ny = 20;
const nx = 22;
const stream = streamOf(1, "pls");
const template = Float64Array.from({ length: ny * nx }, (_, i) =>
  (Math.floor(i / nx) - 10) ** 2 + ((i % nx) - 11) ** 2 <= 4 ? 0.07 : 0,
);
const g = makeImage(
  Float32Array.from({ length: ny * nx }, (_, i) => 0.4 + template[i]! + 0.1 * stream.normal()),
  [ny, nx],
);
const statistic = (data: ArrayLike<number>) => template.reduce((s, w, i) => s + w * data[i]!, 0);
const tight = { tolerance: 1e-3, maxIterations: 100_000 };

describe("solvePlsTv", () => {
  it("is ROF at half of λ", async () => {
    const a = solvePlsTv(g, { lambda: 0.2, ...tight });
    const b = await denoiseByTotalVariation(g, { lambda: 0.1, ...tight });
    expect(a.status).toBe("ok");
    a.image.data.forEach((v, i) => expect(v).toBeCloseTo(b.image.data[i]!, 5));
  });
});

describe("solvePlsTv with a task", () => {
  it("with β = 0 is plain PLS-TV", () => {
    const a = solvePlsTv(g, { lambda: 0.2, beta: 0, template, sigma: 0.1, ...tight });
    const b = solvePlsTv(g, { lambda: 0.2, ...tight });
    a.image.data.forEach((v, i) => expect(v).toBeCloseTo(b.image.data[i]!, 6));
  });

  it("minimises its objective: no direction leads down, by an independent evaluation", () => {
    const lambda = 0.2;
    const beta = 30;
    const energy = template.reduce((s, w) => s + w * w, 0);
    const objective = (f: ArrayLike<number>) => {
      let fit = 0;
      let tv = 0;
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++) {
          const i = y * nx + x;
          fit += (g.data[i]! - f[i]!) ** 2;
          const dx = x + 1 < nx ? f[i + 1]! - f[i]! : 0;
          const dy = y + 1 < ny ? f[i + nx]! - f[i]! : 0;
          tv += Math.hypot(dx, dy);
        }
      }
      const t = statistic(g.data) - statistic(f);
      return fit + lambda * tv + (beta * t * t) / (2 * 0.01 * energy);
    };
    const found = solvePlsTv(g, { lambda, beta, template, sigma: 0.1, ...tight });
    const best = objective(found.image.data);
    const trial = streamOf(2, "directions");
    const rivals = [solvePlsTv(g, { lambda, ...tight }).image.data, g.data, template];
    for (let k = 0; k < 60; k++) rivals.push(Float32Array.from(trial.normals(ny * nx)));
    for (const rival of rivals) {
      for (const step of [1e-3, 1e-2, 0.1]) {
        for (const sign of [-1, 1]) {
          const moved = found.image.data.map((v, i) => v + sign * step * (rival[i]! - v));
          expect(objective(moved)).toBeGreaterThan(best - found.gap);
        }
      }
    }
  });

  it("moves the statistic to the noisy one as β grows, as the exact rank-one formula demands", () => {
    const wanted = statistic(g.data);
    const gaps = [0, 1, 10, 100, 1e4].map((beta) =>
      Math.abs(
        wanted -
          statistic(
            solvePlsTv(g, { lambda: 0.2, beta, template, sigma: 0.1, ...tight }).image.data,
          ),
      ),
    );
    for (let k = 1; k < gaps.length; k++) expect(gaps[k]!).toBeLessThan(gaps[k - 1]! + 1e-7);
    // At β = 1e4 the penalty holds the statistic to a thousandth of its standard deviation 0.1 ‖w‖ or so.
    expect(gaps[4]!).toBeLessThan(2e-3 * 0.1 * Math.sqrt(template.reduce((s, w) => s + w * w, 0)));
  });

  it("takes the statistic's variance for correlated noise, and refuses a missing one", () => {
    const energy = template.reduce((s, w) => s + w * w, 0);
    const a = solvePlsTv(g, { lambda: 0.2, beta: 5, template, statisticVariance: 0.01 * energy });
    const b = solvePlsTv(g, { lambda: 0.2, beta: 5, template, sigma: 0.1 });
    a.image.data.forEach((v, i) => expect(v).toBeCloseTo(b.image.data[i]!, 6));
    expect(() => solvePlsTv(g, { lambda: 0.2, beta: 5, template })).toThrow(/noise variance/);
  });

  it("reuses its arrays without memory of the image before", () => {
    const solver = plsTvSolver([ny, nx], { lambda: 0.2 });
    const other = makeImage(Float32Array.from(streamOf(3).normals(ny * nx)), [ny, nx]);
    const first = solver.solve(g).image.data;
    solver.solve(other);
    expect([...solver.solve(g).image.data]).toEqual([...first]);
    solver.release();
  });
});

describe("pls-tv", () => {
  const context = { sigma: 0.1, templates: [template] };

  it("is total variation without a template, and the task problem with one", async () => {
    const parameters = { strength: 2, beta: 30, tolerance: 2e-3, maxIterations: 100_000 };
    const plain = await plsTv.denoise(g, parameters, { sigma: 0.1 });
    const rof = solvePlsTv(g, { lambda: 0.2, ...tight }).image;
    const task = await plsTv.denoise(g, parameters, context);
    const problem = { lambda: 0.2, beta: 30, template, sigma: 0.1, ...tight };
    const exact = solvePlsTv(g, problem).image;
    const apart = (a: Float32Array, b: Float32Array) =>
      Math.sqrt(a.reduce((sum, v, i) => sum + (v - b[i]!) ** 2, 0) / a.length);
    // Both are certified to 2e-3 and 1e-3 of λ/2 = 0.1.
    expect(apart(plain.data, rof.data)).toBeLessThan(3e-4);
    expect(apart(task.data, exact.data)).toBeLessThan(3e-4);
    expect(apart(task.data, plain.data)).toBeGreaterThan(1e-3);
  });

  it("keeps more of the response with a larger weight, plane by plane", async () => {
    const stacked = makeImage(Float32Array.from([...g.data, ...g.data]), [2, ny, nx]);
    const loss = async (beta: number) => {
      const { data } = await plsTv.denoise(stacked, { beta }, context);
      expect(data.slice(ny * nx)).toEqual(data.slice(0, ny * nx));
      return Math.abs(statistic(g.data) - statistic(data.slice(0, ny * nx)));
    };
    const [none, some, much] = [await loss(0), await loss(10), await loss(1e6)];
    expect(some).toBeLessThan(0.9 * none);
    expect(much).toBeLessThan(0.01 * none);
  });

  it("refuses templates that do not fit, and more than one", async () => {
    const denoise = (templates: ArrayLike<number>[]) =>
      plsTv.denoise(g, {}, { sigma: 0.1, templates });
    await expect(denoise([[1, 2]])).rejects.toThrow(/2 pixels, wanted 20 x 22/);
    await expect(denoise([template, template])).rejects.toThrow(/2 templates, wanted one/);
    await expect(denoise([new Float32Array(ny * nx)])).rejects.toThrow(/template of zeros/);
  });
});
