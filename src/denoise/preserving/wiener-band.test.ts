import { describe, expect, it } from "vitest";
import { type Image, makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { findDenoiser } from "../find-denoiser.ts";
import { bandKeeping, shareKept } from "./band.ts";
import { lowPass } from "./low-pass.ts";
import { preserving } from "./preserving.ts";
import { measuredNoisePower, wienerBand } from "./wiener-band.ts";

const n = 192;
const pitch = 0.7;
/** Power that rises with the frequency and falls again, as after filtered backprojection. */
const power = (f: number) => (f * pitch) ** 2 * Math.exp(-(((f * pitch) / 0.2) ** 2)) + 2e-4;

const noise = lowPass(streamOf(1).normals(n * n), {
  shape: [n, n],
  spacing: [pitch, pitch],
  transfer: (f) => Math.sqrt(power(f)),
});
const sd = Math.sqrt(noise.reduce((sum, v) => sum + v * v, 0) / n / n);
const image = makeImage(
  Float32Array.from(noise, (v) => 40 + (20 * v) / sd),
  [n, n],
  { spacing: [1, pitch, pitch], unit: "HU" },
);
const lesion = { diameterMm: 5, share: 0.75, dimensions: 2 } as const;

/** ∫ H² N over the plane's frequencies. */
const through = (transfer: (f: number) => number) => {
  let sum = 0;
  for (let f = 0.0005; f < 0.5 / pitch; f += 0.001) sum += transfer(f) ** 2 * power(f) * f;
  return sum;
};

describe("the band of least noise", () => {
  it("measures where the noise's power lies", () => {
    const measured = measuredNoisePower(image, { sigma: 20 })!;
    const rings = [1, 2, 3, 4].map((ring) => (ring + 0.5) / 16 / pitch);
    const scale = rings.reduce((sum, f) => sum + measured(f) / power(f), 0) / rings.length;
    // Some 121 windows overlapping by half, rings of 50 to 140 bins; a window's own leakage fills the steep first ring.
    for (const f of rings) expect(Math.abs(measured(f) / power(f) / scale - 1)).toBeLessThan(0.25);
  });

  it("keeps the share with less noise than the flat-top band, close to the filter for the true spectrum", () => {
    const measured = wienerBand(measuredNoisePower(image, { sigma: 20 })!, lesion);
    const ideal = wienerBand(power, lesion);
    const flatTop = bandKeeping({ ...lesion, form: "flat-top" });
    expect(shareKept(measured.transfer, lesion)).toBeGreaterThan(0.745);
    expect(through(measured.transfer)).toBeLessThan(0.97 * through(flatTop.transfer));
    expect(through(measured.transfer)).toBeLessThan(1.05 * through(ideal.transfer));
    expect(measured.core).toBeGreaterThan(0);
    expect(measured.edge).toBeGreaterThan(measured.core);
    expect(measured.end).toBeGreaterThan(measured.edge);
  });

  it("is what is handed back, and the flat-top band where nothing is flat", async () => {
    const median = await findDenoiser("median");
    const inner = {
      ...median,
      denoise: async (given: Image) =>
        withData(
          given,
          given.data.map(() => 40),
        ),
    };
    const kept = await preserving(inner).denoise(image, { keepBand: "wiener" }, { sigma: 20 });
    const band = wienerBand(measuredNoisePower(image, { sigma: 20 })!, lesion);
    const wanted = lowPass(
      image.data.map((v) => v - 40),
      { shape: [n, n], spacing: [pitch, pitch], ...band },
    );
    kept.data.forEach((v, i) => expect(Math.abs(v - 40 - wanted[i]!)).toBeLessThan(1e-3));
    const small = makeImage(
      image.data.slice(0, 24 * 24).map((v, i) => v + (i % 3) * 100),
      [24, 24],
      { spacing: [1, pitch, pitch], unit: "HU" },
    );
    const notes: string[] = [];
    const options = { sigma: 20, note: (text: string) => void notes.push(text) };
    const fallen = await preserving(inner).denoise(small, { keepBand: "wiener" }, options);
    expect(notes.join()).toMatch(/too little of the image is flat/);
    const usual = await preserving(inner).denoise(small, {}, { sigma: 20 });
    expect(fallen.data).toEqual(usual.data);
  });
});
