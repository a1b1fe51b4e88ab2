import { describe, expect, it } from "vitest";
import { gaussianWorld } from "../../test/worlds/gaussian-world.ts";
import { streamOf } from "../core/random.ts";
import { binaryTexture, binaryTexturePopulation } from "../phantoms/binary-texture.ts";
import { fourierDetectability, hotellingFourier } from "./fourier-template.ts";
import { hotellingOfMoments, streamingMoments } from "./moments.ts";

describe("sample Hotelling observer", () => {
  it("has the efficiency of theory for Gaussian images and a known signal: mean (f − p + 2)/(f + 1)", async () => {
    const shape = [6, 6];
    const world = gaussianWorld({ shape, sigma: 1, background: 1.5, amplitude: 1, width: 1.2 });
    const { signal, sigma, powerSpectrum } = world.known;
    const task = { signal, sigma, powerSpectrum, shape };
    const best = hotellingFourier(task).detectability;
    const p = 36;
    const f = 98;
    const studies = 40;
    let sum = 0;
    for (let k = 0; k < studies; k++) {
      const moments = streamingMoments(p);
      await moments.add(world.draw(50, { present: false, label: `c${k}` }).data, false);
      await moments.add(world.draw(50, { present: true, label: `c${k}` }).data, true);
      const h = hotellingOfMoments(await moments.result(), { signal });
      if (h.status !== "ok") throw new Error(h.cause);
      sum += (fourierDetectability(h.template, task) / best) ** 2 / studies;
    }
    // Efficiency ~ Beta((f−p+2)/2, (p−1)/2): mean 0.6465, sd 0.048; of a mean of 40: 0.0076; bound 4 sd.
    expect(Math.abs(sum - (f - p + 2) / (f + 1))).toBeLessThan(0.031);
  });

  it("converges to the Fourier-domain population value on the binary texture", async () => {
    const size = 12;
    const population = binaryTexturePopulation({ size });
    const signal = Float64Array.from({ length: size * size }, (_, i) =>
      Math.hypot((i % size) - 6, Math.floor(i / size) - 6) <= 2 ? 0.07 : 0,
    );
    const task = { signal, powerSpectrum: population.spectrum, sigma: 0.1, shape: [size, size] };
    const best = hotellingFourier(task).detectability;
    const p = size * size;
    const efficiency: number[] = [];
    for (const images of [2 * p, 8 * p, 40 * p]) {
      const moments = streamingMoments(p);
      for (const present of [false, true]) {
        const rows = new Float32Array((images / 2) * p);
        for (let k = 0; k < images / 2; k++) {
          const s = streamOf(7, "convergence", images, present ? 1 : 0, k);
          const { data } = binaryTexture.draw(s.child("b"), { size }).image;
          for (let i = 0; i < p; i++)
            rows[k * p + i] = data[i]! + 0.1 * s.normal() + (present ? signal[i]! : 0);
        }
        await moments.add(rows, present);
      }
      const h = hotellingOfMoments(await moments.result(), { signal });
      if (h.status !== "ok") throw new Error(h.cause);
      efficiency.push((fourierDetectability(h.template, task) / best) ** 2);
    }
    // Gaussian theory gives 0.50, 0.88, 0.975; the texture is not Gaussian, so the bounds are wide.
    expect(efficiency[0]!).toBeLessThan(efficiency[1]!);
    expect(efficiency[1]!).toBeLessThan(efficiency[2]!);
    expect(Math.abs(efficiency[1]! - 0.876)).toBeLessThan(0.06);
    expect(efficiency[2]!).toBeGreaterThan(0.95);
    expect(efficiency[2]!).toBeLessThanOrEqual(1 + 1e-12);
  });
});
