import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sharedData } from "../../../test/shared-data.ts";
import { type Image, makeImage, sliceOf, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { openFile } from "../../files/files.ts";
import { fftN, signedFrequency } from "../../math/fft.ts";
import { drawField } from "../../phantoms/power-law-field.ts";
import { caseSigma, noiseCase, noises, side } from "../../../test/noise-cases.ts";
import { scene, withGaussianNoise, withRicianNoise } from "../../../test/denoise-scene.ts";
import { estimateNoise } from "./estimate-noise.ts";
import { localNoise, repeatedScansNoise } from "./local-noise.ts";
import { medianOf, selectNth } from "./median.ts";
import {
  koaySigma,
  koaySnr,
  ricianBackground,
  ricianMeanFactor,
  ricianVarianceFactor,
} from "./rician.ts";

describe("medianOf", () => {
  it("agrees with sorting", () => {
    const stream = streamOf(1, "median");
    for (const n of [1, 2, 7, 8, 101]) {
      const values = Array.from({ length: n }, () => stream.integer(20));
      const sorted = [...values].sort((a, b) => a - b);
      const want = 0.5 * (sorted[(n - 1) >> 1]! + sorted[n >> 1]!);
      expect(medianOf(values)).toBe(want);
      const q = stream.integer(n);
      expect(selectNth(Float64Array.from(values), n, q)).toBe(sorted[q]);
    }
  });
});

describe("estimateNoise on white noise", () => {
  // The scene's edges and bars lift a median of coefficients by a few per cent of σ at most.
  it.each([
    ["wavelet", 2, 0.1],
    ["wavelet", 10, 0.04],
    ["wavelet", 40, 0.03],
    ["patch-pca", 2, 0.06],
    ["patch-pca", 10, 0.04],
    ["patch-pca", 40, 0.04],
    ["wavelet-sum", 40, 0.06],
    ["flat-areas", 10, 0.06],
  ] as const)("%s finds σ = %d within %d", (method, sigma, tolerance) => {
    const noisy = withGaussianNoise(scene(256), sigma, 3);
    const found = estimateNoise(noisy, { method });
    expect(found.method).toBe(method);
    expect(Math.abs(found.sigma / sigma - 1)).toBeLessThan(tolerance);
  });

  it("does not count padding, clipping or values that are not finite", () => {
    const noisy = withGaussianNoise(scene(256), 10, 4);
    const padded = withData(
      noisy,
      noisy.data.map((v, i) => {
        const y = Math.floor(i / 256) - 128;
        const x = (i % 256) - 128;
        return y * y + x * x > 90 * 90 ? -2000 : v;
      }),
    );
    const found = estimateNoise(padded);
    expect(Math.abs(found.sigma / 10 - 1)).toBeLessThan(0.05);
    expect(found.usable).toBeLessThan(0.45);
    const clipped = withData(
      noisy,
      noisy.data.map((v) => Math.max(v, 40)),
    );
    expect(Math.abs(estimateNoise(clipped).sigma / 10 - 1)).toBeLessThan(0.08);
    const holed = Float32Array.from(padded.data);
    for (let i = 0; i < 2000; i++) holed[i * 7] = NaN;
    expect(Math.abs(estimateNoise(withData(noisy, holed)).sigma / 10 - 1)).toBeLessThan(0.1);
  });

  it("gives 0 on a constant, and scales with the unit", () => {
    expect(estimateNoise(makeImage(new Float32Array(1024).fill(7), [32, 32])).sigma).toBe(0);
    const noisy = withGaussianNoise(scene(128), 5, 5);
    const scaled = withData(
      noisy,
      noisy.data.map((v) => 4 * v + 1024),
    );
    expect(estimateNoise(scaled).sigma / estimateNoise(noisy).sigma).toBeCloseTo(4, 3);
  });
});

describe("estimateNoise on correlated noise", () => {
  // White noise times |f| (1 + cos 2πf)/2: the spectrum of filtered backprojection with a Hann window,
  // scaled to a pixel standard deviation of 20.
  const n = 256;
  const { re, im } = fftN(streamOf(9).normals(n * n), new Float64Array(n * n), { shape: [n, n] });
  for (let v = 0; v < n; v++) {
    for (let u = 0; u < n; u++) {
      const f = Math.min(0.5, Math.hypot(signedFrequency(u, n) / n, signedFrequency(v, n) / n));
      const gain = f * (1 + Math.cos(2 * Math.PI * f));
      re[v * n + u]! *= gain;
      im[v * n + u]! *= gain;
    }
  }
  const field = fftN(re, im, { shape: [n, n], inverse: true }).re;
  const norm = Math.sqrt(field.reduce((s, v) => s + v * v, 0) / (n * n));
  const smooth = Float32Array.from(field, (v) => 40 + (20 * v) / norm);
  it("takes flat areas for HU and says so", () => {
    const image = makeImage(smooth, [n, n], { unit: "HU" });
    const found = estimateNoise(image);
    expect(found.method).toBe("flat-areas");
    expect(Math.abs(found.sigma / 20 - 1)).toBeLessThan(0.05);
    const sum = estimateNoise(image, { method: "wavelet-sum" });
    expect(Math.abs(sum.sigma / 20 - 1)).toBeLessThan(0.04);
    // Beside structure the mode holds where the sum over the bands does not.
    const busy = withData(
      image,
      scene(n).data.map((v, i) => v + 0.5 * (smooth[i]! - 40)),
    );
    expect(Math.abs(estimateNoise(busy).sigma / 10 - 1)).toBeLessThan(0.08);
    expect(found.notes.join()).toMatch(/correlated/);
    expect(estimateNoise(image, { method: "wavelet" }).sigma).toBeLessThan(16);
  });
});

describe("estimateNoise without a unit", () => {
  // Goals of the table in docs/denoisers.md, on a part of it; the bench has the rest.
  it.each(
    ["flat", "edges and bars", "texture f⁻³ of 3 σ", "thorax"].flatMap((background) =>
      ["white", "blurred, 0.8 px", "ramp, Hann", "zero-filled, 2"].map((noise) => ({
        background,
        noise,
      })),
    ),
  )("is within 15 % for $noise noise on $background", async ({ background, noise }) => {
    const draws = 3;
    let sum = 0;
    for (let seed = 1; seed <= draws; seed++) {
      sum += estimateNoise(await noiseCase(background, noise, seed)).sigma / draws;
    }
    // The bias of the table plus what three draws leave to chance (2 to 3 %).
    expect(Math.abs(sum / caseSigma - 1)).toBeLessThan(0.17);
  });

  it("says how wide the noise is, and what the finest band would make of it", async () => {
    const found = estimateNoise(await noiseCase("flat", "blurred, 0.8 px", 1));
    expect(found.method).toBe("flat-areas");
    expect(found.grain).toBeGreaterThan(2);
    expect(found.notes.join()).toMatch(/correlated, 2\.\d px wide/);
    const white = estimateNoise(await noiseCase("flat", "white", 1));
    expect(white.correlation).toBeLessThan(1.1);
  });

  it("is that of the patient, not of the air around", () => {
    const stream = streamOf(21, "air");
    const n = 192;
    const body = (i: number) => (Math.floor(i / n) - 96) ** 2 + ((i % n) - 96) ** 2 < 62 ** 2;
    const ct = makeImage(
      Float32Array.from({ length: n * n }, (_, i) =>
        body(i) ? 40 + 20 * stream.normal() : -1000 + 6 * stream.normal(),
      ),
      [n, n],
    );
    expect(Math.abs(estimateNoise(ct).sigma / 20 - 1)).toBeLessThan(0.05);
    const magnitude = withRicianNoise(
      makeImage(
        Float32Array.from({ length: n * n }, (_, i) => (body(i) ? 300 : 0)),
        [n, n],
      ),
      20,
      22,
    );
    for (const method of ["auto", "rician-foreground"] as const) {
      expect(Math.abs(estimateNoise(magnitude, { method }).sigma / 20 - 1)).toBeLessThan(0.05);
    }
  });

  it("gives magnitudes of correlated channels the channels' σ", () => {
    // Interpolated channels, at a signal-to-noise ratio of 2 in the object and none outside.
    const spectrum = noises["zero-filled, 2"]!(side);
    const [re, im] = [1, 2].map((k) =>
      drawField(streamOf(k, "channels"), { shape: [side, side], spectrum }),
    );
    const magnitude = makeImage(
      Float32Array.from({ length: side * side }, (_, i) =>
        Math.hypot((i % side < 160 ? 60 : 0) + 10 * re![i]!, 10 * im![i]!),
      ),
      [side, side],
    );
    const found = estimateNoise(magnitude, { method: "rician-foreground" });
    expect(Math.abs(found.sigma / 10 - 1)).toBeLessThan(0.1);
    expect(estimateNoise(magnitude, { method: "rician-wavelet" }).sigma).toBeLessThan(6);
  });
});

describe("estimateNoise on repeated MR scans", () => {
  const folder = `${sharedData}/2_paired_dose`;
  if (!existsSync(folder)) process.stdout.write(`skipped: no images in ${folder}\n`);
  // Scans whose difference is noise: the others moved, or hold ghosts.
  it.skipIf(!existsSync(folder)).each(["BODY_AX", "BODY_COR", "BODY_SAG", "GE"])(
    "agrees with the difference of two scans: %s",
    async (name) => {
      const place = `${folder}/mr_repeat_snr_${name}`;
      const scans: Image[] = [];
      for (const file of readdirSync(place).sort()) {
        scans.push(sliceOf((await openFile(`${place}/${file}`)).images[0]!.image, 0));
      }
      const [first, second] = scans as [Image, Image];
      const sorted = first.data.slice().sort();
      const least = 0.4 * sorted[Math.floor(0.95 * sorted.length)]!;
      const inside = (scan: Image) => {
        const values = scan.data.filter((_, i) => first.data[i]! > least);
        return makeImage(values, [1, values.length]);
      };
      const truth = repeatedScansNoise([inside(first), inside(second)]).robust;
      expect(Math.abs(estimateNoise(first).sigma / truth - 1)).toBeLessThan(0.15);
      expect(estimateNoise(first, { method: "wavelet" }).sigma / truth).toBeLessThan(0.6);
    },
  );
});

describe("Rician estimators", () => {
  it("has the moments of the Rayleigh and the Gaussian limit, and of simulated magnitudes", () => {
    expect(ricianVarianceFactor(0)).toBeCloseTo(2 - Math.PI / 2, 12);
    expect(ricianMeanFactor(0)).toBeCloseTo(Math.sqrt(Math.PI / 2), 12);
    expect(ricianVarianceFactor(40)).toBeCloseTo(1, 3);
    const stream = streamOf(11, "rician");
    for (const theta of [0.5, 1, 2, 4, 13]) {
      let sum = 0;
      let squares = 0;
      const draws = 100_000;
      for (let i = 0; i < draws; i++) {
        const m = Math.hypot(theta + stream.normal(), stream.normal());
        sum += m;
        squares += m * m;
      }
      const mean = sum / draws;
      // Five standard errors: sd of the mean is below 1/√n, of the variance below √(2/n).
      expect(Math.abs(mean - ricianMeanFactor(theta))).toBeLessThan(5 / Math.sqrt(draws));
      expect(Math.abs(squares / draws - mean * mean - ricianVarianceFactor(theta))).toBeLessThan(
        5 * Math.sqrt(2 / draws),
      );
      const ratio = ricianMeanFactor(theta) / Math.sqrt(ricianVarianceFactor(theta));
      expect(koaySnr(ratio)).toBeCloseTo(theta, 6);
      expect(
        koaySigma(7 * ricianMeanFactor(theta), 7 * Math.sqrt(ricianVarianceFactor(theta))),
      ).toBeCloseTo(7, 6);
    }
  });

  const head = (sigma: number) => {
    const truth = scene(256);
    // Signal only inside the large ellipse; outside is air.
    const masked = withData(
      truth,
      truth.data.map((v, i) => {
        const y = (Math.floor(i / 256) + 0.5) / 256 - 0.5;
        const x = ((i % 256) + 0.5) / 256 - 0.5;
        return (y / 0.42) ** 2 + (x / 0.36) ** 2 < 1 ? v : 0;
      }),
    );
    return withRicianNoise(masked, sigma, 12);
  };

  it.each([2, 8, 20])("finds σ = %d from the background and from the foreground", (sigma) => {
    const image = head(sigma);
    const background = estimateNoise(image, { method: "rician-background" });
    expect(Math.abs(background.sigma / sigma - 1)).toBeLessThan(0.03);
    const rounded = withData(image, image.data.map(Math.round));
    const whole = estimateNoise(rounded, { method: "rician-background" });
    expect(Math.abs(whole.sigma / sigma - 1)).toBeLessThan(0.06);
  });

  it("corrects the wavelet estimate at low signal", () => {
    const flat = withRicianNoise(makeImage(new Float32Array(65536).fill(15), [256, 256]), 10, 13);
    const plain = estimateNoise(flat, { method: "wavelet" }).sigma;
    const corrected = estimateNoise(flat, { method: "rician-wavelet" }).sigma;
    expect(plain).toBeLessThan(9.2);
    expect(Math.abs(corrected - 10)).toBeLessThan(0.9);
  });

  it("reports a missing background with cause and remedy", () => {
    const found = ricianBackground(
      withGaussianNoise(makeImage(new Float32Array(4096).fill(500), [64, 64]), 5, 1).data,
    );
    expect(found.status).toBe("no-background");
    expect(found).toMatchObject({ remedy: expect.stringMatching(/Koay/) as unknown });
  });
});

describe("localNoise", () => {
  it("follows noise that grows to the right", () => {
    const n = 256;
    const stream = streamOf(14);
    const ramp = (x: number) => 5 + (15 * x) / n;
    const image = makeImage(
      Float32Array.from({ length: n * n }, (_, i) => 100 + ramp(i % n) * stream.normal()),
      [n, n],
    );
    const map = localNoise(image);
    let worst = 0;
    for (let x = 8; x < n - 8; x += 8) {
      let mean = 0;
      for (let y = 0; y < n; y++) mean += map.data[y * n + x]! / n;
      worst = Math.max(worst, Math.abs(mean / ramp(x) - 1));
    }
    expect(worst).toBeLessThan(0.08);
  });
});

describe("estimateNoise on filtered backprojections of a water phantom", () => {
  const folder = `${sharedData}/2_paired_dose/lcd_ct_fbp/dose_100/signal_absent`;
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith(".raw"))
        .sort()
    : [];
  if (files.length === 0) process.stdout.write(`skipped: no images in ${folder}\n`);
  it.skipIf(files.length === 0)(
    "agrees with the repeated scans, air and correlation included",
    () => {
      const scans = files.map((name) => {
        const bytes = readFileSync(`${folder}/${name}`);
        const values = Float32Array.from(
          { length: bytes.length / 2 },
          (_, i) => bytes.readInt16LE(2 * i) - 1000,
        );
        return makeImage(values, [256, 256], { unit: "HU" });
      });
      const truth = repeatedScansNoise(
        scans.map((scan) => {
          // The water inside only: air is clipped.
          const inside = scan.data.filter((_, i) => {
            const y = Math.floor(i / 256) - 128;
            const x = (i % 256) - 128;
            return y * y + x * x < 80 * 80;
          });
          return makeImage(inside, [1, inside.length]);
        }),
      );
      const found = estimateNoise(scans[0]!);
      expect(found.method).toBe("flat-areas");
      expect(Math.abs(found.sigma / truth.sigma - 1)).toBeLessThan(0.12);
      // What the finest band alone would say.
      const white = estimateNoise(scans[0]!, { method: "wavelet", between: [-200, 300] });
      expect(white.sigma / truth.sigma).toBeLessThan(1.1);
    },
  );
});

describe("repeatedScansNoise", () => {
  it("has the truth inside its interval, whatever the object", () => {
    const truth = scene(128);
    const scans = [1, 2, 3, 4].map((seed) => withGaussianNoise(truth, 6, 100 + seed));
    const found = repeatedScansNoise(scans);
    // Three times the half width of a 95 % interval is 5.9 standard errors.
    const half = (found.interval[1] - found.interval[0]) / 2;
    expect(Math.abs(found.sigma - 6)).toBeLessThan(3 * half);
    expect(Math.abs(found.robust / 6 - 1)).toBeLessThan(0.05);
    expect(found.map.shape).toEqual([128, 128]);
    expect(() => repeatedScansNoise([truth])).toThrow(/found 1, wanted at least 2/);
  });
});
