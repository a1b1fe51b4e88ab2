import { describe, expect, it } from "vitest";
import { gainDb, withGaussianNoise } from "../../test/denoise-scene.ts";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { totalGeneralisedVariation } from "./total-generalised-variation.ts";
import { totalVariation } from "./total-variation.ts";
import { solveTgv, tgvValue, tgvWorkspace } from "./variation/tgv-solver.ts";
import { type TgvShape, tgvWorkspaceInScript } from "./variation/tgv-steps.ts";

describe("tgv steps", () => {
  it.each<TgvShape>([
    { nz: 1, ny: 5, nx: 7 },
    { nz: 1, ny: 6, nx: 1 },
    { nz: 1, ny: 1, nx: 9 },
    { nz: 1, ny: 9, nx: 21 },
    { nz: 4, ny: 5, nx: 6 },
    { nz: 3, ny: 4, nx: 18 },
    { nz: 2, ny: 3, nx: 3 },
  ])("the kernel equals the definition bit for bit: %j", (shape) => {
    const size = shape.nz * shape.ny * shape.nx;
    const f = Float32Array.from(streamOf(4, "tgv-steps", size).normals(size));
    const script = tgvWorkspaceInScript(shape);
    const kernel = tgvWorkspace(shape);
    const weights = shape.nz > 1 ? [1, 0.8, 0.3] : [1, 0.8];
    const sizes = { step: 0.21, first: 0.4, second: 0.3, weights };
    for (const work of [script, kernel]) {
      for (const part of [work.f, work.u, work.uBar]) part.set(f);
      for (let k = 0; k < 12; k++) work.step(sizes);
    }
    for (const name of ["u", "uBar", "w", "wBar", "p", "q"] as const) {
      expect([...kernel[name]], name).toEqual([...script[name]]);
    }
    const wanted = script.sums(sizes);
    const found = kernel.sums(sizes);
    for (const name of ["primal", "inner", "squares", "largest", "radius"] as const) {
      // Float64 sums of terms of order one, in another order.
      expect(Math.abs(found[name] - wanted[name]), name).toBeLessThan(1e-12 * size);
    }
  });
});

describe("solveTgv", () => {
  it.each([
    { nz: 1, ny: 9, nx: 11 },
    { nz: 4, ny: 5, nx: 6 },
  ])("leaves an affine image alone, to the border: %j", (shape) => {
    const { nz, ny, nx } = shape;
    const f = Float64Array.from({ length: nz * ny * nx }, (_, i) => {
      const z = Math.floor(i / (ny * nx));
      return 3 + 0.5 * (i % nx) - 0.25 * (Math.floor(i / nx) % ny) + 0.75 * z;
    });
    const { u, status } = solveTgv(f, {
      shape,
      first: 1,
      second: 2,
      tolerance: 1e-3,
      maxIterations: 20_000,
    });
    expect(status).toBe("ok");
    // The certificate: RMS below the tolerance times α₁.
    const squares = f.reduce((s, v, i) => s + (u[i]! - v) ** 2, 0);
    expect(Math.sqrt(squares / f.length)).toBeLessThan(1e-3);
  });

  it("closes the gap: no nearby point is better than the certificate allows", () => {
    const shape = { nz: 1, ny: 8, nx: 9 };
    const stream = streamOf(2, "tgv");
    const f = Float64Array.from(
      { length: 72 },
      (_, i) => (i % 9 > 4 ? 1 : 0) + 0.1 * (i % 9) + 0.3 * stream.normal(),
    );
    const workspace = tgvWorkspace(shape);
    const found = solveTgv(f, {
      shape,
      first: 0.3,
      second: 0.6,
      tolerance: 0.02,
      maxIterations: 50_000,
      workspace,
    });
    expect(found.status).toBe("ok");
    const sizes = { shape, first: 0.3, second: 0.6 };
    const value = tgvValue(workspace, sizes);
    const { u, w } = workspace;
    for (let k = 0; k < 200; k++) {
      const size = 10 ** -(1 + 3 * stream.uniform());
      const moved = {
        u: u.map((v) => v + size * stream.normal()),
        w: w.map((v) => v + size * stream.normal()),
      };
      expect(tgvValue({ f: workspace.f, ...moved }, sizes)).toBeGreaterThan(value - found.gap);
    }
  });

  it("with a prohibitive price on slopes' changes agrees with the best affine fit plus nothing else", () => {
    const shape = { nz: 1, ny: 10, nx: 10 };
    const stream = streamOf(3, "affine-fit");
    const f = Float64Array.from({ length: 100 }, (_, i) => 0.3 * (i % 10) + 0.1 * stream.normal());
    const { u } = solveTgv(f, {
      shape,
      first: 50,
      second: 500,
      tolerance: 5e-4,
      maxIterations: 5000,
    });
    // Least-squares plane by the normal equations of centred coordinates (they are orthogonal on the grid).
    const mean = f.reduce((s, v) => s + v, 0) / 100;
    let gx = 0;
    let gy = 0;
    for (let i = 0; i < 100; i++) {
      gx += (f[i]! * ((i % 10) - 4.5)) / 825;
      gy += (f[i]! * (Math.floor(i / 10) - 4.5)) / 825;
    }
    for (let i = 0; i < 100; i++) {
      const plane = mean + gx * ((i % 10) - 4.5) + gy * (Math.floor(i / 10) - 4.5);
      expect(Math.abs(u[i]! - plane)).toBeLessThan(0.02);
    }
  });
});

describe("totalGeneralisedVariation", () => {
  it("beats total variation where the object is shaded", async () => {
    const truth = makeImage(
      Float32Array.from({ length: 40 * 40 }, (_, i) => {
        const [y, x] = [Math.floor(i / 40), i % 40];
        const inside = (x - 20) ** 2 + (y - 20) ** 2 < 150;
        return inside ? 40 + 3 * x : 20 + 2 * y;
      }),
      [40, 40],
    );
    const noisy = withGaussianNoise(truth, 12, 4);
    const tv = await totalVariation.denoise(noisy, {}, { sigma: 12 });
    const tgv = await totalGeneralisedVariation.denoise(noisy, {}, { sigma: 12 });
    expect(gainDb(truth, noisy, tgv)).toBeGreaterThan(gainDb(truth, noisy, tv) + 1);
  });
});
