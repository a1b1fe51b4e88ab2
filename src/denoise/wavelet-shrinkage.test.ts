import { describe, expect, it } from "vitest";
import { scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import type { Image } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { openWavelet } from "../kernels/wavelet.ts";
import { mirrored } from "./blocks.ts";
import { waveletFilter } from "./wavelet-filters.ts";
import { sureThreshold, transformSizes, waveletShrinkage } from "./wavelet-shrinkage.ts";
import {
  bandsOf,
  eachRow,
  type Sizes3,
  waveletForward,
  waveletInverse,
} from "./wavelet-transform.ts";

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
};

describe("openWavelet", () => {
  // Widths of every remainder of the unrolled loops, and axes shorter than the filter.
  const cases: [string, Sizes3, number][] = [
    ["haar", [1, 2, 2], 1],
    ["db2", [1, 6, 4], 1],
    ["sym8", [1, 8, 8], 2],
    ["sym8", [1, 48, 88], 3],
    ["coif3", [1, 36, 44], 2],
    ["db3", [8, 12, 20], 2],
    ["sym4", [4, 40, 72], 2],
  ];
  it.each(cases)("equals the definition for %s on %j", (name, sizes, levels) => {
    const data = Float32Array.from(
      streamOf(5, name).normals(sizes[0] * sizes[1] * sizes[2]),
      (v) => 100 + 30 * v,
    );
    const filter = waveletFilter(name);
    const deep = sizes[0] > 1;
    const work = openWavelet(filter, { sizes, inner: sizes });
    const axes = deep ? ([2, 1, 0] as const) : ([2, 1] as const);
    const boxes = Array.from(
      { length: levels },
      (_, l): Sizes3 => [deep ? sizes[0] >> l : 1, sizes[1] >> l, sizes[2] >> l],
    );
    work.data.set(data);
    for (const box of boxes) for (const axis of axes) work.level(box, axis, false);
    const want = waveletForward(data, { sizes, levels, filter });
    // Float32 sums of up to 18 products for each axis and level, of values up to 100 · 2^(1.5 levels).
    const scale = 1e-6 * levels * axes.length * 200 * 2 ** ((levels * axes.length) / 2);
    expect(worst(work.data, want)).toBeLessThan(scale);
    for (const band of bandsOf(sizes, levels)) {
      let energy = 0;
      eachRow(sizes, band, (from, n) => {
        for (let i = from; i < from + n; i++) energy += work.data[i]! ** 2;
      });
      expect(work.energy(band) / energy).toBeCloseTo(1, 12);
    }
    for (const box of boxes.toReversed()) {
      for (const axis of axes.toReversed()) work.level(box, axis, true);
    }
    expect(worst(work.data, data)).toBeLessThan(scale);
    work.release();
  });
});

/** Wavelet shrinkage as the header of the file defines it, in float64. */
function plainShrinkage(
  image: Image,
  settings: {
    sigma: number;
    wavelet: string;
    threshold: string;
    rule: string;
    levels: number;
    spins: number;
    factor: number;
  },
): Float64Array {
  const { sigma, spins, factor } = settings;
  const [nz, ny, nx] = [1, ...image.shape].slice(-3) as unknown as Sizes3;
  const { sizes, levels } = transformSizes({ nz, ny, nx }, settings);
  const filter = waveletFilter(settings.wavelet);
  const total = new Float64Array(image.data.length);
  const depth = nz > 1 ? spins : 1;
  const lead = nz > 1 ? 8 : 0;
  for (let shift = 0; shift < depth * spins * spins; shift++) {
    const first = [
      lead + Math.floor(shift / spins ** 2),
      8 + (Math.floor(shift / spins) % spins),
      8 + (shift % spins),
    ];
    const from = (z: number, y: number, x: number) =>
      (mirrored(z - first[0]!, nz) * ny + mirrored(y - first[1]!, ny)) * nx +
      mirrored(x - first[2]!, nx);
    const placed = new Float64Array(sizes[0] * sizes[1] * sizes[2]);
    const each = (visit: (at: number, source: number, z: number, y: number, x: number) => void) => {
      let at = 0;
      for (let z = 0; z < sizes[0]; z++) {
        for (let y = 0; y < sizes[1]; y++) {
          for (let x = 0; x < sizes[2]; x++) visit(at++, from(z, y, x), z, y, x);
        }
      }
    };
    each((at, source) => (placed[at] = image.data[source]!));
    const c = waveletForward(placed, { sizes, levels, filter });
    for (const band of bandsOf(sizes, levels)) {
      if (band.detail === "") continue;
      const values: number[] = [];
      eachRow(sizes, band, (start, n) => values.push(...c.subarray(start, start + n)));
      const excess = values.reduce((s, v) => s + v * v, 0) / values.length - sigma ** 2;
      const threshold =
        settings.threshold === "visu"
          ? sigma * Math.sqrt(2 * Math.log(image.data.length))
          : settings.threshold === "sure"
            ? sigma * sureThreshold(Float64Array.from(values, (v) => Math.abs(v) / sigma))
            : excess > 0
              ? sigma ** 2 / Math.sqrt(excess)
              : Infinity;
      const t = factor * threshold;
      eachRow(sizes, band, (start, n) => {
        for (let i = start; i < start + n; i++) {
          const v = c[i]!;
          const kept = settings.rule === "soft" ? v - Math.sign(v) * t : v;
          c[i] = Math.abs(v) > t ? kept : 0;
        }
      });
    }
    const back = waveletInverse(c, { sizes, levels, filter });
    each((at, source, z, y, x) => {
      const inside = z >= first[0]! && z < first[0]! + nz && y >= first[1]! && y < first[1]! + ny;
      if (inside && x >= first[2]! && x < first[2]! + nx) total[source]! += back[at]!;
    });
  }
  return total.map((v) => v / (depth * spins * spins));
}

describe("waveletShrinkage", () => {
  const base = { sigma: 12, wavelet: "sym8", rule: "soft", levels: 4, factor: 1 };
  it.each([
    { ...base, threshold: "bayes", spins: 1 },
    { ...base, threshold: "sure", spins: 1, wavelet: "db2" },
    { ...base, threshold: "visu", spins: 2, wavelet: "haar", factor: 0.5 },
    { ...base, threshold: "bayes", spins: 3, wavelet: "coif2" },
  ])("equals its definition ($threshold, $wavelet, $spins spins)", async (settings) => {
    for (const truth of [scene(45, 62), sceneVolume(6, 18, 21)]) {
      const image = withGaussianNoise(truth, 12, 3);
      const { sigma, ...parameters } = settings;
      const ours = await waveletShrinkage.denoise(image, parameters, { sigma });
      const want = plainShrinkage(image, settings);
      // Float32 rounding of values up to 200 through four levels and back; soft rules are continuous.
      expect(worst(ours.data, want)).toBeLessThan(5e-3);
    }
  });

  it("hard thresholding equals its definition but for coefficients on the threshold", async () => {
    const image = withGaussianNoise(scene(64), 12, 3);
    const settings = { ...base, threshold: "visu", rule: "hard", spins: 2 };
    const { sigma, ...parameters } = settings;
    const ours = await waveletShrinkage.denoise(image, parameters, { sigma });
    const want = plainShrinkage(image, settings);
    const rms = Math.sqrt(want.reduce((s, v, i) => s + (v - ours.data[i]!) ** 2, 0) / want.length);
    expect(rms).toBeLessThan(5e-3);
  });

  it("keeps apart images that are denoised at the same time", async () => {
    const images = [scene(200), scene(120, 150)].map((one) => withGaussianNoise(one, 12, 1));
    const alone: Image[] = [];
    for (const one of images) alone.push(await waveletShrinkage.denoise(one, {}, { sigma: 12 }));
    const together = await Promise.all(
      images.map((one) => waveletShrinkage.denoise(one, { spins: 2 }, { sigma: 12 })),
    );
    together.forEach((one, i) => expect(one.data).toEqual(alone[i]!.data));
  });

  it("changes nothing at factor 0", async () => {
    const image = withGaussianNoise(scene(40), 12, 1);
    const same = await waveletShrinkage.denoise(image, { factor: 0 }, { sigma: 12 });
    expect(worst(same.data, image.data)).toBeLessThan(5e-3);
  });
});
