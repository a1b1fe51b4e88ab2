import { describe, expect, it } from "vitest";
import { scene } from "../../../test/denoise-scene.ts";
import { makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { lowPass } from "../preserving/low-pass.ts";
import { noiseSpectrum } from "./noise-spectrum.ts";

const n = 256;
const stream = streamOf(12, "spectrum");
const white = Float32Array.from({ length: n * n }, () => stream.normal());
const everywhere = { usable: new Uint8Array(n * n).fill(1) };
const ramp = Float32Array.from(
  { length: n * n },
  (_, i) => 0.2 * (i % n) - 0.1 * Math.floor(i / n),
);

describe("noise spectrum", () => {
  it("of white noise on a ramp is 1 in every ring", () => {
    const noisy = makeImage(
      ramp.map((v, i) => v + white[i]!),
      [n, n],
    );
    const { rings, meanFrequency, windows } = noiseSpectrum(noisy, { ...everywhere, sigma: 1 })!;
    expect(windows).toBe(225);
    // 1 − 3/21 in the first ring: three degrees of freedom of its 12 bins and their share of others go to the plane.
    expect(rings[0]!).toBeGreaterThan(0.7);
    rings.slice(1).forEach((v) => expect(Math.abs(v - 1)).toBeLessThan(0.08));
    // Mean of |f| over the square of frequencies: (√2 + ln(1 + √2))/6.
    expect(meanFrequency).toBeCloseTo((Math.SQRT2 + Math.log(1 + Math.SQRT2)) / 6, 2);
  });

  it("of blurred noise is the square of the blur's transfer", () => {
    const transfer = (f: number) => Math.exp(-2 * (Math.PI * f * 0.8) ** 2);
    const smooth = lowPass(white, { shape: [n, n], spacing: [1, 1], transfer });
    const sigma = Math.sqrt(smooth.reduce((s, v) => s + v * v, 0) / smooth.length);
    const image = makeImage(Float32Array.from(smooth), [n, n]);
    const { rings } = noiseSpectrum(image, { ...everywhere, sigma })!;
    const expected = (ring: number) => transfer((ring + 0.5) / 16) ** 2;
    for (const ring of [2, 3, 4]) {
      // Leakage of the windows' borders, and rings that are wide where the transfer falls: a tenth.
      expect(rings[ring]! / rings[1]!).toBeCloseTo(expected(ring) / expected(1), 1);
    }
    expect(rings[7]!).toBeLessThan(0.1);
  });

  it("leaves structure out, and says when nothing is flat", () => {
    const edges = scene(n).data.map((v, i) => v + white[i]!);
    const found = noiseSpectrum(makeImage(edges, [n, n]), { ...everywhere, sigma: 1 });
    expect(found!.windows).toBeLessThan(150);
    found!.rings.slice(1).forEach((v) => expect(Math.abs(v - 1)).toBeLessThan(0.25));
    const image = makeImage(edges, [n, n]);
    expect(noiseSpectrum(image, { usable: new Uint8Array(n * n), sigma: 1 })).toBeUndefined();
    expect(
      noiseSpectrum(withData(image, scene(n).data), { ...everywhere, sigma: 1e-3 }),
    ).toBeUndefined();
  });
});
