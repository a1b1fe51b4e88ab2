import { describe, expect, it } from "vitest";
import { gainDb, scene, sceneVolume, withGaussianNoise } from "../../test/denoise-scene.ts";
import { CancelledError } from "../core/errors.ts";
import { makeImage, withData } from "../core/image.ts";
import { bm3d } from "./bm3d.ts";

const truth = scene(96, 100);
const noisy = withGaussianNoise(truth, 15, 1);

/** Curved stripes of changing width: the texture that block matching is made for. */
const waves = makeImage(
  Float32Array.from({ length: 96 * 96 }, (_, i) => {
    const [y, x] = [Math.floor(i / 96), i % 96];
    return 120 + 60 * Math.sin(x / 3 + (y * y) / 400) + 30 * Math.cos(y / 5);
  }),
  [96, 96],
);

describe("bm3d", () => {
  it("gains by its second stage", async () => {
    const loud = withGaussianNoise(waves, 25, 1);
    const first = await bm3d.denoise(loud, { stages: 1 }, { sigma: 25 });
    const second = await bm3d.denoise(loud, {}, { sigma: 25 });
    expect(gainDb(waves, loud, first)).toBeGreaterThan(8);
    expect(gainDb(waves, loud, second)).toBeGreaterThan(gainDb(waves, loud, first) + 0.3);
  });

  it("does not depend on the number of threads", async () => {
    const one = await bm3d.denoise(noisy, {}, { sigma: 15, threads: 1 });
    const two = await bm3d.denoise(noisy, {}, { sigma: 15, threads: 2 });
    expect([...two.data]).toEqual([...one.data]);
  });

  it("moves with an offset and scales with the unit", async () => {
    const plain = await bm3d.denoise(noisy, {}, { sigma: 15 });
    const moved = await bm3d.denoise(
      withData(
        noisy,
        noisy.data.map((v) => 4 * v - 1024),
      ),
      {},
      { sigma: 60 },
    );
    // Rounding can exchange two equally near blocks: a small part of the pixels by a part of σ.
    const differences = moved.data.map((v, i) => Math.abs((v + 1024) / 4 - plain.data[i]!));
    const rms = Math.sqrt(differences.reduce((s, v) => s + v * v, 0) / differences.length);
    expect(rms).toBeLessThan(0.02 * 15);
  });

  it("has a profile for strong noise that pays far above 40/255 of the range", async () => {
    const loud = withGaussianNoise(waves, 100, 2);
    const normal = await bm3d.denoise(loud, { profile: "normal" }, { sigma: 100 });
    const strong = await bm3d.denoise(loud, {}, { sigma: 100 });
    expect(gainDb(waves, loud, strong)).toBeGreaterThan(gainDb(waves, loud, normal));
  });

  it("joins slices: four-dimensional groups beat slice by slice on a volume", async () => {
    const volume = sceneVolume(12, 48);
    const loud = withGaussianNoise(volume, 20, 3);
    const blocks = await bm3d.denoise(loud, {}, { sigma: 20 });
    const slices = await bm3d.denoise(loud, { volume: "slices" }, { sigma: 20 });
    expect(gainDb(volume, loud, blocks)).toBeGreaterThan(gainDb(volume, loud, slices));
  });

  it("reports progress that rises to the end, and stops when cancelled", async () => {
    const seen: number[] = [];
    await bm3d.denoise(noisy, {}, { sigma: 15, onProgress: ({ done }) => seen.push(done) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(1000);
    await expect(
      bm3d.denoise(noisy, {}, { sigma: 15, signal: AbortSignal.abort() }),
    ).rejects.toThrow(CancelledError);
  });

  it("takes images smaller than its blocks", async () => {
    const small = withGaussianNoise(scene(5, 7), 5, 1);
    const out = await bm3d.denoise(small, {}, { sigma: 5 });
    expect(out.data.every(Number.isFinite)).toBe(true);
  });
});
