import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { usualTraining } from "../denoise/trained-on.ts";
import type { BatchSource, DrawRequest } from "./batch.ts";
import { factsOf, rangesOf, trainedOnOf } from "./training-range.ts";

const shape = [8, 1, 64, 64];

/** Noise of level 0.1 that is Gaussian-correlated along x with the given standard deviation in px. */
function correlated(width: number, pair: "clean" | "again"): BatchSource {
  const taps = Array.from({ length: 33 }, (_, k) =>
    width === 0 ? (k === 16 ? 1 : 0) : Math.exp(-((k - 16) ** 2) / (2 * width * width)),
  );
  const norm = Math.hypot(...taps);
  const noise = (seed: string, step: number) => {
    const stream = streamOf(1, seed, step);
    const out = new Float32Array(8 * 64 * 64);
    for (let row = 0; row < 8 * 64; row++) {
      const white = Array.from({ length: 96 }, () => stream.normal());
      for (let x = 0; x < 64; x++) {
        const sum = taps.reduce((s, tap, k) => s + tap * white[x + k]!, 0);
        out[row * 64 + x] = (0.1 * sum) / norm;
      }
    }
    return { shape, data: out };
  };
  const zero = { shape, data: new Float32Array(8 * 64 * 64) };
  return {
    shapes: { noisy: shape, [pair]: shape },
    draw: ({ step }) => ({
      noisy: noise("a", step),
      [pair]: pair === "clean" ? zero : noise("b", step),
    }),
  };
}

describe("ranges of a training", () => {
  it.each(["clean", "again"] as const)(
    "are measured from %s images where the source says nothing",
    async (pair) => {
      const white = await trainedOnOf(correlated(0, pair));
      // White noise measures the half width of the sinc, twice 0.603; a patch of 4096 px errs by a few per cent.
      expect(white.grain.low).toBeLessThan(1.207);
      expect(white.grain.high).toBeGreaterThan(1.207);
      expect(white.grain.high - white.grain.low).toBeLessThan(0.1);
      // A standard deviation errs by 1.1 %, the largest of 96 by less than four times that.
      expect(white.noise.low).toBeGreaterThan(0.095);
      expect(white.noise.high).toBeLessThan(0.105);
      // The autocorrelation of a Gaussian of s px is one of √2·s: 2.355·√2·s wide.
      const { grain } = await trainedOnOf(correlated(1.5, pair));
      const width = 2.3548 * Math.SQRT2 * 1.5;
      expect(grain.low).toBeGreaterThan(0.9 * width);
      expect(grain.low).toBeLessThan(width);
      expect(grain.high).toBeGreaterThan(width);
      expect(grain.high).toBeLessThan(1.1 * width);
    },
  );

  it("span every width that the images have", async () => {
    const [fine, coarse] = [correlated(0, "clean"), correlated(1.5, "clean")];
    const both = { ...fine, draw: (r: DrawRequest) => (r.step % 2 === 0 ? fine : coarse).draw(r) };
    const { grain } = await trainedOnOf(both);
    expect(grain.low).toBeLessThan(1.25);
    expect(grain.high).toBeGreaterThan(4.5);
  });

  it("are what the source says where it says it", async () => {
    const source = correlated(1.5, "clean");
    const noise = { low: 0, high: 0.2 };
    const said = await trainedOnOf({ ...source, trainedOn: { noise, units: ["HU"] } });
    expect(said).toMatchObject({ noise, units: ["HU"], modalities: ["CT"] });
    expect(said.grain.high).toBeGreaterThan(4);
    expect(await trainedOnOf({ shapes: { noisy: shape }, draw: () => ({}) })).toEqual(
      usualTraining,
    );
  });

  it("join those of sources, the window that is drawn most first", () => {
    const window = (low: number, high: number, weight: number) => ({
      low,
      high,
      weight,
      clip: false,
    });
    const ct = { unit: "HU", spacing: [3, 0.7, 0.8], spacingKnown: true } as const;
    const mr = { unit: "arbitrary", spacing: [1, 1, 1], spacingKnown: false } as const;
    const { units, spacing, windows } = rangesOf([
      { about: factsOf(ct, [window(-1000, 1000, 1), window(-160, 240, 3)]), weight: 1 },
      {
        about: factsOf(mr, [{ percentiles: [1, 99], weight: 1, clip: false }]),
        weight: 10,
      },
      { weight: 5 },
    ]);
    expect(units).toEqual(["HU", "arbitrary"]);
    expect(spacing).toEqual({ low: 0.7, high: 0.8 });
    expect(windows).toEqual([
      { percentiles: [1, 99] },
      { unit: "HU", low: -160, high: 240 },
      { unit: "HU", low: -1000, high: 1000 },
    ]);
  });
});
