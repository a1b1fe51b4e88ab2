import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { cnr } from "./cnr.ts";
import { noisePower, radialMean, radialNoisePower } from "./noise-power.ts";
import { nps } from "./nps.ts";
import { regionOfMask, regionOfShape } from "./region.ts";
import { ringCorrelation, ringCorrelationMap } from "./ring-correlation.ts";
import { noiseEquivalentQuanta, transferFromDisk, transferFromEdge } from "./transfer.ts";
import { uniformity } from "./uniformity.ts";

describe("noise power spectrum", () => {
  it("integrates to the variance in two and three dimensions, for each detrending", () => {
    const s = streamOf(1, "nps");
    for (const shape of [
      [16, 12],
      [6, 8, 10],
    ]) {
      const n = shape.reduce((a, b) => a * b, 1);
      const regions = Array.from({ length: 5 }, (_, k) =>
        s.normals(n).map((v, i) => 3 * v + k + 0.01 * i),
      );
      for (const detrend of ["mean", "plane", "ensemble"] as const) {
        const r = noisePower(regions, {
          shape,
          spacing: shape.map((_, i) => 0.4 + 0.3 * i),
          detrend,
        });
        expect(r.integral / r.variance).toBeCloseTo(1, 10); // Parseval, exact up to rounding
      }
    }
  });

  it("is flat at σ²·dx·dy for white noise", () => {
    const s = streamOf(2, "white");
    const regions = Array.from({ length: 200 }, () => s.normals(32 * 32).map((v) => 5 * v));
    const spectrum = noisePower(regions, { shape: [32, 32], spacing: [0.5, 0.7] });
    const { mean, count } = radialMean(spectrum.power, spectrum);
    // A mean of m |DFT|² values over 200 regions has relative sd ≤ √(2/(200 m)) (conjugate pairs); bound 5 sd.
    for (let b = 1; b < mean.length; b++) {
      expect(Math.abs(mean[b]! / (25 * 0.35) - 1)).toBeLessThan(
        5 * Math.sqrt(2 / (200 * count[b]!)),
      );
    }
  });

  it("follows the square of a filter's transfer function", () => {
    // White noise filtered by (1, 1)/2 along x on a torus: NPS = cos²(π f dx) · σ² dx dy.
    const s = streamOf(3, "filtered");
    const regions = Array.from({ length: 300 }, () => {
      const v = s.normals(16 * 16);
      return v.map((x, i) => (x + v[16 * Math.floor(i / 16) + ((i + 1) % 16)]!) / 2);
    });
    const { power } = noisePower(regions, {
      shape: [16, 16],
      spacing: [1, 1],
      detrend: "ensemble",
    });
    for (const k of [1, 3, 6]) {
      let column = 0;
      for (let j = 0; j < 16; j++) column += power[j * 16 + k]! / 16;
      expect(column / Math.cos((Math.PI * k) / 16) ** 2).toBeGreaterThan(0.9); // 300·16 values: sd 2 %, 5 sd
      expect(column / Math.cos((Math.PI * k) / 16) ** 2).toBeLessThan(1.1);
    }
  });

  it("as a metric of cubes, integrates to the variance over consecutive slices alone", () => {
    const s = streamOf(9, "cubes");
    const shape = [20, 24, 24];
    const volume = makeImage(
      Float32Array.from({ length: 20 * 24 * 24 }, () => 3 * s.normal()),
      shape,
      { spacing: [2, 0.5, 0.5] },
    );
    const found = nps.measure(volume, {}, { side: 8, dimensions: "3", detrend: "mean" });
    if (found.status !== "ok") throw new Error(found.cause);
    expect(found.parts!.regions).toBe(2 * 9);
    // White noise: σ² Δz Δy Δx = 9 · 0.5 everywhere; 18 cubes of 512 values know σ to 1/√(2 · 9216) = 0.7 %.
    expect(Math.abs(found.value / 3 - 1)).toBeLessThan(0.04);
    const curve = found.curves!.radial!;
    const plateau = curve.y.slice(1).reduce((a, b) => a + b, 0) / (curve.y.length - 1);
    expect(Math.abs(plateau / 4.5 - 1)).toBeLessThan(0.15);
    expect(curve.yLabel).toMatch(/mm³/);
    // Slices 3 to 9 and 11 to 18: only the second run holds a cube.
    const inside = Float32Array.from({ length: volume.data.length }, (_, i) => {
      const z = Math.floor(i / 576);
      return z >= 3 && z <= 18 && z !== 10 ? 1 : 0;
    });
    const mask = regionOfMask(makeImage(inside, shape));
    const parted = nps.measure(volume, { mask }, { side: 8, dimensions: "3" });
    expect(parted.status === "ok" && parted.parts!.regions).toBe(9);
    const plane = makeImage(new Float32Array(256), [16, 16]);
    expect(nps.measure(plane, {}, { side: 8, dimensions: "3" }).status).toBe("undefined");
  });

  it("as a metric, gives the standard deviation and says how many regions it used", () => {
    const s = streamOf(4, "metric");
    const image = makeImage(
      Float32Array.from(s.normals(128 * 128), (v) => 40 + 8 * v),
      [128, 128],
      { unit: "HU", spacing: [1, 0.5, 0.5] },
    );
    const r = nps.measure(image, {}, { detrend: "mean" });
    expect(r).toMatchObject({ status: "ok", unit: "HU", parts: { regions: 16 } });
    expect(r.status === "ok" && Math.abs(r.value - 8)).toBeLessThan(0.25); // sd of an sd over 16384 values is 0.044; 5 of them
    expect(nps.measure(image, { mask: regionOfShape("disk:5,5,3", image) }).status).toBe(
      "undefined",
    );
  });
});

const gaussianEdge = (
  sigma: number,
  f: (x: number, y: number) => number,
  n = 96,
  spacing = 0.5,
) => {
  // Error-function edge by a fine sum of the Gaussian line spread; independent of the code under test.
  const table = new Float64Array(4001);
  let sum = 0;
  for (let i = 0; i <= 4000; i++) {
    const d = (i - 2000) / 100;
    sum += (Math.exp((-d * d) / 2) * 0.01) / Math.sqrt(2 * Math.PI);
    table[i] = sum - (0.5 * Math.exp((-d * d) / 2) * 0.01) / Math.sqrt(2 * Math.PI);
  }
  const cdf = (t: number) => table[Math.max(0, Math.min(4000, Math.round(t * 100) + 2000))]!;
  return makeImage(
    Float32Array.from(
      { length: n * n },
      (_, i) => 100 * cdf(f((i % n) * spacing, Math.floor(i / n) * spacing) / sigma),
    ),
    [n, n],
    { spacing: [1, spacing, spacing] },
  );
};

describe("transfer functions", () => {
  const sigma = 0.8;
  const truth = (f: number) => Math.exp(-2 * (Math.PI * sigma * f) ** 2);
  it("recovers a Gaussian blur from a tilted edge", () => {
    const tilt = 0.07;
    const image = gaussianEdge(sigma, (x, y) => (x - 24 - tilt * (y - 24)) / Math.hypot(1, tilt));
    const found = transferFromEdge(image);
    expect(found.angleRad).toBeCloseTo(Math.atan(tilt), 3);
    expect(Math.abs(found.contrast)).toBeCloseTo(100, 0);
    found.frequency.forEach((f, i) => {
      // Truncation by the Hann window and the table's step of σ/100 leave under 0.02.
      expect(Math.abs(found.transfer[i]! - truth(f))).toBeLessThan(0.02);
    });
    expect(found.f50).toBeCloseTo(Math.sqrt(Math.log(2) / 2) / (Math.PI * sigma), 2);
  });

  it("recovers it from a disk of radius ten times the blur", () => {
    // The blurred disk is not exactly a blurred straight edge: the error is of order (σ/R)² = 1 %; bound 3 %.
    const image = gaussianEdge(sigma, (x, y) => 9 - Math.hypot(x - 24, y - 24), 96);
    const found = transferFromDisk(image, { x: 48, y: 48, radius: 9, reach: 6 });
    found.frequency.forEach((f, i) =>
      expect(Math.abs(found.transfer[i]! - truth(f))).toBeLessThan(0.03),
    );
    expect(found.contrast).toBeCloseTo(100, 0);
  });

  it("gives the NEQ of a Poisson-like detector: mean² T²/NPS", () => {
    const image = gaussianEdge(sigma, (x, y) => (x - 24 - 0.07 * (y - 24)) / Math.hypot(1, 0.07));
    const transfer = transferFromEdge(image);
    const neq = noiseEquivalentQuanta(
      { frequency: Float64Array.of(0, 0.25), power: Float64Array.of(4, 2) },
      { transfer, mean: 10 },
    );
    expect(neq[0]).toBeCloseTo(25, 6);
    expect(neq[1]! / (50 * truth(0.25) ** 2)).toBeCloseTo(1, 1);
  });

  it("refuses an image without an edge", () => {
    expect(() => transferFromEdge(makeImage(new Float32Array(64), [8, 8]))).toThrow(
      /found no edge/,
    );
  });
});

describe("cnr and uniformity", () => {
  const image = makeImage(
    Float32Array.from(
      { length: 64 * 64 },
      (_, i) => (i % 64 < 32 ? 20 : 10) + ((i + Math.floor(i / 64)) % 2 === 0 ? 1 : -1),
    ),
    [64, 64],
    { unit: "HU" },
  );
  it("gives hand-worked ratios", () => {
    // ±1 checkerboard over 400 voxels: sample sd √(400/399).
    const context = {
      mask: regionOfShape("rectangle:4,4,20,20", image),
      background: regionOfShape("rectangle:40,4,20,20", image),
    };
    const r = cnr.measure(image, context);
    expect(r.status === "ok" && r.value).toBeCloseTo(10 / Math.sqrt(400 / 399), 10);
    expect(() => cnr.measure(image, { mask: context.mask })).toThrow(/wanted both/);
  });
  it("measures a cupping ramp as its height", () => {
    const ramp = makeImage(
      Float32Array.from({ length: 101 * 101 }, (_, i) => 0.1 * Math.abs((i % 101) - 50)),
      [101, 101],
    );
    const r = uniformity.measure(ramp);
    // Peripheral disks lie at width/2 − 2·width/20 = 40.4 px; their mean |x − 50| there is 40 or 41 up to the pixel grid.
    expect(r.status === "ok" && Math.abs(r.value - (4.04 - 0.22))).toBeLessThan(0.1);
  });
});

describe("ring correlation", () => {
  const s = streamOf(9, "frc");
  const a = s.normals(64 * 64);
  it("is 1 for equal patches and finds where a low-pass ends", () => {
    expect(
      [...ringCorrelation(a, a, { side: 64 }).correlation].every((v) => Math.abs(v - 1) < 1e-9),
    ).toBe(true);
    const b = s.normals(64 * 64);
    const independent = ringCorrelation(a, b, { side: 64 }).correlation;
    // Ring r holds about 2πr values in conjugate pairs, Hann leakage about triples the variance: bound 5·√(3/(πr)).
    independent.forEach((v, i) =>
      expect(Math.abs(v)).toBeLessThan(5 * Math.sqrt(3 / (Math.PI * (i + 1)))),
    );
  });
  it("marks the patch that was replaced", () => {
    const reference = makeImage(Float32Array.from(a), [64, 64]);
    const changed = Float32Array.from(a);
    const other = s.normals(256);
    for (let k = 0; k < 256; k++)
      changed[(32 + Math.floor(k / 16)) * 64 + 32 + (k % 16)] = other[k]!;
    const map = ringCorrelationMap(makeImage(changed, [64, 64]), reference, { side: 16, step: 16 });
    expect(map.suspicious).toEqual([expect.objectContaining({ x: 32, y: 32 })]);
  });
});

describe("radial curve", () => {
  it("carries its units", () => {
    const r = radialNoisePower(
      noisePower([[1, 2, 3, 4]], { shape: [2, 2], spacing: [1, 1] }),
      "HU",
    );
    expect(r.yLabel).toBe("NPS (HU²·mm²)");
  });
});
