import { describe, expect, it } from "vitest";
import { scene, withGaussianNoise } from "../../test/denoise-scene.ts";
import { makeImage, withData } from "../core/image.ts";
import { jointBilateral } from "./joint-bilateral.ts";

describe("joint bilateral filter with a guide", () => {
  const [ny, nx] = [24, 20];
  const noisy = withGaussianNoise(scene(ny, nx), 10, 2);

  /** Σ w v / Σ w with the spatial weight alone, mirrored borders. */
  function spatialMean(values: Float32Array, spatial: number): Float32Array {
    const r = Math.ceil(3 * spatial);
    const fold = (i: number, n: number) => (i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i);
    return values.map((_, i) => {
      let [sum, all] = [0, 0];
      for (let dy = -r; dy <= r; dy++) {
        for (let dx = -r; dx <= r; dx++) {
          const w = Math.exp(-(dy * dy + dx * dx) / (2 * spatial * spatial));
          const y = fold(Math.floor(i / nx) + dy, ny);
          sum += w * values[y * nx + fold((i % nx) + dx, nx)]!;
          all += w;
        }
      }
      return sum / all;
    });
  }

  it.each([0, 7, -1024, 1e-30])("of the one value %d smooths by distance alone", async (value) => {
    const guide = withData(noisy, new Float32Array(ny * nx).fill(value));
    const { data } = await jointBilateral.denoise(noisy, { spatial: 1.5 }, { sigma: 10, guide });
    const wanted = spatialMean(noisy.data, 1.5);
    for (let i = 0; i < data.length; i++) {
      // The kernel's table of exponentials is good to 1e-5 of the range of 250.
      expect(Math.abs(data[i]! - wanted[i]!)).toBeLessThan(2.5e-3);
    }
  });

  it("without noise averages within its steps and never across them", async () => {
    const half = makeImage(
      Float32Array.from({ length: ny * nx }, (_, i) => (i % nx < nx / 2 ? 0 : 100)),
      [ny, nx],
    );
    const { data } = await jointBilateral.denoise(noisy, {}, { sigma: 10, guide: half });
    // The left half does not know of the right one.
    const changed = withData(
      noisy,
      noisy.data.map((v, i) => (i % nx < nx / 2 ? v : v + 500)),
    );
    const other = await jointBilateral.denoise(changed, {}, { sigma: 10, guide: half });
    const left = (values: Float32Array) => values.filter((_, i) => i % nx < nx / 2);
    expect(left(other.data)).toEqual(left(data));
  });
});
