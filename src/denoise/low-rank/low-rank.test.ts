import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { lowRankKernel } from "../../kernels/low-rank.ts";
import { thinSvd } from "../../math/svd.ts";
import { shrinkPlainly } from "./definition.ts";

describe("lowRankKernel", () => {
  it("decomposes nearly singular groups: smooth patches that differ by a slope and rounding", () => {
    const kernel = lowRankKernel(36, 70);
    for (let seed = 0; seed < 50; seed++) {
      const stream = streamOf(seed, "smooth");
      const [a, b] = [stream.normal(), stream.normal()];
      for (let i = 0; i < kernel.x.length; i++) {
        const [r, k] = [Math.floor(i / kernel.stride), i % kernel.stride];
        kernel.x[i] = Math.fround(100 + a * r * (k % 7) + b * k) - 100;
      }
      const total = kernel.x.reduce((s, v) => s + v * v, 0);
      const trace = kernel.eigenvalues().reduce((s, v) => s + v, 0);
      expect(Math.abs(trace / total - 1)).toBeLessThan(1e-12);
    }
  });

  it.each([
    [1, 5],
    [2, 3],
    [3, 40],
    [9, 4],
    [36, 70],
    [49, 90],
    [81, 61],
  ])("equals the definition by singular values: %i rows, %i columns", (rows, columns) => {
    const stream = streamOf(1, "low-rank", rows, columns);
    const x = stream.normals(rows * columns);
    // A strong direction, and a zero row: eigenvalues of very different size, one of them zero.
    for (let c = 0; c < columns; c++) {
      x[c]! += 300;
      if (rows > 8) x[5 * columns + c] = 0;
    }
    const factor = (squared: number) => Math.max(0, 1 - columns / (squared + 1e-12));
    const wanted = shrinkPlainly(x, { rows, columns }, factor);
    const kernel = lowRankKernel(rows, columns);
    for (let round = 0; round < 2; round++) {
      kernel.x.fill(0);
      for (let r = 0; r < rows; r++) {
        kernel.x.set(x.subarray(r * columns, (r + 1) * columns), r * kernel.stride);
      }
      const values = kernel.eigenvalues();
      const { s } = thinSvd(x, { rows, columns });
      const sorted = [...values].sort((a, b) => b - a);
      // Squaring loses half of the digits of small values: absolute error ε · largest.
      s.forEach((v, i) =>
        expect(Math.abs(sorted[i]! - v * v)).toBeLessThan(1e-13 * rows * s[0]! ** 2),
      );
      kernel.reweigh(values.map(factor));
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          expect(
            Math.abs(kernel.x[r * kernel.stride + c]! - wanted[r * columns + c]!),
          ).toBeLessThan(1e-7);
        }
      }
    }
  });
});
