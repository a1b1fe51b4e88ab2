/** Local filters and diffusions against their formulas, evaluated pixel by pixel. */
import { describe, expect, it } from "vitest";
import { scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { type Image, makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { adaptiveMedian } from "./adaptive-median.ts";
import { mirrored } from "./blocks.ts";
import { coherenceEnhancingDiffusion } from "./coherence-enhancing-diffusion.ts";
import { frost } from "./frost.ts";
import { kuan } from "./kuan.ts";
import { lee } from "./lee.ts";
import { median } from "./median.ts";
import { peronaMalik } from "./perona-malik.ts";
import { srad } from "./srad.ts";
import { sureThreshold } from "./wavelet-shrinkage.ts";
import { wiener } from "./wiener.ts";

/** Values of the mirrored window around every pixel, with the steps. */
function eachWindow(
  image: Image,
  r: number,
  value: (window: number[], own: number, distances: number[]) => number,
): number[] {
  const [nx = 1, ny = 1, nz = 1] = [...image.shape].reverse();
  const rz = nz > 1 ? r : 0;
  const out: number[] = [];
  for (let z = 0; z < nz; z++) {
    for (let y = 0; y < ny; y++) {
      for (let x = 0; x < nx; x++) {
        const window: number[] = [];
        const distances: number[] = [];
        for (let dz = -rz; dz <= rz; dz++) {
          for (let dy = -r; dy <= r; dy++) {
            for (let dx = -r; dx <= r; dx++) {
              const row = mirrored(z + dz, nz) * ny + mirrored(y + dy, ny);
              window.push(image.data[row * nx + mirrored(x + dx, nx)]!);
              distances.push(Math.hypot(dz, dy, dx));
            }
          }
        }
        out.push(value(window, image.data[(z * ny + y) * nx + x]!, distances));
      }
    }
  }
  return out;
}

function moments(window: readonly number[]): { m: number; v: number } {
  const m = window.reduce((s, w) => s + w, 0) / window.length;
  return { m, v: window.reduce((s, w) => s + (w - m) ** 2, 0) / window.length };
}

function worst(a: Float32Array, b: readonly number[]): number {
  return a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i]!)), 0);
}

const images: [string, Image][] = [
  ["plane", withGaussianNoise(scene(19, 23), 8, 1)],
  ["volume", withGaussianNoise(sceneVolume(4, 9, 8), 8, 2)],
];

describe.each(images)("on a %s", (_, image) => {
  const positive = withData(
    image,
    image.data.map((v) => Math.abs(v) + 1),
  );

  it("median is the middle of the sorted window", async () => {
    const result = await median.denoise(image, { radius: 1 });
    const want = eachWindow(image, 1, (w) => w.sort((a, b) => a - b)[w.length >> 1]!);
    expect(worst(result.data, want)).toBe(0);
  });

  it("Wiener, Lee, Kuan and Frost follow their formulas", async () => {
    const c = 0.15;
    const [a, b, k, f] = await Promise.all([
      wiener.denoise(image, {}, { sigma: 8 }),
      lee.denoise(positive, {}, { sigma: c }),
      kuan.denoise(positive, {}, { sigma: c }),
      frost.denoise(positive, { damping: 0.7 }, { sigma: c }),
    ]);
    const wienerWant = eachWindow(image, 2, (w, y) => {
      const { m, v } = moments(w);
      return m + (Math.max(v - 64, 0) / Math.max(v, 64)) * (y - m);
    });
    const leeWant = eachWindow(positive, 2, (w, y) => {
      const { m, v } = moments(w);
      const q = Math.max(0, v - m * m * c * c) / (1 + c * c);
      return m + (q / (q + m * m * c * c)) * (y - m);
    });
    const kuanWant = eachWindow(positive, 2, (w, y) => {
      const { m, v } = moments(w);
      return m + (Math.max(0, 1 - (c * c * m * m) / v) / (1 + c * c)) * (y - m);
    });
    const frostWant = eachWindow(positive, 2, (w, _y, distances) => {
      const { m, v } = moments(w);
      const weights = distances.map((r) => Math.exp((-0.7 * v * r) / (m * c) ** 2));
      const all = weights.reduce((s, x) => s + x, 0);
      return w.reduce((s, x, i) => s + x * weights[i]!, 0) / all;
    });
    // Values to 200 stored in float32.
    expect(worst(a.data, wienerWant)).toBeLessThan(1e-4);
    expect(worst(b.data, leeWant)).toBeLessThan(1e-4);
    expect(worst(k.data, kuanWant)).toBeLessThan(1e-4);
    expect(worst(f.data, frostWant)).toBeLessThan(1e-4);
  });

  it("diffusions keep the mean", async () => {
    const mean = (i: Image) => i.data.reduce((s, v) => s + v / i.data.length, 0);
    const results = await Promise.all([
      peronaMalik.denoise(image, { iterations: 20 }, { sigma: 8 }),
      srad.denoise(positive, { iterations: 20 }, { sigma: 0.2 }),
      coherenceEnhancingDiffusion.denoise(image, { iterations: 20 }, { sigma: 8 }),
    ]);
    expect(mean(results[0])).toBeCloseTo(mean(image), 3);
    expect(mean(results[1])).toBeCloseTo(mean(positive), 3);
    expect(mean(results[2])).toBeCloseTo(mean(image), 3);
  });
});

describe("Perona–Malik", () => {
  it("makes the step of its formula, and removes σ² when left alone", async () => {
    const image = makeImage(Float32Array.of(0, 0, 0, 0, 10, 0, 0, 0, 4), [3, 3]);
    const given = { iterations: 1, smoothing: 0, kappa: 2 };
    const { data } = await peronaMalik.denoise(image, given, { sigma: 3 });
    const flow = (d: number) => (0.9 / 4) * Math.exp(-((d / 6) ** 2)) * d;
    expect(data[4]).toBeCloseTo(10 + 4 * flow(-10), 5);
    expect(data[1]).toBeCloseTo(flow(10), 5);
    expect(data[8]).toBeCloseTo(4 + 2 * flow(-4), 5);
    const noisy = withGaussianNoise(scene(64), 10, 3);
    const result = await peronaMalik.denoise(noisy, {}, { sigma: 10 });
    let removed = 0;
    for (let i = 0; i < 4096; i++) removed += (noisy.data[i]! - result.data[i]!) ** 2 / 4096;
    expect(removed).toBeCloseTo(100, 2);
  });
});

describe("adaptive median", () => {
  it("restores salt and pepper to 40 % and keeps clean pixels", async () => {
    const truth = scene(96);
    for (const density of [0.1, 0.2, 0.4]) {
      const stream = streamOf(3, "impulses");
      const hit = Array.from(truth.data, () => stream.uniform() < density);
      const noisy = withData(
        truth,
        truth.data.map((v, i) => (hit[i] ? (stream.uniform() < 0.5 ? 0 : 255) : v)),
      );
      const { data } = await adaptiveMedian.denoise(noisy);
      let [left, changed, clean] = [0, 0, 0];
      data.forEach((v, i) => {
        if (v === 0 || v === 255) left++;
        if (!hit[i]) {
          clean++;
          if (v !== truth.data[i]) changed++;
        }
      });
      expect(left).toBe(0);
      // Clean pixels that are the extreme of a clean window: fewer the more impulses stand beside them.
      expect(changed / clean).toBeLessThan(0.25);
    }
  });
});

describe("adaptive median at the border", () => {
  const n = 24;
  const slope = (z: number, y: number, x: number) => 50 + 3 * x - 2 * y + 5 * z;
  const ramp = (nz: number) =>
    Float32Array.from({ length: nz * n * n }, (_, i) =>
      slope(Math.floor(i / n / n), Math.floor(i / n) % n, i % n),
    );

  it.each([1, 2, 4, 9])("leaves slopes as they are, half width %d", async (largest) => {
    for (const image of [makeImage(ramp(1), [n, n]), makeImage(ramp(5), [5, n, n])]) {
      expect((await adaptiveMedian.denoise(image, { largest })).data).toEqual(image.data);
    }
  });

  it("replaces impulses in every place of it", async () => {
    for (let x = 0; x < n; x++) {
      for (const value of [-500, 500]) {
        const data = ramp(1);
        // On the first row, the last column and beside them: corners too.
        const places = [x, x * n + n - 1, n + Math.min(x, n - 3)];
        for (const place of places) data[place] = value;
        const result = await adaptiveMedian.denoise(makeImage(data, [n, n]));
        for (const place of places) {
          const [y, column] = [Math.floor(place / n), place % n];
          expect(Math.abs(result.data[place]! - slope(0, y, column))).toBeLessThan(12);
        }
      }
    }
  });
});

describe("sureThreshold", () => {
  it("minimises Stein's risk over all thresholds", () => {
    const stream = streamOf(8, "sure");
    const values = Float64Array.from({ length: 400 }, (_, i) =>
      Math.abs(stream.normal() + (i % 4 === 0 ? 4 : 0)),
    );
    const risk = (t: number) =>
      values.reduce((s, v) => s + Math.min(v, t) ** 2 - (v <= t ? 2 : 0), values.length);
    const found = sureThreshold(Float64Array.from(values));
    for (const t of [0, ...values]) {
      if (t <= Math.sqrt(2 * Math.log(400))) {
        expect(risk(found)).toBeLessThanOrEqual(risk(t) + 1e-9);
      }
    }
    const pure = sureThreshold(
      Float64Array.from({ length: 4096 }, () => Math.abs(stream.normal())),
    );
    expect(pure).toBeCloseTo(Math.sqrt(2 * Math.log(4096)), 12);
  });
});
