import { afterAll, describe, expect, it } from "vitest";
import { gainDb, scene, withGaussianNoise } from "../../test/denoise-scene.ts";
import { InputError } from "../core/errors.ts";
import { type Image, makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { colourParts } from "./colour-parts.ts";
import { denoise } from "./denoise.ts";

afterAll(endIdleWorkers);

const n = 64;
const clean = scene(n);
const noisyGrey = withGaussianNoise(clean, 10, 1).data.map((v) =>
  Math.min(255, Math.max(0, Math.round(v))),
);

/** Channels one after the other, as an image with a c axis. */
function image(...channels: readonly ArrayLike<number>[]): Image {
  const data = new Float32Array(channels.length * n * n);
  channels.forEach((values, c) => data.set(Float32Array.from(values), c * n * n));
  return makeImage(data, [channels.length, n, n], { axes: "cyx" });
}

const channelOf = (of: Image, c: number) => of.data.subarray(c * n * n, (c + 1) * n * n);
const options = { method: "non-local-means", threads: 1 } as const;

describe("colour images", () => {
  it("of grey in three channels are denoised as one", async () => {
    const one = await denoise(makeImage(noisyGrey, [n, n]), options);
    const three = await denoise(image(noisyGrey, noisyGrey, noisyGrey), options);
    for (let c = 0; c < 3; c++) expect(channelOf(three.image, c)).toEqual(one.image.data);
    expect(three.level).toEqual(one.level);
    expect(three.rmsChange).toBeCloseTo(one.rmsChange, 6);
  });

  it("keep text, marks and alpha to the bit, and do not see what is transparent", async () => {
    const text = (i: number) => i % n > 5 && i % n < 20 && Math.floor(i / n) === 8;
    const mark = (i: number) => i % n > 40 && i % n < 50 && Math.floor(i / n) === 50;
    const [r, g, b] = [255, 20, 20].map((colour) =>
      noisyGrey.map((v, i) => (text(i) ? 255 : mark(i) ? colour : Math.min(v, 240))),
    );
    const alpha = noisyGrey.map((_, i) => (i % n < 4 ? 0 : 200));
    const before = image(r!, g!, b!, alpha);
    const done = await denoise(before, options);
    expect(channelOf(done.image, 3)).toEqual(alpha);
    for (let c = 0; c < 3; c++) {
      channelOf(done.image, c).forEach((v, i) => {
        if (text(i) || mark(i) || i % n < 4) expect(v).toBe(channelOf(before, c)[i]);
      });
    }
    expect(done.notes.join("; ")).toMatch(/9 coloured pixels/);
    expect(done.notes.join("; ")).toMatch(/14 pixels at the largest value/);
    expect(done.image.data).not.toEqual(before.data);
    // Whatever stands where nothing is seen changes nothing elsewhere.
    const wild = before.data.map((v, i) => (i < 3 * n * n && i % n < 4 ? 111 : v));
    const other = await denoise(makeImage(wild, before.shape, { axes: "cyx" }), options);
    other.image.data.forEach((v, i) => {
      if (i % n >= 4) expect(v).toBe(done.image.data[i]);
    });
  });

  it("keep smoothly drawn letters whole, the rim that lies between them and the image too", async () => {
    // A stroke of 2 × 16 pixels at the top value with a rim half as bright around it.
    const stroke = (i: number) => {
      const [y, x] = [Math.floor(i / n), i % n];
      const inside = (d: number) => y >= 20 - d && y <= 21 + d && x >= 10 - d && x <= 25 + d;
      return inside(0) ? 1 : inside(1) ? 0.5 : 0;
    };
    const [r, g, b] = [255, 255, 255].map((top) =>
      noisyGrey.map((v, i) => Math.round(Math.min(v, 240) * (1 - stroke(i)) + top * stroke(i))),
    );
    const before = image(r!, g!, b!);
    const done = await denoise(before, options);
    for (let c = 0; c < 3; c++) {
      const was = channelOf(before, c);
      channelOf(done.image, c).forEach((v, i) => {
        if (stroke(i) > 0) expect(v).toBe(was[i]);
      });
    }
    expect(done.image.data).not.toEqual(before.data);
  });

  it("of true colours gain more than channel by channel where these are alike", async () => {
    const stream = streamOf(6, "colour");
    const tints = [0.9, 0.7, 0.5];
    const truths = tints.map((t) => clean.data.map((v) => 20 + t * v));
    const noisy = truths.map((truth) => truth.map((v) => v + 12 * stream.normal()));
    const done = await denoise(image(...noisy), options);
    expect(done.notes.join()).toMatch(/luminance and two differences/);
    let [together, apart] = [0, 0];
    for (let c = 0; c < 3; c++) {
      const of = (values: Float32Array) => makeImage(Float32Array.from(values), [n, n]);
      const alone = await denoise(of(noisy[c]!), options);
      together += gainDb(of(truths[c]!), of(noisy[c]!), of(channelOf(done.image, c))) / 3;
      apart += gainDb(of(truths[c]!), of(noisy[c]!), alone.image) / 3;
    }
    expect(together).toBeGreaterThan(apart + 0.3);
  });

  it("go through the change of colours and back", () => {
    const stream = streamOf(7, "colour");
    const draw = () => Float32Array.from({ length: n * n }, () => 100 * stream.uniform() + 0.25);
    const before = image(draw(), draw(), draw());
    const { kind, parts, join } = colourParts(before);
    expect(kind).toBe("colour");
    const energy = (values: Float32Array) => values.reduce((s, v) => s + v * v, 0);
    const sum = parts.reduce((s, part) => s + energy(part.data), 0);
    expect(sum / energy(before.data)).toBeCloseTo(1, 5);
    join(parts.map(({ data }) => data)).data.forEach((v, i) =>
      expect(v).toBeCloseTo(before.data[i]!, 3),
    );
  });

  it("are refused where the channels are no colours", async () => {
    const two = image(noisyGrey, noisyGrey);
    await expect(denoise(two, { ...options, components: "complex" })).rejects.toThrow(
      /found complex, wanted grey, RGB/,
    );
    await expect(
      denoise(image(...Array.from({ length: 5 }, () => noisyGrey)), options),
    ).rejects.toThrow(InputError);
    const guide = makeImage(noisyGrey, [n, n]);
    await expect(
      denoise(image(noisyGrey, noisyGrey, noisyGrey), { method: "joint-bilateral", guide }),
    ).rejects.toThrow(/colour/);
  });
});
