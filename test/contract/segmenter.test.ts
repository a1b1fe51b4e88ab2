/** Every segmenter: what it must do whatever it decides by. */
import { describe, expect, it } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { type Image, makeImage, withData } from "../../src/core/image.ts";
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { dice } from "../../src/metrics/dice.ts";
import { catalogue } from "../../src/observers/segmenters/catalogue.ts";
import type { LabelledImages } from "../../src/observers/segmenters/segmenter.ts";

/** Values of the classes; sizes and places of the disks differ from image to image. */
const values = [0, 40, 100, 60];

/** Three disks on a ground, of labels 1 to 3, with white noise. */
function drawn(seed: number, sigma: number, depth = 1): { image: Image; labels: Image } {
  const side = 48;
  const stream = streamOf(seed, "disks");
  const shape = depth === 1 ? [side, side] : [depth, side, side];
  const labels = new Float32Array(depth * side * side);
  for (const [k, [y0, x0]] of [
    [14, 14],
    [14, 34],
    [34, 24],
  ].entries()) {
    const [y, x, r] = [
      y0! + 3 * stream.uniform(),
      x0! + 3 * stream.uniform(),
      6 + 3 * stream.uniform(),
    ];
    for (let i = 0; i < labels.length; i++) {
      const at = i % (side * side);
      if (Math.hypot(Math.floor(at / side) - y, (at % side) - x) <= r) labels[i] = k + 1;
    }
  }
  const data = labels.map((label) => values[label]! + sigma * stream.normal());
  const geometry = { spacing: [3, 1, 1] as const };
  return {
    image: makeImage(data, shape, { ...geometry, unit: "HU" }),
    labels: makeImage(labels, shape, geometry),
  };
}

function training(sigma: number, depth = 1): LabelledImages {
  const pairs = [1, 2, 3, 4].map((seed) => drawn(seed, sigma, depth));
  return { images: pairs.map(({ image }) => image), labels: pairs.map(({ labels }) => labels) };
}

const meanDice = (found: Image, labels: Image): number => {
  const result = dice.measure(found, { reference: labels });
  return result.status === "ok" ? result.value : 0;
};

describe.each(Object.entries(catalogue))("segmenter %s", (name, open) => {
  it("is called as its file, and its parameters have their defaults in range", async () => {
    const segmenter = await open();
    expect(segmenter.name).toBe(name);
    resolveParameters(name, segmenter.parameters);
    expect(segmenter.references.length).toBeGreaterThan(0);
  });

  it.each([1, 3])(
    "finds what is plain to see, in %i plane(s), and never more than was shown",
    async (depth) => {
      const segmenter = await open();
      if (depth > 1 && !segmenter.dimensions.includes(3)) return;
      const trained = await segmenter.train(training(4, depth));
      if (trained.status !== "ok") throw new Error(trained.cause);
      const { image, labels } = drawn(9, 4, depth);
      const before = image.data.slice();
      const found = await trained.segment(image);
      expect(image.data).toEqual(before);
      expect(found.shape).toEqual(image.shape);
      expect(found.spacing).toEqual(image.spacing);
      // Neighbouring values lie 20 apart, five standard deviations of the noise.
      expect(meanDice(found, labels)).toBeGreaterThan(0.9);
      expect([...new Set(found.data)].every((v) => [0, 1, 2, 3].includes(v))).toBe(true);
      expect(await trained.segment(image)).toEqual(found);
    },
  );

  it("does worse the more noise there is", async () => {
    const segmenter = await open();
    const quality: number[] = [];
    for (const sigma of [5, 30, 120]) {
      const trained = await segmenter.train(training(sigma));
      if (trained.status !== "ok") throw new Error(trained.cause);
      let sum = 0;
      for (const seed of [11, 12, 13]) {
        const { image, labels } = drawn(seed, sigma);
        sum += meanDice(await trained.segment(image), labels);
      }
      quality.push(sum / 3);
    }
    expect(quality[0]).toBeGreaterThan(quality[1]!);
    expect(quality[1]).toBeGreaterThan(quality[2]!);
  });

  it("follows the unit: ten times the values, the same classes", async () => {
    const segmenter = await open();
    const tenfold = (image: Image) =>
      withData(
        image,
        image.data.map((v) => 10 * v - 300),
      );
    const plain = training(10);
    const { image } = drawn(21, 10);
    const a = await segmenter.train(plain);
    const b = await segmenter.train({ ...plain, images: plain.images.map(tenfold) });
    if (a.status !== "ok" || b.status !== "ok") throw new Error("refused");
    const [one, other] = [await a.segment(image), await b.segment(tenfold(image))];
    const differing = one.data.filter((v, i) => v !== other.data[i]).length;
    // Rounding to float32 moves voxels that lie on the border of two classes.
    expect(differing).toBeLessThan(0.005 * image.data.length);
  });

  it("refuses one class, and images that do not fit", async () => {
    const segmenter = await open();
    const { images, labels } = training(5);
    const flat = labels.map((one) => withData(one, new Float32Array(one.data.length)));
    expect((await segmenter.train({ images, labels: flat })).status).toBe("refused");
    await expect(segmenter.train({ images, labels: labels.slice(1) })).rejects.toThrow(InputError);
    const halves = labels.map((one) =>
      withData(
        one,
        one.data.map((v) => v + 0.5),
      ),
    );
    await expect(segmenter.train({ images, labels: halves })).rejects.toThrow(
      /found the label 0.5/,
    );
    const trained = await segmenter.train({ images, labels });
    if (trained.status !== "ok") throw new Error(trained.cause);
    const other = withData(images[0]!, images[0]!.data, { unit: "normalised" });
    await expect(trained.segment(other)).rejects.toThrow(/found an image in normalised/);
  });
});
