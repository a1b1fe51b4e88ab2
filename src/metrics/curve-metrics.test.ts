import { describe, expect, it } from "vitest";
import { makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { frc } from "./frc.ts";
import { mtf } from "./mtf.ts";
import { neq } from "./neq.ts";
import { firstOrder } from "./radiomics/first-order.ts";
import { radiomics } from "./radiomics.ts";
import { regionOfShape } from "./region.ts";
import { ttf } from "./ttf.ts";

describe("ttf", () => {
  it("finds the half-transfer frequency of a Gaussian blur from the disk that the mask covers", () => {
    const [side, pixel, radius, sigma] = [96, 0.5, 16, 1];
    // A disk of 16 mm blurred by σ = 1 mm: its edge is nearly straight, an error function.
    const data = Float32Array.from({ length: side * side }, (_, i) => {
      const r = Math.hypot((i % side) - 47.3, Math.floor(i / side) - 48.2) * pixel;
      return 100 * normalCdf((radius - r) / sigma);
    });
    const image = makeImage(data, [side, side], { spacing: [1, pixel, pixel] });
    const mask = regionOfShape("disk:47.3,48.2,32", image);
    const found = ttf.measure(image, { mask });
    if (found.status !== "ok") throw new Error(found.cause);
    // exp(−2π²σ²f²) = 1/2.
    const want = Math.sqrt(Math.LN2 / (2 * Math.PI ** 2)) / sigma;
    // The curvature of the edge and the bins leave some per cent.
    expect(Math.abs(found.value / want - 1)).toBeLessThan(0.04);
    expect(found.parts!.contrast).toBeCloseTo(100, 0);
    expect(found.unit).toBe("1/mm");
    expect(ttf.measure(image).status).toBe("undefined");
  });
});

describe("mtf and neq", () => {
  const [side, pixel, sigma, tilt] = [128, 0.4, 0.5, 0.09];
  const noise = 2;
  /** A dark half of 40 and a bright one of 140, blurred by σ = 0.5 mm, with white noise of `noise`. */
  const edge = (label: string, sd = noise) => {
    const s = streamOf(8, label);
    return makeImage(
      Float32Array.from({ length: side * side }, (_, i) => {
        const [x, y] = [(i % side) - 40, Math.floor(i / side) - 64];
        const d = ((x - tilt * y) * pixel) / Math.hypot(1, tilt);
        return 40 + 100 * normalCdf(d / sigma) + sd * s.normal();
      }),
      [side, side],
      { spacing: [1, pixel, pixel] },
    );
  };
  // exp(−2π²σ²f²) = 1/2.
  const f50 = Math.sqrt(Math.LN2 / (2 * Math.PI ** 2)) / sigma;
  const image = edge("one");
  const mask = regionOfShape("rectangle:10,30,60,60", image);
  const background = regionOfShape("rectangle:76,8,48,112", image);

  it("finds the half-transfer frequency and the tilt, in a region of any outline", () => {
    for (const text of ["rectangle:10,30,60,60", "disk:40,64,30"]) {
      const found = mtf.measure(image, { mask: regionOfShape(text, image) });
      if (found.status !== "ok") throw new Error(found.cause);
      // Noise of 2 % of the step moves f50 by about one per cent; bound 4.
      expect(Math.abs(found.value / f50 - 1)).toBeLessThan(0.04);
      expect(Math.abs(found.parts!.contrast!)).toBeCloseTo(100, 0);
      expect(Math.abs(found.parts!["tilt (°)"]! - (Math.atan(tilt) * 180) / Math.PI)).toBeLessThan(
        0.1,
      );
      expect(found.parts!["Nyquist (1/mm)"]).toBe(1.25);
    }
    // The window that ends the profile narrows the line spread's variance by 3 %: f50 is 1.6 % high.
    const exact = mtf.measure(edge("clean", 0), { mask });
    expect(Math.abs((exact.status === "ok" ? exact.value : NaN) / f50 - 1)).toBeLessThan(0.02);
  });

  it("gives mean² MTF²/NPS, the noise being white: (140 · ½)²/(σ² Δ²) at half transfer", () => {
    const found = neq.measure(image, { mask, background });
    if (found.status !== "ok") throw new Error(found.cause);
    const want = (140 * 0.5) ** 2 / (noise ** 2 * pixel ** 2);
    // 21 regions: a ring of about 20 of 256 frequencies knows the noise power to 1/√(20 · 21/2) = 7 %, twice the error of f50 beside it.
    expect(Math.abs(found.value / want - 1)).toBeLessThan(0.25);
    expect(found.parts!.mean).toBeCloseTo(140, 0);
    expect(found.parts!.regions).toBe(21);
    const read = neq.measure(image, { mask, background }, { frequency: 0.8 });
    if (read.status !== "ok") throw new Error(read.cause);
    const fall = Math.exp(-2 * (2 * Math.PI ** 2) * sigma ** 2 * 0.8 ** 2);
    expect(Math.abs(read.value / ((140 ** 2 * fall) / (noise ** 2 * pixel ** 2)) - 1)).toBeLessThan(
      0.3,
    );
    // From the lowest frequency that the regions resolve: the trend took the mean away.
    expect(read.curves!.neq!.x[0]).toBeGreaterThan(1 / (16 * pixel) - 0.01);
    expect(Math.max(...read.curves!.neq!.y)).toBeLessThan((3 * 140 ** 2) / (noise * pixel) ** 2);
    const low = neq.measure(image, { mask, background }, { frequency: 0.05 });
    expect(low.status).toBe("undefined");
    // Doubling noise quarters the quanta.
    const louder = neq.measure(edge("loud", 2 * noise), { mask, background });
    expect(louder.status === "ok" && found.value / louder.value / 4).toBeGreaterThan(0.7);
    expect(louder.status === "ok" && found.value / louder.value / 4).toBeLessThan(1.4);
  });

  it("says why there is no value", () => {
    const flat = mtf.measure(image, { mask: background });
    expect(flat).toMatchObject({ status: "undefined" });
    const upright = makeImage(
      Float32Array.from({ length: 64 * 64 }, (_, i) => (i % 64 < 32 ? 0 : 1)),
      [64, 64],
    );
    const along = mtf.measure(upright);
    expect(along.status === "undefined" && `${along.cause} ${along.remedy}`).toMatch(
      /no sample .* tilted/s,
    );
    expect(mtf.measure(upright, {}, { bin: 1 }).status).toBe("ok");
    const constant = mtf.measure(makeImage(new Float32Array(64 * 64), [64, 64]));
    expect(constant.status === "undefined" && constant.cause).toMatch(/no edge/);
    const hounsfield = makeImage(image.data, image.shape, { unit: "HU" });
    const hu = neq.measure(hounsfield, { mask, background });
    expect(hu.status === "undefined" && hu.cause).toMatch(/no zero/);
    const narrow = neq.measure(image, { mask, background: regionOfShape("disk:100,64,5", image) });
    expect(narrow.status === "undefined" && narrow.cause).toMatch(/0 regions of 16×16/);
    expect(() => neq.measure(image, { mask })).toThrow(/wanted the edge's and a uniform one/);
    expect(() => mtf.measure(makeImage(new Float32Array(16), [4, 4]))).not.toThrow();
  });
});

describe("frc", () => {
  it("points at the patch whose fine structure was erased", () => {
    const side = 128;
    const stream = streamOf(3, "rings");
    const truth = makeImage(
      Float32Array.from({ length: side * side }, () => stream.normal()),
      [side, side],
    );
    const [x0, y0] = [64, 32];
    const smooth = truth.data.map((v, i) => {
      const [x, y] = [i % side, Math.floor(i / side)];
      if (x < x0 || x >= x0 + 32 || y < y0 || y >= y0 + 32) return v;
      let sum = 0;
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++) sum += truth.data[(y + dy) * side + x + dx]!;
      }
      return sum / 49;
    });
    const found = frc.measure(withData(truth, smooth), { reference: truth });
    if (found.status !== "ok") throw new Error(found.cause);
    expect(found.parts).toMatchObject({ "lowest at x (px)": x0, "lowest at y (px)": y0 });
    expect(found.parts!["suspicious patches"]).toBeGreaterThan(0);
    expect(found.value).toBeLessThan(0.5);
    const mask = regionOfShape("rectangle:0,64,128,64", truth);
    const below = frc.measure(withData(truth, smooth), { reference: truth, mask });
    // Rows 64 and below are untouched.
    expect(below.status === "ok" && below.value).toBeCloseTo(0.5, 6);
    const small = regionOfShape("rectangle:0,0,20,20", truth);
    expect(frc.measure(truth, { reference: truth, mask: small }).status).toBe("undefined");
  });
});

describe("radiomics", () => {
  it("gives the features of its families, of the clipped image where a window clips", () => {
    const stream = streamOf(4, "texture");
    const image = makeImage(
      Float32Array.from({ length: 40 * 40 }, () => 50 + 20 * stream.normal()),
      [40, 40],
    );
    const mask = regionOfShape("disk:20,20,12", image);
    const found = radiomics.measure(image, { mask }, { "bin-width": 5 });
    if (found.status !== "ok") throw new Error(found.cause);
    for (const [name, value] of Object.entries(firstOrder(image, { mask, binWidth: 5 }))) {
      expect(found.parts![`first-order ${name}`]).toBe(value);
    }
    expect(found.value).toBe(found.parts!["co-occurrence jointEntropy"]);
    const clipped = radiomics.measure(image, { mask, window: { low: 40, high: 60 } });
    if (clipped.status !== "ok") throw new Error(clipped.cause);
    expect(clipped.parts!["first-order maximum"]).toBe(60);
    expect(clipped.parts!["first-order minimum"]).toBe(40);
  });
});
