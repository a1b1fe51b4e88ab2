import { describe, expect, it } from "vitest";
import { type Image, makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { denoise } from "./denoise.ts";
import { train } from "./train.ts";

const side = 64;

/** Smooth waves, another for each number. */
function wavesOf(number: number): Float32Array {
  const [a, b] = [11 + 3 * number, 17 - 2 * number];
  return Float32Array.from(
    { length: side * side },
    (_, i) => 500 + 200 * (Math.sin((i % side) / a) + Math.cos(Math.floor(i / side) / b)),
  );
}
const image = (data: Float32Array): Image => makeImage(data, [side, side]);
const clean = [0, 1, 2].map((n) => image(wavesOf(n)));

/** Root mean square of the difference. */
function distance(a: Image, b: Image): number {
  const sum = a.data.reduce((s, v, i) => s + (v - b.data[i]!) ** 2, 0);
  return Math.sqrt(sum / a.data.length);
}

const small = {
  networkOptions: { depth: 3, width: 12, batchNorm: false },
  batch: 4,
  patch: 32,
  rate: 5e-3,
  seed: 1,
  threads: 1,
} as const;

describe("train", () => {
  it("learns from pairs what is no white noise: rows that differ by turns", async () => {
    const striped = ({ data }: Image): Image =>
      image(data.map((v, i) => v + (Math.floor(i / side) % 2 === 0 ? 60 : -60)));
    const model = await train(
      { noisy: clean.map(striped), clean },
      { ...small, steps: 120, sigma: 60 },
    );
    const truth = image(wavesOf(5));
    const before = striped(truth);
    const { image: after } = await denoise(before, { method: model.denoiser, sigma: 60 });
    await model.dispose();
    expect(distance(before, truth)).toBeCloseTo(60, 1);
    expect(distance(after, truth)).toBeLessThan(15);
  });

  it.each([
    ["noise2void", 5e-3, 0.6],
    ["neighbor2neighbor", 5e-3, 0.6],
    // The divergence by one probe is a noisy gradient: at higher rates the units of so small a network die.
    ["sure", 5e-4, 0.8],
  ] as const)("learns by %s from noisy images alone", async (method, rate, left) => {
    const stream = streamOf(3, "noise");
    const noisyOf = ({ data }: Image): Image => image(data.map((v) => v + 80 * stream.normal()));
    const model = await train(
      { noisy: clean.map(noisyOf) },
      { ...small, method, rate, steps: 150 },
    );
    const truth = image(wavesOf(5));
    const before = noisyOf(truth);
    const { image: after } = await denoise(before, { method: model.denoiser, sigma: 80 });
    await model.dispose();
    expect(distance(after, truth)).toBeLessThan(left * distance(before, truth));
  });

  it("takes the method that the images allow where none is named", async () => {
    const one = { ...small, steps: 1 };
    const [a, b] = [clean[0]!, clean[1]!];
    for (const images of [
      [a],
      { noisy: [a], clean: [b] },
      { noisy: [a], again: [b] },
      { noisy: [a] },
    ]) {
      const model = await train(images, one);
      expect(model.history).toHaveLength(1);
      await model.dispose();
    }
  });

  it("trains the further roles of a method from pairs of other objects", async () => {
    const critic = { network: { name: "patch-critic", options: { width: 4 } } };
    const model = await train(
      { noisy: [clean[0]!], clean: [clean[0]!] },
      { ...small, steps: 2, method: "wgan", roles: { critic } },
    );
    expect(model.history).toHaveLength(2);
    await model.dispose();
  });

  it.each([
    [{}, "found neither clean nor noisy images"],
    [[], "found no image"],
    [{ other: clean }, "found neither clean nor noisy images"],
    [{ clean, again: clean }, "found again without noisy images"],
    [{ noisy: clean, clean: clean.slice(1) }, "found 2 images clean for 3 noisy"],
    [
      { noisy: clean, clean: clean.map(({ data }) => makeImage(data, [32, 128])) },
      "found image 1 of clean with 32 × 128 values in arbitrary, wanted 64 × 64 in arbitrary",
    ],
    [{ noisy: [makeImage(new Float32Array(256), [16, 16])] }, "wanted at least 32 x 32"],
  ])("refuses images that do not go together: %#", async (images, message) => {
    await expect(train(images, { ...small, steps: 1 })).rejects.toThrow(message);
  });

  it("says what a method lacks", async () => {
    await expect(
      train({ noisy: clean }, { ...small, steps: 1, method: "supervised" }),
    ).rejects.toThrow(/supervised: found a source without clean, wanted clean/);
    await expect(train(clean, { ...small, steps: 1, method: "task-informed" })).rejects.toThrow(
      /observer/,
    );
  });
});
