import { describe, expect, it } from "vitest";
import { makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { normalCdf } from "../math/normal.ts";
import { frc } from "./frc.ts";
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
