import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { discrepancyLambda, largestLambda } from "./discrepancy.ts";
import { solveTv, totalVariationOf, tvWorkspace } from "./solver.ts";
import { type TvShape, tvWorkspaceInScript } from "./steps.ts";

const planar = (ny: number, nx: number, channels = 1): TvShape => ({
  channels,
  nz: 1,
  ny,
  nx,
  directions: 2,
});

function objective(
  u: ArrayLike<number>,
  f: ArrayLike<number>,
  problem: { shape: TvShape; lambda: number; isotropic: boolean; weights?: readonly number[] },
): number {
  let fit = 0;
  for (let i = 0; i < f.length; i++) fit += 0.5 * (u[i]! - f[i]!) ** 2;
  return fit + problem.lambda * totalVariationOf(Float32Array.from(u), problem);
}

/**
 * Slow and unrelated to the solver: gradient descent in float64 on the smoothed objective
 * √(|Du|² + ε²), ε lowered step by step, Nesterov momentum. Planes of one channel.
 */
function bruteForce(f: Float64Array, ny: number, nx: number, lambda: number, isotropic: boolean) {
  let u = Float64Array.from(f);
  const at = (v: Float64Array, y: number, x: number) => v[y * nx + x]!;
  for (const eps of [0.1, 0.01, 1e-3, 1e-4, 1e-5]) {
    const step = 1 / (1 + (8 * lambda) / eps);
    const rounds = Math.min(60_000, Math.ceil(60 * Math.sqrt(1 / step)));
    const rate = (1 - Math.sqrt(step)) / (1 + Math.sqrt(step));
    let v = Float64Array.from(u);
    for (let k = 0; k < rounds; k++) {
      const g = new Float64Array(ny * nx);
      for (let y = 0; y < ny; y++) {
        for (let x = 0; x < nx; x++) {
          const i = y * nx + x;
          g[i]! += v[i]! - f[i]!;
          const dx = x + 1 < nx ? at(v, y, x + 1) - v[i]! : 0;
          const dy = y + 1 < ny ? at(v, y + 1, x) - v[i]! : 0;
          const joint = Math.sqrt(dx * dx + dy * dy + eps * eps);
          const cx = (lambda * dx) / (isotropic ? joint : Math.sqrt(dx * dx + eps * eps));
          const cy = (lambda * dy) / (isotropic ? joint : Math.sqrt(dy * dy + eps * eps));
          g[i]! -= cx + cy;
          if (x + 1 < nx) g[i + 1]! += cx;
          if (y + 1 < ny) g[i + nx]! += cy;
        }
      }
      const next = v.map((value, i) => value - step * g[i]!);
      v = next.map((value, i) => value + rate * (value - u[i]!));
      u = next;
    }
  }
  return u;
}

describe("tv steps", () => {
  it.each([
    [planar(5, 7), true],
    [planar(6, 1), true],
    [planar(1, 9), false],
    [planar(9, 13), false],
    [planar(4, 11, 3), true],
    [{ channels: 2, nz: 4, ny: 5, nx: 6, directions: 3 } as TvShape, true],
    [{ channels: 1, nz: 3, ny: 4, nx: 9, directions: 3 } as TvShape, false],
    [{ channels: 1, nz: 3, ny: 4, nx: 14, directions: 3 } as TvShape, true],
    [{ channels: 1, nz: 2, ny: 5, nx: 3, directions: 3 } as TvShape, true],
  ])("the kernel equals the definition bit for bit: %j, isotropic %s", (shape, isotropic) => {
    const size = shape.channels * shape.nz * shape.ny * shape.nx;
    const f = Float32Array.from(streamOf(4, "steps", size).normals(size));
    const script = tvWorkspaceInScript(shape);
    const kernel = tvWorkspace(shape);
    const weights = [1, 0.8, 0.3];
    for (const work of [script, kernel]) {
      work.f.set(f);
      for (let k = 1; k <= 12; k++) {
        work.primal("q", 0.37, weights);
        work.dual(1 / (0.37 * 8), (k - 1) / (k + 4), weights, isotropic);
      }
      work.primal("p", 0.37, weights);
    }
    expect([...kernel.u]).toEqual([...script.u]);
    expect([...kernel.p]).toEqual([...script.p]);
    expect([...kernel.q]).toEqual([...script.q]);
    // The same terms of order one, rounded to float32.
    const gap = script.gap(weights, isotropic);
    expect(Math.abs(kernel.gap(weights, isotropic) - gap)).toBeLessThan(5e-7 * size);
    // Both steps in one sweep.
    const fused = tvWorkspace(shape);
    fused.f.set(f);
    for (let k = 1; k <= 12; k++) {
      const sizes = { lambda: 0.37, step: 1 / (0.37 * 8), momentum: (k - 1) / (k + 4) };
      fused.step(sizes, weights, isotropic);
    }
    fused.primal("p", 0.37, weights);
    expect([...fused.u]).toEqual([...script.u]);
    expect([...fused.q]).toEqual([...script.q]);
  });
});

describe("solveTv", () => {
  it.each([true, false])("agrees with a brute-force convex solution, isotropic %s", (isotropic) => {
    const [ny, nx] = [6, 7];
    const f = streamOf(2, "brute").normals(ny * nx);
    const lambda = 0.3;
    const wanted = bruteForce(f, ny, nx, lambda, isotropic);
    const shape = planar(ny, nx);
    const found = solveTv(f, {
      shape,
      lambda,
      norm: isotropic ? "isotropic" : "anisotropic",
      tolerance: 1e-3,
      maxIterations: 20_000,
    });
    expect(found.status).toBe("ok");
    const problem = { shape, lambda, isotropic };
    const best = objective(wanted, f, problem);
    // The smoothing leaves an excess below λ ε times the number of differences.
    const slack = lambda * 1e-5 * 2 * ny * nx + 1e-5;
    expect(objective(found.u, f, problem)).toBeLessThan(best + found.gap + slack);
    expect(best).toBeLessThan(objective(found.u, f, problem) + slack);
    for (let i = 0; i < f.length; i++) {
      // √(2 · slack) bounds the distance of two near-minimisers; the certified bound adds little.
      expect(Math.abs(found.u[i]! - wanted[i]!)).toBeLessThan(0.02);
    }
  });

  it("finds the closed form of a disc-free problem: two half planes move together by λ · edge / area", () => {
    const shape = planar(6, 10);
    const f = Float32Array.from({ length: 60 }, (_, i) => (i % 10 < 5 ? 0 : 1));
    // Each half has 30 pixels and an edge of 6: it moves by λ·6/30 towards the other.
    const { u } = solveTv(f, { shape, lambda: 0.5, tolerance: 1e-4, maxIterations: 50_000 });
    for (let i = 0; i < 60; i++) expect(u[i]).toBeCloseTo(i % 10 < 5 ? 0.1 : 0.9, 3);
  });

  it("certifies its error: the bound is no smaller than the distance to a far better solution", () => {
    const shape = planar(24, 31);
    const stream = streamOf(7, "certified");
    const f = Float32Array.from(
      { length: 24 * 31 },
      (_, i) => (i % 31 > 14 ? 1 : 0) + 0.2 * stream.normal(),
    );
    const best = solveTv(f, { shape, lambda: 0.2, tolerance: 5e-4, maxIterations: 50_000 });
    expect(best.status).toBe("ok");
    for (const tolerance of [0.3, 0.1, 0.03]) {
      const rough = solveTv(f, { shape, lambda: 0.2, tolerance });
      let sum = 0;
      for (let i = 0; i < f.length; i++) sum += (rough.u[i]! - best.u[i]!) ** 2;
      expect(Math.sqrt(sum / f.length)).toBeLessThan(rough.rmsBound + best.rmsBound);
    }
  });

  it("couples channels: a grey image in three channels is ROF with λ / √3", () => {
    const stream = streamOf(5, "grey");
    const [ny, nx] = [12, 13];
    const grey = stream.normals(ny * nx);
    const f = new Float32Array(3 * ny * nx);
    for (let c = 0; c < 3; c++) f.set(grey, c * ny * nx);
    const joint = solveTv(f, {
      shape: planar(ny, nx, 3),
      lambda: 0.6,
      tolerance: 1e-3,
      maxIterations: 20_000,
    });
    const single = solveTv(grey, {
      shape: planar(ny, nx),
      lambda: 0.6 / Math.sqrt(3),
      tolerance: 1e-3,
      maxIterations: 20_000,
    });
    const bound = Math.sqrt(ny * nx) * 2 * (joint.rmsBound + single.rmsBound);
    for (let i = 0; i < f.length; i++) {
      expect(Math.abs(joint.u[i]! - single.u[i % (ny * nx)]!)).toBeLessThan(Math.min(bound, 0.01));
    }
  });

  it("says so when it stops early", () => {
    const f = Float32Array.from(streamOf(1).normals(400));
    const found = solveTv(f, {
      shape: planar(20, 20),
      lambda: 1,
      tolerance: 1e-4,
      maxIterations: 20,
    });
    expect(found.status).toBe("not-converged");
    expect(found.remedy).toMatch(/maxIterations/);
  });
});

describe("discrepancyLambda", () => {
  it("meets the noise level", async () => {
    const stream = streamOf(3, "discrepancy");
    const shape = planar(48, 48);
    const sigma = 7;
    const f = Float32Array.from(
      { length: 48 * 48 },
      (_, i) => (i % 48 > 20 ? 100 : 0) + sigma * stream.normal(),
    );
    const workspace = tvWorkspace(shape);
    const residual = (lambda: number) => {
      const { u } = solveTv(f, { shape, lambda, workspace, tolerance: 0.03 });
      return Math.sqrt(u.reduce((s, v, i) => s + (v - f[i]!) ** 2, 0) / f.length);
    };
    const found = await discrepancyLambda(residual, { sigma, most: 8 * sigma });
    expect(found.status).toBe("ok");
    expect(found.solves).toBeLessThan(8);
    expect(Math.abs(residual(found.lambda) / sigma - 1)).toBeLessThan(0.006);
  });

  it("ends at the largest λ allowed, at once where less is removed there than the noise", async () => {
    const limited = await discrepancyLambda((v) => Math.min(v, 0.5), { sigma: 1, most: 1 });
    expect(limited).toEqual({ lambda: 1, residual: 0.5, solves: 1, status: "limit" });
    const later = await discrepancyLambda((v) => Math.min(v / 4, 0.9), { sigma: 1, most: 3 });
    expect(later.status).toBe("limit");
    expect(later.lambda).toBe(3);
    const below = await discrepancyLambda((v) => 4 * v, { sigma: 1, most: 0.5 });
    expect(below.status).toBe("ok");
    expect(below.lambda).toBeCloseTo(0.25, 3);
  });

  it("moves a square and a cube alike by the largest λ", () => {
    // λ · perimeter / area = 4λ/w, λ · surface / volume = 6λ/w; across thick slices, differences weigh less.
    expect(4 * largestLambda(3, [1, 1])).toBe(6 * largestLambda(3, [1, 1, 1]));
    expect(largestLambda(3, [1, 1, 0])).toBe(3);
  });
});
