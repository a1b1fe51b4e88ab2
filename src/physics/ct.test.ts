import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { fftN } from "../math/fft.ts";
import { projectEllipses, projectGaussian } from "./analytic.ts";
import {
  attenuation,
  attenuationToHounsfield,
  hounsfieldToAttenuation,
  splitMaterials,
  tubeSpectrum,
} from "./attenuation.ts";
import {
  countsToLineIntegrals,
  insertionNoise,
  lineIntegralVariance,
  measureLineIntegrals,
} from "./counting.ts";
import { ctFan } from "./ct-fan.ts";
import { insertSlice, simulateSlice, type SliceScan } from "./ct-slice.ts";
import { filteredBackprojection, filterPitch } from "./fbp.ts";
import { filterResponse, kernelNames, kernelWindow } from "./filter.ts";
import { parallelFor, pediatricScanner } from "./geometry.ts";
import { plsTv, sirt } from "./iterative.ts";
import { insertLowDose } from "./low-dose.ts";
import { planarProjector } from "./planar-projector.ts";

const n = 96;
const fovMm = 192;
const grid = { nx: n, ny: n, pixelMm: [2, 2], centreMm: [0, 0] } as const;
const geometry = {
  ...pediatricScanner,
  views: 240,
  detector: { channels: 220, pitchMm: 2, offsetChannels: 0.25 },
};
const scan: SliceScan = {
  geometry,
  grid,
  imageGrid: grid,
  exposure: { photons: 1e5, dose: 1, electronicSd: 0, floorCounts: 0.5 },
  kernel: "hann",
  energyKeV: 70,
  bowtieMm: 0,
  kV: 0,
  waterCorrection: true,
};

/** Water disc with inserts, coverage by 6×6 points a pixel. */
function discs(rows: readonly { x: number; y: number; r: number; hu: number }[]): Float32Array {
  const hu = new Float32Array(n * n).fill(-1000);
  const sub = 6;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      for (const { x, y, r, hu: value } of rows) {
        let inside = 0;
        for (let b = 0; b < sub; b++) {
          for (let a = 0; a < sub; a++) {
            const px = (i - (n - 1) / 2 + (a + 0.5) / sub - 0.5) * 2 - x;
            const py = (j - (n - 1) / 2 + (b + 0.5) / sub - 0.5) * 2 - y;
            if (px * px + py * py < r * r) inside++;
          }
        }
        const at = j * n + i;
        hu[at] = hu[at]! + (inside / (sub * sub)) * (value - hu[at]!);
      }
    }
  }
  return hu;
}

const water = discs([{ x: 0, y: 0, r: 80, hu: 0 }]);

/** Mean over a disc of the plane. */
function meanIn(values: Float32Array, x: number, y: number, r: number): number {
  let sum = 0;
  let count = 0;
  for (let j = 0; j < n; j++) {
    for (let i = 0; i < n; i++) {
      const px = (i - (n - 1) / 2) * 2 - x;
      const py = (j - (n - 1) / 2) * 2 - y;
      if (px * px + py * py < r * r) {
        sum += values[j * n + i]!;
        count++;
      }
    }
  }
  return sum / count;
}

/** Power in eight radial bands of the middle 48×48 pixels, and their mean, over noise images. */
function bands(images: readonly Float32Array[]): { bands: Float64Array; variance: number } {
  const m = 48;
  const from = (n - m) / 2;
  const power = new Float64Array(8);
  const counts = new Float64Array(8);
  let variance = 0;
  for (const image of images) {
    const crop = new Float64Array(m * m);
    for (let j = 0; j < m; j++) {
      for (let i = 0; i < m; i++) crop[j * m + i] = image[(j + from) * n + i + from]!;
    }
    for (const v of crop) variance += (v * v) / crop.length / images.length;
    const { re, im } = fftN(crop, new Float64Array(m * m), { shape: [m, m] });
    for (let k = 1; k < re.length; k++) {
      const fx = Math.min(k % m, m - (k % m)) / m;
      const fy = Math.min(Math.floor(k / m), m - Math.floor(k / m)) / m;
      const band = Math.floor(Math.hypot(fx, fy) * 16);
      if (band > 7) continue;
      power[band]! += (re[k]! ** 2 + im[k]! ** 2) / (m * m);
      counts[band]! += 1;
    }
  }
  return { bands: power.map((p, b) => p / counts[b]!), variance };
}

const waterPerMm = attenuation("water", 70);
const waterSinogram = planarProjector(geometry, grid).apply(
  hounsfieldToAttenuation(water, waterPerMm),
);
const toHU = (sinogram: Float32Array): Float32Array =>
  attenuationToHounsfield(
    filteredBackprojection(sinogram, { geometry, grid, kernel: "hann" }),
    waterPerMm,
  );
const cleanWater = toHU(waterSinogram);

/** Reconstructed noisy water disc: `simulateSlice` with the projection done once. */
function scanWater(own: SliceScan, seed: number): Float32Array {
  return toHU(
    measureLineIntegrals(waterSinogram, {
      exposure: own.exposure,
      shares: new Float64Array(geometry.detector.channels).fill(1),
      stream: streamOf(seed, "counts"),
    }).values,
  );
}

/** Noise images (noisy less noise-free) of a scan of the water disc. */
function noiseImages(
  own: SliceScan,
  { seed, count }: { seed: number; count: number },
): Float32Array[] {
  return Array.from({ length: count }, (_, c) =>
    scanWater(own, seed * 1000 + c).map((v, i) => v - cleanWater[i]!),
  );
}

const withExposure = (changes: Partial<SliceScan["exposure"]>): SliceScan => ({
  ...scan,
  exposure: { ...scan.exposure, ...changes },
});

describe("filtered backprojection", () => {
  const disc = [
    // Off the axis, so that views do not all cut its rim alike.
    { centreMm: [3, -2], radiiMm: [80, 80], value: 0.02 },
    { centreMm: [30, 20], radiiMm: [12, 8], value: 0.004, turn: 0.5 },
  ] as const;
  const geometries = [
    ["arc fan", geometry],
    ["flat fan", { ...geometry, shape: "flat" as const }],
    ["parallel", parallelFor({ fovMm, pixelMm: 2, views: 240 })],
  ] as const;

  it.each(geometries)("gives back a disc from its exact projections, %s", (_name, own) => {
    const image = filteredBackprojection(projectEllipses(disc, own), {
      geometry: own,
      grid,
      kernel: "ram-lak",
    });
    // 0.1 % of water is 1 HU. Channels of 2 mm cut the sharp rim coarsely; outside, 240 views leave
    // streaks of some HU.
    expect(Math.abs(meanIn(image, 0, 0, 10) / 0.02 - 1)).toBeLessThan(1.5e-3);
    expect(Math.abs(meanIn(image, -50, -30, 10) / 0.02 - 1)).toBeLessThan(1.5e-3);
    expect(Math.abs(meanIn(image, 30, 20, 4) / 0.024 - 1)).toBeLessThan(1.5e-3);
    expect(Math.abs(meanIn(image, 86, -40, 5))).toBeLessThan(1e-4);
  });

  it.each(kernelNames)("resolves as the formula of its kernel, %s", (kernel) => {
    // A narrow Gaussian in a geometry finer than the pixels asked for: image spectrum =
    // Gaussian × window × sinc² of the linear interpolation between channels.
    const own = { ...parallelFor({ fovMm, pixelMm: 2, views: 400 }) };
    const sigmaMm = 3;
    const image = filteredBackprojection(
      projectGaussian({ centreMm: [1, 1], sigmaMm, value: 1 }, own),
      { geometry: own, grid, kernel },
    );
    const { re, im } = fftN(Float64Array.from(image), new Float64Array(n * n), { shape: [n, n] });
    for (const k of [2, 6, 12, 20, 28]) {
      const f = k / fovMm;
      const gauss = 2 * Math.PI * sigmaMm ** 2 * Math.exp(-2 * (Math.PI * sigmaMm * f) ** 2);
      const sinc = Math.sin(Math.PI * f * 2) / (Math.PI * f * 2);
      const wanted = (gauss / 4) * kernelWindow(kernel, f / 0.25) * sinc * sinc;
      const found = Math.hypot(re[k]!, im[k]!);
      const zero = (2 * Math.PI * sigmaMm ** 2) / 4;
      // Aliases of the interpolation and 400 views leave about 0.3 % of the zero frequency.
      expect(Math.abs(found - wanted) / zero).toBeLessThan(0.006);
    }
  });

  it("has a ramp without a bias at zero frequency", () => {
    const response = filterResponse({ kernel: "ram-lak", channels: 500, pitch: 1 });
    // Sampling in space leaves 1/(2·π²·500)-like remainders of the tails cut off, not zero.
    expect(response[0]).toBeGreaterThan(0);
    expect(response[0]! / response[512]!).toBeLessThan(5e-4);
  });
});

describe("HU", () => {
  it("are right to 2 HU for water and inserts", () => {
    const rows = [
      { x: 0, y: 0, r: 85, hu: 0 },
      { x: 45, y: 0, r: 12, hu: -100 },
      { x: -45, y: 0, r: 12, hu: 60 },
      { x: 0, y: 45, r: 12, hu: 340 },
      { x: 0, y: -45, r: 12, hu: 990 },
    ];
    const { reference } = simulateSlice({ hu: discs(rows), scan, seed: 1, reference: true });
    for (const { x, y, hu } of rows) {
      expect(Math.abs(meanIn(reference!, x, y, 6) - hu)).toBeLessThan(2);
    }
  });

  it("cup under a polychromatic beam, and not after the correction for water", () => {
    const poly = (waterCorrection: boolean): Float32Array =>
      simulateSlice({
        hu: water,
        scan: { ...scan, kV: 120, waterCorrection },
        seed: 1,
        reference: true,
      }).reference!;
    const cupping = (image: Float32Array): number =>
      meanIn(image, 65, 0, 6) - meanIn(image, 0, 0, 10);
    expect(cupping(poly(false))).toBeGreaterThan(15);
    const corrected = poly(true);
    expect(Math.abs(cupping(corrected))).toBeLessThan(2);
    expect(Math.abs(meanIn(corrected, 0, 0, 10))).toBeLessThan(2);
  });

  it("split into water and bone that attenuate alike at the effective energy", () => {
    const hu = Float32Array.of(-1000, -100, 0, 100, 300, 900);
    const { water: w, bone: b } = splitMaterials(hu, { energyKeV: 70 });
    const [mw, mb] = [attenuation("water", 70), attenuation("bone", 70)];
    hu.forEach((v, i) => expect((w[i]! * mw + b[i]! * mb) / mw).toBeCloseTo(1 + v / 1000, 5));
    // Tabulated: 0.2059 cm²/g at 60 keV; the mean of a filtered 120 kV beam lies near 60 keV.
    expect(attenuation("water", 60)).toBeCloseTo(0.02059, 8);
    const tube = tubeSpectrum({ kV: 120 });
    const mean = tube.energiesKeV.reduce((s, e, i) => s + e * tube.shares[i]!, 0);
    expect(mean).toBeGreaterThan(52);
    expect(mean).toBeLessThan(72);
  });
});

describe("counting", () => {
  it("has line integrals of the stated variance", () => {
    const p = 3;
    const photons = 2e4;
    const flat = new Float32Array(40000).fill(p);
    const exposure = { photons, dose: 1, electronicSd: 20, floorCounts: 0.5 };
    const { values } = measureLineIntegrals(flat, {
      exposure,
      shares: new Float64Array(100).fill(1),
      stream: streamOf(4),
    });
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    const variance = values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length;
    const wanted = lineIntegralVariance(p, { incident: photons, electronicSd: 20 });
    // Standard error of a variance of 40,000 normal numbers 0.7 %; second order of the logarithm 0.2 %.
    expect(Math.abs(variance / wanted - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean - p)).toBeLessThan(0.001);
  });

  it("refuses negative counts and dose fractions above one", () => {
    const incident = new Float64Array(2).fill(1000);
    expect(() => countsToLineIntegrals(Float32Array.of(5, -1), { incident })).toThrow(
      /found -1 at index 1, wanted counts >= 0/,
    );
    expect(() =>
      insertionNoise(new Float32Array(2), {
        fraction: 1.2,
        incident,
        electronicSd: 0,
        stream: streamOf(1),
      }),
    ).toThrow(/dose fraction 1\.2/);
  });
});

describe("noise in the image", { timeout: 240_000 }, () => {
  it("falls with dose by slope −1 within 3 %, and bends upwards with electronic noise at low dose", () => {
    const doses = [1, 0.5, 0.25, 0.125];
    const variance = (dose: number, electronicSd: number): number =>
      bands(noiseImages(withExposure({ photons: 1e6, dose, electronicSd }), { seed: 5, count: 16 }))
        .variance;
    const slopeOf = (values: readonly number[]): number => {
      const x = doses.map(Math.log);
      const y = values.map(Math.log);
      const mx = x.reduce((s, v) => s + v, 0) / x.length;
      const my = y.reduce((s, v) => s + v, 0) / y.length;
      return (
        x.reduce((s, v, i) => s + (v - mx) * (y[i]! - my), 0) /
        x.reduce((s, v) => s + (v - mx) ** 2, 0)
      );
    };
    const quantum = doses.map((d) => variance(d, 0));
    expect(Math.abs(slopeOf(quantum) + 1)).toBeLessThan(0.03);
    // Mean counts behind 160 mm of water are 1e6·e^−3.1 = 45,000 at full dose; with σ_e = 75 the
    // electronic part is 12 % there and as large as the quantum part at one eighth.
    const electronic = doses.map((d) => variance(d, 75));
    expect(electronic[0]! / quantum[0]!).toBeLessThan(1.25);
    expect(electronic[3]! / quantum[3]!).toBeGreaterThan(1.5);
    expect(slopeOf(electronic)).toBeLessThan(-1.12);
  });

  it("has the variance that theory gives at the centre of parallel scans", () => {
    // Var = (π/M)² Σ_views Σ_n (τ h_n)² σ²·(mean of the interpolation's squares), at a flat p.
    const own = parallelFor({ fovMm, pixelMm: 2, views: 200 });
    const { channels } = own.detector;
    const sd = 0.01;
    const images = Array.from({ length: 40 }, (_, c) => {
      const stream = streamOf(6, c);
      const sinogram = Float32Array.from(stream.normals(own.views * channels), (v) => sd * v);
      return filteredBackprojection(sinogram, { geometry: own, grid, kernel: "ram-lak" });
    });
    const { variance } = bands(images);
    const response = filterResponse({ kernel: "ram-lak", channels, pitch: filterPitch(own) });
    // Linear interpolation at a place spread evenly between channels: Σ over frequencies of
    // |H|² (2 + cos ω)/3.
    const m = response.length;
    let power = 0;
    response.forEach((h, k) => {
      power += (h * h * (2 + Math.cos((2 * Math.PI * k) / m))) / 3 / m;
    });
    const wanted = (Math.PI / own.views) ** 2 * own.views * sd * sd * power;
    // 40 images of 48² correlated pixels: about 1.5 % standard error; discrete angles 2 %.
    expect(Math.abs(variance / wanted - 1)).toBeLessThan(0.06);
  });

  it("has the spectrum of the ramp times the kernel", () => {
    const images = noiseImages(scan, { seed: 8, count: 24 });
    const measured = bands(images).bands;
    // NPS ∝ f·W(f)²·sinc⁴ with channels of 2·595/1085.6 mm at the axis and pixels of 2 mm; compare
    // shapes in bands 1 … 6 (band 0 holds the crop's leakage). Pixels alias little under this kernel.
    const pitch = filterPitch(geometry) * geometry.sourceToIsoMm;
    const shape = Array.from(measured, (_, b) => {
      const f = (b + 0.5) / 16 / 2;
      const x = f * pitch;
      const sinc = Math.sin(Math.PI * x) / (Math.PI * x);
      return f * kernelWindow("hann", x / 0.5) ** 2 * sinc ** 4;
    });
    const use = [1, 2, 3, 4, 5, 6];
    const scale =
      use.reduce((s, b) => s + measured[b]!, 0) / use.reduce((s, b) => s + shape[b]!, 0);
    for (const b of use) {
      // Curvature of the formula within a band of 1/16 cycles/px and aliasing: up to 10 %.
      expect(Math.abs(measured[b]! / (scale * shape[b]!) - 1)).toBeLessThan(0.12);
    }
  });

  it("inserted at 25 % matches a direct scan at 25 % in every band of its spectrum within 5 %", () => {
    const full = withExposure({ photons: 4e5, electronicSd: 30 });
    const quarter = withExposure({ photons: 4e5, electronicSd: 30, dose: 0.25 });
    const count = 60;
    const direct = bands(noiseImages(quarter, { seed: 11, count }));
    const inserted = bands(
      Array.from({ length: count }, (_, c) => {
        const hu = scanWater(full, 90_000 + c);
        const low = insertSlice({ hu, scan: full, fraction: 0.25, seed: 70_000 + c });
        return low.map((v, i) => v - cleanWater[i]!);
      }),
    );
    expect(Math.abs(inserted.variance / direct.variance - 1)).toBeLessThan(0.03);
    for (let b = 1; b < 7; b++) {
      expect(Math.abs(inserted.bands[b]! / direct.bands[b]! - 1)).toBeLessThan(0.05);
    }
  });
});

describe("iterative reconstruction", () => {
  const small = { nx: 40, ny: 40, pixelMm: [4, 4], centreMm: [0, 0] } as const;
  const own = {
    ...geometry,
    views: 60,
    detector: { channels: 100, pitchMm: 4, offsetChannels: 0.25 },
  };
  const a = planarProjector(own, small);
  const truth = new Float32Array(1600);
  for (let i = 0; i < 1600; i++) {
    const x = (i % 40) - 19.5;
    const y = Math.floor(i / 40) - 19.5;
    truth[i] = x * x + y * y < 200 ? 0.02 + (x > 2 && y > 2 && x < 8 && y < 8 ? 0.004 : 0) : 0;
  }
  const y = a.apply(truth);
  const rmse = (x: Float32Array): number =>
    Math.sqrt(x.reduce((s, v, i) => s + (v - truth[i]!) ** 2, 0) / x.length);

  it("SIRT brings a consistent system to its solution", () => {
    const few = sirt(a, y, { iterations: 20, tolerance: 0 });
    const many = sirt(a, y, { iterations: 150, tolerance: 0 });
    expect(many.residual).toBeLessThan(few.residual);
    expect(many.residual).toBeLessThan(0.005);
    expect(rmse(many.image)).toBeLessThan(0.6 * rmse(few.image));
    expect(many.status).toBe("limit");
  });

  it("PLS-TV beats filtered backprojection and SIRT on noisy data of few views", () => {
    const stream = streamOf(5);
    const noisy = y.map((v) => v + 0.03 * stream.normal());
    const fbp = filteredBackprojection(noisy, { geometry: own, grid: small, kernel: "hann" });
    const tv = plsTv(a, noisy, { nx: 40, lambda: 0.6, iterations: 300 });
    expect(rmse(tv.image)).toBeLessThan(0.7 * rmse(fbp));
    expect(rmse(tv.image)).toBeLessThan(0.9 * rmse(sirt(a, noisy, { iterations: 60 }).image));
  });

  it("PLS-TV shrinks a step as the closed form says", () => {
    // ½‖x − y‖² + λ TV(x) for five zeros and five ones: plateaus λ/5 and 1 − λ/5.
    const identity = {
      domainLength: 10,
      rangeLength: 10,
      apply: (x: Float32Array) => x.slice(),
      adjoint: (x: Float32Array) => x.slice(),
    };
    const step = Float32Array.from({ length: 10 }, (_, i) => (i < 5 ? 0 : 1));
    const { image, status } = plsTv(identity, step, {
      nx: 10,
      lambda: 0.5,
      iterations: 3000,
      tolerance: 1e-7,
    });
    expect(status).toBe("converged");
    image.forEach((v, i) => expect(v).toBeCloseTo(i < 5 ? 0.1 : 0.9, 4));
  });

  it("stops when told", () => {
    const controller = new AbortController();
    controller.abort();
    expect(() => sirt(a, y, { signal: controller.signal })).toThrow(/Cancelled/);
  });
});

describe("what CT refuses", () => {
  const image = makeImage(water, [n, n], { spacing: [1, 2, 2], unit: "HU" });
  const options = { dose: 0.25, stream: streamOf(1), parameters: { views: 60 } };

  it("images without HU, without spacing, or cut off by their field of view", async () => {
    await expect(insertLowDose({ ...image, unit: "arbitrary" }, options)).rejects.toThrow(
      /wanted HU/,
    );
    await expect(insertLowDose({ ...image, spacingKnown: false }, options)).rejects.toThrow(
      /without spacing/,
    );
    const cut = makeImage(new Float32Array(n * n).fill(20), [n, n], {
      spacing: [1, 2, 2],
      unit: "HU",
    });
    await expect(insertLowDose(cut, options)).rejects.toThrow(/tissue on 100\.0 % of the border/);
    const accepted = await insertLowDose(cut, {
      ...options,
      parameters: { views: 60, acceptTruncated: true },
    });
    expect(accepted.notes.truncation).toMatch(/noise is too low/);
  });

  it("doses above the image's own, and objects beyond the detector", async () => {
    await expect(insertLowDose(image, { ...options, dose: 1.5 })).rejects.toThrow(/dose 1\.5/);
    const wide = makeImage(water, [n, n], { spacing: [1, 7, 7], unit: "HU" });
    await expect(insertLowDose(wide, options)).rejects.toThrow(/that the detector sees/);
  });

  it("nothing about metal, which it names in its notes", async () => {
    const metal = makeImage(
      discs([
        { x: 0, y: 0, r: 60, hu: 0 },
        { x: 20, y: 0, r: 5, hu: 8000 },
      ]),
      [n, n],
      { spacing: [1, 2, 2], unit: "HU" },
    );
    const { notes } = await ctFan.acquire(metal, streamOf(1), { views: 60 });
    expect(notes.metal).toMatch(/voxels above 3072 HU/);
  });
});
