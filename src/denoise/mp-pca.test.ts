import { describe, expect, it } from "vitest";
import { gainDb, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { CancelledError } from "../core/errors.ts";
import { makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { symmetricEigen } from "../math/symmetric-eigen.ts";
import { denoiseByMpPca, marchenkoPasturCut } from "./mp-pca.ts";

/** Eigenvalues of X Xᵀ/columns for planted components in white noise. */
function spectrum(
  seed: number,
  options: { rows: number; columns: number; sigma: number; planted: readonly number[] },
): Float64Array {
  const { rows, columns, sigma, planted } = options;
  const stream = streamOf(seed, "spectrum");
  const x = stream.normals(rows * columns).map((v) => sigma * v);
  for (const strength of planted) {
    const a = stream.normals(rows);
    const b = stream.normals(columns);
    for (let i = 0; i < x.length; i++) {
      x[i]! += (strength * a[Math.floor(i / columns)]! * b[i % columns]!) / Math.sqrt(rows);
    }
  }
  const gram = Float64Array.from({ length: rows * rows }, (_, i) => {
    let s = 0;
    const [r, c] = [Math.floor(i / rows), i % rows];
    for (let k = 0; k < columns; k++) s += x[r * columns + k]! * x[c * columns + k]!;
    return s / columns;
  });
  return symmetricEigen(gram, rows).values;
}

describe("marchenkoPasturCut", () => {
  it("finds the number of planted components and the noise level over many draws", () => {
    const cases = [
      { rows: 20, columns: 125, sigma: 2, planted: [] },
      { rows: 30, columns: 125, sigma: 0.5, planted: [9, 5, 3] },
      { rows: 60, columns: 343, sigma: 10, planted: [200, 120, 90, 70, 60] },
    ];
    for (const c of cases) {
      let kept = 0;
      let variance = 0;
      const draws = 40;
      for (let seed = 0; seed < draws; seed++) {
        const cut = marchenkoPasturCut(spectrum(seed, c), { columns: c.columns });
        kept += cut.kept;
        variance += cut.variance / draws;
      }
      // Finite matrices place an edge eigenvalue on the wrong side now and then: within a third on average.
      expect(Math.abs(kept / draws - c.planted.length)).toBeLessThan(0.34);
      // The mean of a rows × columns noise matrix: relative sd √(2/(rows·columns·draws)) < 0.5 %, plus the
      // few per cent of an edge value counted wrongly.
      expect(Math.abs(variance / c.sigma ** 2 - 1)).toBeLessThan(0.03);
    }
  });

  it("with known σ keeps what exceeds the law's edge", () => {
    const values = spectrum(3, { rows: 30, columns: 200, sigma: 1, planted: [6, 4] });
    expect(marchenkoPasturCut(values, { columns: 200, sigma: 1 })).toMatchObject({
      kept: 2,
      variance: 1,
    });
  });
});

describe("denoiseByMpPca", () => {
  /** Decaying mixtures of three tissues: a series of low rank. */
  const [series, nz, ny, nx] = [16, 5, 20, 22] as const;
  const tissue = [sceneVolume(nz, ny, nx), sceneVolume(nz, nx, ny)];
  const size = nz * ny * nx;
  const truth = makeImage(
    Float32Array.from({ length: series * size }, (_, i) => {
      const t = Math.floor(i / size);
      const v = i % size;
      return tissue[0]!.data[v]! * Math.exp(-t / 6) + 0.5 * tissue[1]!.data[v]! * Math.exp(-t / 20);
    }),
    [series, nz, ny, nx],
    { axes: "tzyx" },
  );
  const noisy = withGaussianNoise(truth, 4, 6);

  it("removes most of the noise of a low-rank series and reports its level and rank", async () => {
    const { image, sigma, components } = await denoiseByMpPca(noisy);
    expect(gainDb(truth, noisy, image)).toBeGreaterThan(8);
    const mean = (d: Float32Array) => d.reduce((s, v) => s + v, 0) / d.length;
    expect(Math.abs(mean(sigma.data) / 4 - 1)).toBeLessThan(0.03);
    expect(mean(components.data)).toBeGreaterThan(1);
    expect(mean(components.data)).toBeLessThan(2.6);
    expect(sigma.shape).toEqual([nz, ny, nx]);
  });

  it("does not depend on the number of threads, and takes planes", async () => {
    const one = await denoiseByMpPca(noisy, { step: 3 });
    const two = await denoiseByMpPca(noisy, { step: 3 }, { threads: 2 });
    expect([...two.image.data]).toEqual([...one.image.data]);
    const planes = makeImage(noisy.data.slice(0, series * ny * nx), [series, ny, nx], {
      axes: "tyx",
    });
    const flat = await denoiseByMpPca(planes);
    expect(flat.sigma.shape).toEqual([ny, nx]);
  });

  it("leaves a series without noise as it is", async () => {
    const { image } = await denoiseByMpPca(truth, {}, { sigma: 0 });
    // Float64 eigenvectors of values up to 250, stored in float32.
    const worst = truth.data.reduce((m, v, i) => Math.max(m, Math.abs(image.data[i]! - v)), 0);
    expect(worst).toBeLessThan(1e-3);
  });

  it("keeps the promises of the contract suite: input, geometry, unit, abort, finite values", async () => {
    const small = makeImage(noisy.data.slice(0, 6 * size), [6, nz, ny, nx], {
      axes: "tzyx",
      spacing: [2, 1, 1],
    });
    const before = small.data.slice();
    const { image } = await denoiseByMpPca(small);
    expect(small.data).toEqual(before);
    expect({ ...image, data: 0 }).toEqual({ ...small, data: 0 });
    const scaled = await denoiseByMpPca(
      withData(
        small,
        small.data.map((v) => 4 * v),
      ),
    );
    const worst = scaled.image.data.reduce(
      (m, v, i) => Math.max(m, Math.abs(v / 4 - image.data[i]!)),
      0,
    );
    expect(worst).toBeLessThan(1e-3);
    const flat = await denoiseByMpPca(
      withData(
        small,
        before.map(() => 120),
      ),
    );
    expect(flat.image.data.every((v) => Math.abs(v - 120) < 1e-3)).toBe(true);
    await expect(denoiseByMpPca(small, {}, { signal: AbortSignal.abort() })).rejects.toThrow(
      CancelledError,
    );
    const bad = withData(
      small,
      before.map((v, i) => (i === 9 ? NaN : v)),
    );
    await expect(denoiseByMpPca(bad)).rejects.toThrow(/finite/);
  });

  it("refuses an image that is no series", async () => {
    await expect(denoiseByMpPca(tissue[0]!)).rejects.toThrow(/wanted a series/);
  });
});
