import { describe, expect, it } from "vitest";
import { gainDb, withGaussianNoise } from "../../test/denoise-scene.ts";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { totalGeneralisedVariation } from "./total-generalised-variation.ts";
import { totalVariation } from "./total-variation.ts";
import { solveTgv, tgvValue } from "./variation/tgv-solver.ts";

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
    f.forEach((v, i) => expect(Math.abs(u[i]! - v)).toBeLessThan(0.03));
  });

  it("closes the gap: no nearby point is better than the certificate allows", () => {
    const shape = { nz: 1, ny: 8, nx: 9 };
    const stream = streamOf(2, "tgv");
    const f = Float64Array.from(
      { length: 72 },
      (_, i) => (i % 9 > 4 ? 1 : 0) + 0.1 * (i % 9) + 0.3 * stream.normal(),
    );
    const found = solveTgv(f, {
      shape,
      first: 0.3,
      second: 0.6,
      tolerance: 0.02,
      maxIterations: 50_000,
    });
    expect(found.status).toBe("ok");
    const { u, w } = found.state;
    const value = tgvValue(f, { shape, u, w, first: 0.3, second: 0.6 });
    for (let k = 0; k < 200; k++) {
      const size = 10 ** -(1 + 3 * stream.uniform());
      const moved = {
        u: u.map((v) => v + size * stream.normal()),
        w: w.map((part) => part.map((v) => v + size * stream.normal())),
      };
      expect(tgvValue(f, { shape, ...moved, first: 0.3, second: 0.6 })).toBeGreaterThan(
        value - found.gap,
      );
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
