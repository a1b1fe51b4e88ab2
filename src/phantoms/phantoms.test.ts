import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { fftN } from "../math/fft.ts";
import { abdomen } from "./abdomen.ts";
import {
  binaryTexture,
  binaryTexturePopulation,
  simulateBinaryTexturePopulation,
} from "./binary-texture.ts";
import { gaussianField, gaussianFieldSpectrum } from "./gaussian-field.ts";
import { addSignal, blurSignal, gaussianTransfer, insertIntoReal } from "./insert.ts";
import { lumpy, lumpyPopulation } from "./lumpy.ts";
import { multivariateNormal, multivariateNormalCovariance } from "./multivariate-normal.ts";
import { powerLawSpectrum } from "./power-law-field.ts";
import { sheppLogan } from "./shepp-logan.ts";
import { disk } from "./signals/disk.ts";
import { doublet } from "./signals/doublet.ts";
import { gaussianBlob } from "./signals/gaussian-blob.ts";
import { maskSignal, placeTemplate } from "./signals/mask.ts";
import { spiculated } from "./signals/spiculated.ts";
import { insertsOf, waterInserts } from "./water-inserts.ts";

const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((s, v) => s + v, 0);

/** Mean periodogram, about the given mean, of planes drawn by `draw`. */
function periodogram(
  draw: (n: number) => Float32Array,
  { draws, size, mean }: { draws: number; size: number; mean: number },
): Float64Array {
  const power = new Float64Array(size * size);
  for (let d = 0; d < draws; d++) {
    const values = Float64Array.from(draw(d), (v) => v - mean);
    const { re, im } = fftN(values, new Float64Array(values.length), { shape: [size, size] });
    for (let k = 0; k < power.length; k++)
      power[k]! += (re[k]! ** 2 + im[k]! ** 2) / power.length / draws;
  }
  return power;
}

/**
 * Largest deviation, in standard errors, of measured power from a spectrum; bins weaker than 1e-6 of
 * the strongest hold rounding. A periodogram bin is exponential: relative error 1/√draws, and up to √2
 * of that in the real bins at the corners.
 */
function worstBin(measured: Float64Array, wanted: Float64Array, draws: number): number {
  const strongest = Math.max(...wanted);
  let worst = 0;
  measured.forEach((p, k) => {
    if (wanted[k]! < 1e-6 * strongest) return;
    worst = Math.max(worst, Math.abs(p / wanted[k]! - 1) * Math.sqrt(draws / 2));
  });
  return worst;
}

describe("binary texture", () => {
  it("has the population that its Hermite expansion says", () => {
    const parameters = { size: 32 };
    const exact = binaryTexturePopulation(parameters);
    const draws = 1500;
    const simulated = simulateBinaryTexturePopulation(streamOf(2), { draws, parameters });
    expect(exact.mean).toBeCloseTo(0.45, 6);
    // Mean of dependent pixels: sd of an image's mean is √(P(0)/N).
    const errorOfMean = Math.sqrt(exact.spectrum[0]! / 32 ** 2 / draws);
    expect(Math.abs(simulated.mean - exact.mean)).toBeLessThan(5 * errorOfMean);
    // Bins are not quite exponential for a binary field; 6 standard errors over 1,024 bins.
    expect(worstBin(simulated.spectrum, exact.spectrum, draws)).toBeLessThan(6);
  });

  it("gives the Hotelling detectability that was measured for it before", () => {
    const { spectrum } = binaryTexturePopulation();
    const s = disk.render({ shape: [64, 64] });
    const { re, im } = fftN(Float64Array.from(s), new Float64Array(4096), { shape: [64, 64] });
    let d2 = 0;
    spectrum.forEach((p, k) => {
      d2 += (re[k]! ** 2 + im[k]! ** 2) / (p + 0.01) / 4096;
    });
    expect(Math.sqrt(d2)).toBeCloseTo(1.733, 2);
    // White-noise bound of 13 pixels of 0.07 in noise of 0.1.
    expect(0.07 * Math.sqrt(sum(s.map((v) => (v > 0 ? 1 : 0)))) * 10).toBeCloseTo(2.524, 3);
  });

  it("keeps the two exponent conventions apart", () => {
    const amplitude = binaryTexture.draw(streamOf(1), { exponent: 1.25 }).image.data;
    const power = binaryTexture.draw(streamOf(1), { exponent: 2.5, convention: "power" }).image
      .data;
    expect(power).toEqual(amplitude);
    const spectrum = powerLawSpectrum({ shape: [64, 64], exponent: 2.5, convention: "amplitude" });
    expect(spectrum[0]).toBe(0);
    expect(spectrum[2]! / spectrum[1]!).toBeCloseTo(2 ** -5, 12);
    expect(sum(spectrum) / 4096).toBeCloseTo(1, 12);
  });
});

describe("random fields", () => {
  it("Gaussian fields have their spectrum", () => {
    const parameters = { size: 24, spectrum: "band", sigma: 2, mean: 3 };
    const { spectrum } = gaussianFieldSpectrum(parameters);
    const draws = 800;
    const measured = periodogram((d) => gaussianField.draw(streamOf(3, d), parameters).image.data, {
      draws,
      size: 24,
      mean: 3,
    });
    expect(worstBin(measured, spectrum, draws)).toBeLessThan(5.5);
  });

  it("lumpy backgrounds have their mean and spectrum", () => {
    const parameters = { size: 32, lumps: 30, widthPx: 3, amplitude: 2, base: 1 };
    const { mean, spectrum } = lumpyPopulation(parameters);
    const draws = 800;
    const measured = periodogram((d) => lumpy.draw(streamOf(4, d), parameters).image.data, {
      draws,
      size: 32,
      mean,
    });
    // The zero bin and the strongest hold Poisson excess: 8 standard errors of the exponential law.
    expect(worstBin(measured, spectrum, draws)).toBeLessThan(8);
  });

  it.each(["squared-exponential", "exponential", "matern-3/2"])(
    "multivariate normal images have their covariance, %s",
    (covariance) => {
      const parameters = { size: 12, covariance, lengthPx: 2.5, sigma: 1.5, mean: -2 };
      const wanted = multivariateNormalCovariance(parameters);
      const draws = 3000;
      // Corner pixel against others: an image on a torus would join the far corner to it.
      const pairs = [
        [0, 0],
        [0, 1],
        [0, 11],
        [0, 12 * 11 + 11],
        [13, 12 * 4 + 5],
      ] as const;
      const products = pairs.map(() => 0);
      for (let d = 0; d < draws; d++) {
        const { data } = multivariateNormal.draw(streamOf(5, covariance, d), parameters).image;
        pairs.forEach(([a, b], n) => {
          products[n]! += ((data[a]! + 2) * (data[b]! + 2)) / draws;
        });
      }
      pairs.forEach(([a, b], n) => {
        const distance = Math.hypot((a % 12) - (b % 12), Math.floor(a / 12) - Math.floor(b / 12));
        const c = wanted(distance);
        // Var of the product of jointly normal numbers: σ⁴ + c².
        const error = Math.sqrt((1.5 ** 4 + c * c) / draws);
        expect(Math.abs(products[n]! - c)).toBeLessThan(5 * error);
      });
    },
  );
});

describe("signals", () => {
  it("the disk of radius 2 on a pixel's centre has 13 pixels, and 12 between pixels", () => {
    const on = disk.render({ shape: [16, 16] }, { amplitude: 1 });
    const between = disk.render({ shape: [16, 16], centre: [7.5, 7.5] }, { amplitude: 1 });
    expect(sum(on)).toBe(13);
    expect(sum(between)).toBe(12);
    const soft = disk.render({ shape: [40, 40] }, { amplitude: 1, radiusMm: 10, edge: "area" });
    // Eight by eight points a pixel on a circumference of 63: some 0.3 of 314.
    expect(Math.abs(sum(soft) - Math.PI * 100)).toBeLessThan(1);
  });

  it("the two hypotheses of the Rayleigh task have equal sums", () => {
    const grid = { shape: [48, 48] };
    const points = doublet.render(grid, { angleDegrees: 30, separationMm: 8 });
    const line = doublet.render(grid, { angleDegrees: 30, separationMm: 8, form: "line" });
    expect(sum(line) / sum(points)).toBeCloseTo(1, 5);
    expect(Math.max(...line)).toBeLessThan(Math.max(...points));
  });

  it("respects spacing and depth", () => {
    const blob = gaussianBlob.render(
      { shape: [21, 31, 31], spacing: [2, 1, 1] },
      { amplitude: 1, sigmaMm: 2 },
    );
    // ∫ = (2π)^{3/2} s³ over voxels of 2 mm³.
    expect(sum(blob)).toBeCloseTo(((2 * Math.PI) ** 1.5 * 8) / 2, 2);
  });

  it("refuses a form to be drawn without a stream", () => {
    expect(() => spiculated.render({ shape: [32, 32] })).toThrow(/found no random stream/);
  });

  it("masks and templates land where they are put", () => {
    const mask = makeImage(Float32Array.of(0, 1, 0.5, 0), [2, 2]);
    expect([...maskSignal(mask, -20)]).toEqual([-0, -20, -10, -0]);
    expect(() => maskSignal(makeImage(Float32Array.of(2), [1, 1]), 1)).toThrow(/found value 2/);
    const placed = placeTemplate(
      { values: [1, 2, 3], shape: [1, 3] },
      { shape: [3, 4], centre: [1, 3] },
    );
    expect([...placed]).toEqual([0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]);
  });
});

describe("insertion into real images", () => {
  const image = makeImage(new Float32Array(64 * 64), [64, 64], {
    spacing: [1, 0.5, 0.5],
    unit: "HU",
  });

  it("blurs as the transfer function says and keeps the sum", () => {
    const sigmaMm = 2;
    const signal = gaussianBlob.render(
      { shape: [64, 64], spacing: [1, 0.5, 0.5] },
      { amplitude: 10, sigmaMm },
    );
    const half = 0.3;
    const blurred = blurSignal(image, signal, { transfer: gaussianTransfer(half) });
    expect(sum(blurred)).toBeCloseTo(sum(signal), 1);
    // A transfer of 2^{−(f/h)²} is a Gaussian of variance ln2/(2π²h²); variances add.
    const variance = sigmaMm ** 2 + Math.log(2) / (2 * (Math.PI * half) ** 2);
    expect(Math.max(...blurred)).toBeCloseTo((10 * sigmaMm ** 2) / variance, 2);
  });

  it("asks for spacing and for the right size", () => {
    expect(() =>
      insertIntoReal({ ...image, spacingKnown: false }, new Float32Array(4096), {
        transfer: gaussianTransfer(1),
      }),
    ).toThrow(/without spacing/);
    expect(() => addSignal(image, [1])).toThrow(/found 1 values, wanted 4096/);
  });
});

describe("objects", () => {
  it("the MITA module holds its four inserts at their contrasts", () => {
    const inserts = insertsOf();
    expect(inserts.map((i) => [i.diameterMm, i.contrastHU])).toEqual([
      [3, 14],
      [5, 7],
      [7, 5],
      [10, 3],
    ]);
    const { image } = waterInserts.draw(streamOf(1), { size: 512 });
    const pixel = image.spacing[2];
    for (const { xMm, yMm, contrastHU, diameterMm } of inserts) {
      const i = Math.round(xMm / pixel + 255.5);
      const j = Math.round(yMm / pixel + 255.5);
      expect(image.data[j * 512 + i]).toBeCloseTo(contrastHU, 4);
      let above = 0;
      for (let b = -20; b <= 20; b++) {
        for (let a = -20; a <= 20; a++) above += image.data[(j + b) * 512 + i + a]!;
      }
      // Area by coverage of 4×4 points a pixel, linear ramp a quarter pixel wide: 3 %.
      const area = (above / contrastHU) * pixel * pixel;
      expect(Math.abs(area / (Math.PI * (diameterMm / 2) ** 2) - 1)).toBeLessThan(0.03);
    }
    const absent = waterInserts.draw(streamOf(1), { size: 64, present: false }).image;
    expect(Math.max(...absent.data)).toBe(0);
  });

  it("the Shepp–Logan head has its mass and values", () => {
    const { image } = sheppLogan.draw(streamOf(1), { size: 256 });
    // Areas of the ten ellipses, π a b each, over the square of side 2.
    const rows = [
      [1, 0.69, 0.92],
      [-0.8, 0.6624, 0.874],
      [-0.2, 0.11, 0.31],
      [-0.2, 0.16, 0.41],
      [0.1, 0.21, 0.25],
      [0.1, 0.046, 0.046],
      [0.1, 0.046, 0.046],
      [0.1, 0.046, 0.023],
      [0.1, 0.023, 0.023],
      [0.1, 0.023, 0.046],
    ];
    const mass = rows.reduce((s, [v = 0, a = 0, b = 0]) => s + Math.PI * v * a * b, 0);
    expect((sum(image.data) * 4) / 256 ** 2).toBeCloseTo(mass, 3);
    const original = sheppLogan.draw(streamOf(1), { size: 64, contrast: "original" }).image;
    expect(original.unit).toBe("HU");
    expect(original.data[32 * 64 + 32]).toBeCloseTo(20, 3);
  });

  it("the abdomen has organs of plausible size and HU, and lesions of their contrast", () => {
    const parameters = { size: 128, zMm: 30, lesions: 3, lesionRadiusMm: 8, texture: 0 };
    const { image, labels, truth } = abdomen.draw(streamOf(7), parameters);
    const pixel = image.spacing[2];
    const areaCm2 = (label: number): number =>
      labels!.data.reduce((s, l) => s + (l === label ? 1 : 0), 0) * pixel * pixel * 0.01;
    const liver = 8;
    const spleen = 11;
    expect(areaCm2(liver)).toBeGreaterThan(80);
    expect(areaCm2(liver)).toBeLessThan(300);
    expect(areaCm2(spleen)).toBeGreaterThan(10);
    expect(areaCm2(3)).toBeGreaterThan(8);
    expect(truth.lesions).toBe(3);
    const inside = [...image.data].filter((_, i) => labels!.data[i] === liver);
    const lesion = [...image.data].filter((_, i) => labels!.data[i] === 17);
    const median = (v: number[]): number => v.toSorted((a, b) => a - b)[Math.floor(v.length / 2)]!;
    expect(median(inside)).toBeGreaterThan(80);
    expect(median(inside)).toBeLessThan(140);
    expect(median(lesion) - median(inside)).toBeCloseTo(-35, 0);
  });
});
