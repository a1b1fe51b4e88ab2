import { describe, expect, it } from "vitest";
import { scene, sceneVolume, withGaussianNoise } from "../../../test/denoise-scene.ts";
import { economical } from "../../../test/denoiser-cases.ts";
import { InputError } from "../../core/errors.ts";
import { type Image, makeImage, sizeOf, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { cosineTransform } from "../../math/cosine-transform.ts";
import { catalogue } from "../catalogue.ts";
import type { Denoiser } from "../denoiser.ts";
import { findDenoiser } from "../find-denoiser.ts";
import { bandKeeping } from "./band.ts";
import { cosineFrequency, lowPass } from "./low-pass.ts";
import { defaultShare, handBackPlanes, preserving } from "./preserving.ts";

/** Not a denoiser at all: a smooth pattern of its own, bent and clipped. */
const wild: Denoiser = {
  name: "wild",
  title: "Wild",
  summary: "Anything.",
  references: [],
  noise: "any",
  dimensions: [2],
  parameters: {},
  denoise: async (image) => {
    const stream = streamOf(9, "wild");
    return withData(
      image,
      image.data.map((v, i) => 40 * Math.tanh(v / 50) + 9 * Math.sin(i / 5) + 20 * stream.normal()),
    );
  },
};

/** A template whose cosine spectrum is random inside the core and 0 outside. */
function templateOf(
  shape: readonly number[],
  spacing: readonly number[],
  core: number,
  seed: number,
) {
  const stream = streamOf(seed, "template");
  const coefficients = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    let [rest, square] = [i, 0];
    for (let a = shape.length - 1; a >= 0; a--) {
      const n = shape[a]!;
      square += cosineFrequency(rest % n, { n, spacing: spacing[a]! }) ** 2;
      rest = Math.floor(rest / n);
    }
    return Math.sqrt(square) <= core ? stream.normal() : 0;
  });
  return cosineTransform(coefficients, { shape, inverse: true });
}

const dot = (w: Float64Array, x: ArrayLike<number>, from = 0) =>
  w.reduce((sum, v, i) => sum + v * x[from + i]!, 0);

/** Largest |wᵀ f̂ − wᵀ g| over templates of norm 1, beside the same for f alone. */
function responses(
  images: { noisy: Image; kept: Image; plain: Image },
  templates: readonly Float64Array[],
) {
  let [kept, plain] = [0, 0];
  for (const w of templates) {
    const length = Math.sqrt(dot(w, w));
    for (let from = 0; from < images.noisy.data.length; from += w.length) {
      const wanted = dot(w, images.noisy.data, from);
      kept = Math.max(kept, Math.abs(dot(w, images.kept.data, from) - wanted) / length);
      plain = Math.max(plain, Math.abs(dot(w, images.plain.data, from) - wanted) / length);
    }
  }
  return { kept, plain };
}

const noisy = withGaussianNoise(
  makeImage(scene(60, 51).data, [60, 51], { spacing: [3, 0.9, 0.6], unit: "HU" }),
  12,
  4,
);

describe("the theorem: templates of the core respond as on the noisy image", () => {
  const cheap = [
    "gaussian",
    "median",
    "non-local-means",
    "bm3d",
    "total-variation",
    "wavelet-shrinkage",
  ];

  it.each([...cheap, "wild"])("after %s", async (name) => {
    const inner = name === "wild" ? wild : await findDenoiser(name);
    for (const keepBand of ["flat-top", "ideal"] as const) {
      const kept = await preserving(inner).denoise(noisy, { keep: 5, keepBand }, { sigma: 12 });
      const plain = await inner.denoise(noisy, {}, { sigma: 12 });
      const { core } = bandKeeping({
        diameterMm: 5,
        share: defaultShare,
        form: keepBand,
        dimensions: 2,
      });
      const templates = [1, 2, 3].map((seed) => templateOf([60, 51], [0.9, 0.6], core, seed));
      const found = responses({ noisy, kept, plain }, templates);
      // Values up to 250 are rounded by 2⁻²⁴ of themselves, 3060 of them: a norm of at most 8e-4.
      expect(found.kept).toBeLessThan(8e-4);
      expect(found.plain).toBeGreaterThan(1);
    }
  });

  it("after a volume, in every plane, or over the volume", async () => {
    const spacing = [1.5, 0.8, 0.8] as const;
    const shape = [9, 22, 20];
    const volume = withGaussianNoise(
      makeImage(sceneVolume(9, 22, 20).data, shape, { spacing, unit: "HU" }),
      12,
      5,
    );
    const inner = await findDenoiser("median");
    const plain = await inner.denoise(volume);
    for (const keepOver of ["planes", "volume"] as const) {
      const kept = await preserving(inner).denoise(volume, { keepOver });
      const flat = keepOver === "planes";
      const { core } = bandKeeping({
        diameterMm: 5,
        share: defaultShare,
        form: "flat-top",
        dimensions: flat ? 2 : 3,
      });
      const template = flat
        ? templateOf([22, 20], spacing.slice(1), core, 1)
        : templateOf(shape, spacing, core, 1);
      const found = responses({ noisy: volume, kept, plain }, [template]);
      expect(found.kept).toBeLessThan(1e-3);
      expect(found.plain).toBeGreaterThan(0.3);
    }
  });
});

describe("preserving", () => {
  it("is the low-pass of the noisy image where the denoiser is flat, and the denoiser beyond the band", async () => {
    const flat: Denoiser = {
      ...wild,
      denoise: async (image) =>
        withData(
          image,
          image.data.map(() => 7),
        ),
    };
    const kept = await preserving(flat).denoise(noisy, { keep: 4 }, { sigma: 12 });
    const band = bandKeeping({
      diameterMm: 4,
      share: defaultShare,
      form: "flat-top",
      dimensions: 2,
    });
    const wanted = lowPass(noisy.data, { shape: [60, 51], spacing: [0.9, 0.6], ...band });
    kept.data.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 3));
  });

  it("keeps at least the share of a disk's response, at any spacing, along rows and columns alike", () => {
    // The pixels' own aperture blurs the disk that is drawn, which keeps more of it the larger they are.
    for (const [sy, sx, most] of [
      [0.3, 0.3, 0.8],
      [0.7, 0.7, 0.84],
      [1, 0.5, 0.84],
    ] as const) {
      const [ny, nx] = [Math.round(64 / sy), Math.round(64 / sx)];
      const disk = Float64Array.from({ length: ny * nx }, (_, i) => {
        let inside = 0;
        for (let a = 0; a < 25; a++) {
          const y = (Math.floor(i / nx) + ((a % 5) - 2) / 5 - ny / 2) * sy;
          const x = ((i % nx) + (Math.floor(a / 5) - 2) / 5 - nx / 2) * sx;
          if (Math.hypot(y, x) < 2.5) inside++;
        }
        return inside / 25;
      });
      const band = bandKeeping({
        diameterMm: 5,
        share: defaultShare,
        form: "flat-top",
        dimensions: 2,
      });
      const after = lowPass(disk, { shape: [ny, nx], spacing: [sy, sx], ...band });
      const share = dot(disk, after) / dot(disk, disk);
      expect(share).toBeGreaterThan(defaultShare);
      expect(share).toBeLessThan(most);
    }
  });

  it("is a symmetric filter that work beyond its end does not change", () => {
    const stream = streamOf(4, "symmetric");
    const draw = () => Float64Array.from({ length: 35 * 24 }, () => stream.normal());
    const [a, b] = [draw(), draw()];
    const band = bandKeeping({
      diameterMm: 6,
      share: defaultShare,
      form: "flat-top",
      dimensions: 2,
    });
    const of = (x: Float64Array, end?: number) =>
      lowPass(x, {
        shape: [35, 24],
        spacing: [1, 1.4],
        transfer: band.transfer,
        ...(end ? { end } : {}),
      });
    expect(dot(of(a), b)).toBeCloseTo(dot(a, of(b)), 10);
    of(a, band.end).forEach((v, i) => expect(v).toBeCloseTo(of(a)[i]!, 12));
  });

  it("of 0 is the method alone", async () => {
    const inner = await findDenoiser("bilateral");
    const plain = await inner.denoise(noisy, { spatial: 2 }, { sigma: 12 });
    const kept = await preserving(inner).denoise(noisy, { spatial: 2, keep: 0 }, { sigma: 12 });
    expect(kept.data).toEqual(plain.data);
  });

  it("says when pixels are of unknown size, or the lesion hardly larger than they are", async () => {
    const inner = await findDenoiser("median");
    const said: string[] = [];
    const context = { sigma: 12, note: (text: string) => said.push(text) };
    await preserving(inner).denoise(noisy, { keep: 1 }, context);
    expect(said).toEqual([expect.stringMatching(/hardly larger than the pixels/)]);
    await preserving(inner).denoise(scene(24), { keep: 12 }, context);
    expect(said[1]).toMatch(/12 px/);
  });

  it("has parameters that no method has, and refuses to wrap itself", async () => {
    const own = Object.keys(preserving(wild).parameters);
    for (const name of Object.keys(catalogue)) {
      const { parameters } = await findDenoiser(name);
      for (const key of own) expect(Object.keys(parameters), name).not.toContain(key);
    }
    await expect(findDenoiser("preserving+preserving+median")).rejects.toThrow(InputError);
    expect(economical(await findDenoiser("preserving+median")).name).toBe("preserving+median");
  });
});

it("hands the band back to a result that is there already as the wrapper does", async () => {
  const noisy = withGaussianNoise(scene(48), 20, 3);
  const plain = await wild.denoise(noisy, {}, {});
  const parameters = { keep: 6, keepShare: 0.8 };
  const whole = await preserving(wild).denoise(noisy, parameters, {});
  const after = await handBackPlanes(plain, noisy, { parameters });
  for (const [i, v] of after.data.entries())
    expect(Math.abs(v - whole.data[i]!)).toBeLessThan(1e-3);
  expect(await handBackPlanes(plain, noisy, { parameters: { keep: 0 } })).toBe(plain);
  await expect(handBackPlanes(plain, noisy, { parameters: { keep: -1 } })).rejects.toThrow(
    InputError,
  );
});
