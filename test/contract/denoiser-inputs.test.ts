/**
 * What every denoiser promises on images that are hardly images: one slice, row or pixel, no noise, one hot
 * pixel, values far from 1, negative values, padding. Members are found through the catalogue; the shipped
 * network and a denoiser in every wrapper keep the same promises.
 */
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { type Image, makeImage, rangeOf, withData } from "../../src/core/image.ts";
import { catalogue } from "../../src/denoise/catalogue.ts";
import type { DenoiseContext, Denoiser } from "../../src/denoise/denoiser.ts";
import { findDenoiser, wrappers } from "../../src/denoise/find-denoiser.ts";
import { loadDenoisingModel } from "../../src/inference/files.ts";
import { learnedDenoiser } from "../../src/inference/learned-denoiser.ts";
import { endIdleWorkers } from "../../src/parallel/node.ts";
import { scene } from "../denoise-scene.ts";
import { economical, levelOf, noisy, worst, wrapped } from "../denoiser-cases.ts";

/** Clauses that a denoiser does not keep, and why. */
const exceptions: readonly {
  readonly name: string;
  readonly clause: "ramp" | "constant";
  readonly reason: string;
}[] = [
  {
    name: "median",
    clause: "ramp",
    reason:
      "an order filter knows no noise level; at the mirrored border it moves a slope by a step",
  },
  {
    name: "drunet-light",
    clause: "constant",
    reason:
      "a network is no affine map: told of noise where there is none, it moves a constant by a part of that noise",
  },
];

const network = "drunet-light";
const names = [
  ...Object.keys(catalogue),
  ...wrapped,
  "rician+non-local-means",
  "homomorphic+total-variation",
  "task-preserving+wiener",
  network,
];

const [ny, nx] = [30, 26];
/** Frames of the series that methods for series get in a plane's place. */
const frames = 6;

/** One member, called with planes: methods for series get the plane as every frame of a series. */
interface Subject {
  readonly denoiser: Denoiser;
  /** The noisy scene in the member's kind of noise. */
  readonly noisy: Image;
  readonly run: (image: Image, context?: DenoiseContext) => Promise<Float32Array>;
}

async function subjectOf(name: string): Promise<Subject> {
  const denoiser = economical(
    name === network
      ? learnedDenoiser(await loadDenoisingModel(network, { threads: 1 }), network)
      : await findDenoiser(name),
  );
  const templatesFor = ({ shape }: Image): Pick<DenoiseContext, "templates"> => {
    if (!name.startsWith("task-preserving+")) return {};
    const size = shape.slice(-2).reduce((a, b) => a * b);
    return { templates: [Float32Array.from({ length: size }, (_, i) => (i % 7 === 0 ? 1 : 0))] };
  };
  const image = noisy(denoiser.noise, scene(ny, nx), 1);
  const ofSeries = name === "mp-pca";
  return {
    denoiser,
    noisy: image,
    run: async (given, context = {}) => {
      const all = { ...templatesFor(given), ...context };
      if (!ofSeries) return (await denoiser.denoise(given, {}, all)).data;
      const data = new Float32Array(frames * given.data.length);
      for (let t = 0; t < frames; t++) data.set(given.data, t * given.data.length);
      const axes = given.axes === "zyx" ? "tzyx" : "tyx";
      const padding =
        all.padding && Uint8Array.from(data, (_, i) => all.padding![i % given.data.length]!);
      const series = makeImage(data, [frames, ...given.shape], { ...given, axes });
      const done = await denoiser.denoise(series, {}, padding ? { ...all, padding } : all);
      return done.data.slice(0, given.data.length);
    },
  };
}

function excused(name: string, clause: string): boolean {
  return exceptions.some((row) => row.name === name && row.clause === clause);
}

function finite(values: Float32Array): void {
  expect(rangeOf(values).nonFinite).toBe(0);
}

const meanOf = (values: Float32Array) => values.reduce((s, v) => s + v, 0) / values.length;

afterAll(endIdleWorkers);

it("has a wrapped member for every wrapper", () => {
  for (const wrapper of Object.keys(wrappers)) {
    expect(names.some((name) => name.startsWith(`${wrapper}+`))).toBe(true);
  }
  for (const row of exceptions) {
    expect(names).toContain(row.name);
    expect(row.reason.length).toBeGreaterThan(20);
  }
});

describe.each(names)("%s", (name) => {
  let opened: Promise<Subject> | undefined;
  const open = () => (opened ??= subjectOf(name));

  it("gives a volume of one slice the result of the plane", async () => {
    const { run, noisy: image, denoiser } = await open();
    const sigma = levelOf(denoiser.noise);
    const spacing = [3, 0.7, 0.7] as const;
    const plane = makeImage(image.data, [ny, nx], { spacing });
    const slice = makeImage(image.data, [1, ny, nx], { spacing });
    for (const context of [{ sigma }, {}]) {
      expect(await run(slice, context)).toEqual(await run(plane, context));
    }
  });

  it.each([
    { shape: [1, 40] },
    { shape: [40, 1] },
    { shape: [1, 1] },
    { shape: [3, 3] },
    { shape: [1, 1, 40] },
    { shape: [40, 1, 1] },
    { shape: [5, 1, 40] },
    { shape: [2, 5, 4] },
  ])("takes an image of $shape for what it is", async ({ shape }) => {
    const { run, noisy: image, denoiser } = await open();
    const small = makeImage(
      image.data.slice(
        0,
        shape.reduce((a, b) => a * b),
      ),
      shape,
    );
    const { min, max } = rangeOf(small.data);
    const sigma = levelOf(denoiser.noise);
    for (const context of [{ sigma }, {}]) {
      const done = await run(small, context);
      finite(done);
      // Nothing is lost: what comes out lies where the values lay, a noise level beside them at most, and no
      // mean moves by more than half the range.
      const slack = denoiser.noise === "speckle" ? 0 : sigma;
      const found = rangeOf(done);
      expect(found.min).toBeGreaterThanOrEqual(min - slack - 1e-4);
      expect(found.max).toBeLessThanOrEqual(max + slack + 1e-4);
      expect(Math.abs(meanOf(done) - meanOf(small.data))).toBeLessThanOrEqual(
        0.5 * (max - min) + slack,
      );
    }
  });

  it("keeps a constant, whatever it is", async () => {
    const { run, denoiser } = await open();
    const sigma = levelOf(denoiser.noise);
    const signed = ["gaussian", "any", "impulse"].includes(denoiser.noise);
    for (const value of [0, 120, 1e-9, 1e9, ...(signed ? [-1024, -1e9] : [])]) {
      const flat = makeImage(new Float32Array(ny * nx).fill(value), [ny, nx]);
      // What takes an image apart and puts it together again rounds to float32.
      expect(worst(await run(flat), flat.data)).toBeLessThanOrEqual(2 ** -21 * Math.abs(value));
      const told = await run(flat, { sigma });
      finite(told);
      if (excused(name, "constant")) {
        expect(worst(told, flat.data)).toBeLessThan(0.1 * sigma);
        continue;
      }
      // Removing a Rician bias that a noiseless constant does not have takes σ²/A or all of a value below σ.
      if (denoiser.noise === "rician" && Math.abs(value) < 1e6) continue;
      // Sums of float32 weights, and of patches in matrix decompositions.
      expect(worst(told, flat.data)).toBeLessThanOrEqual(2e-5 * Math.abs(value));
    }
  });

  it("leaves a ramp without noise as it is", async () => {
    const { run } = await open();
    const ramps = [
      (y: number, x: number) => x + 0 * y,
      (y: number, x: number) => 0.1 * x + 0.037 * y + 4,
      (y: number, x: number) => 1000 - 3.3 * y + 0.01 * x,
    ];
    for (const ramp of ramps) {
      const image = makeImage(
        Float32Array.from({ length: 64 * 64 }, (_, i) => ramp(Math.floor(i / 64), i % 64)),
        [64, 64],
      );
      const change = worst(await run(image), image.data);
      const { min, max } = rangeOf(image.data);
      const bound = excused(name, "ramp") ? 0.05 * (max - min) : 2 ** -21 * max;
      expect(change).toBeLessThanOrEqual(bound);
      // A level below the rounding of the values is none.
      for (const sigma of [0, 1e-30, 1e-9]) {
        expect(worst(await run(image, { sigma }), image.data)).toBeLessThanOrEqual(bound);
      }
    }
  });

  it("keeps zeros around one hot pixel", async () => {
    const { run, denoiser } = await open();
    const hot = makeImage(new Float32Array(ny * nx), [ny, nx]);
    const place = 15 * nx + 13;
    hot.data[place] = 1000;
    for (const context of [{}, { sigma: levelOf(denoiser.noise) }]) {
      const done = await run(hot, context);
      finite(done);
      for (let i = 0; i < done.length; i++) {
        const far = Math.max(Math.abs(Math.floor(i / nx) - 15), Math.abs((i % nx) - 13)) > 11;
        expect(Math.abs(done[i]!)).toBeLessThanOrEqual(far ? 15 : 1000 * (1 + 1e-6));
      }
      // No hole, and no second spot.
      expect(rangeOf(done).min).toBeGreaterThan(-50);
    }
  });

  it("scales with the unit over forty orders of magnitude", async () => {
    const { run, noisy: image, denoiser } = await open();
    const sigma = levelOf(denoiser.noise);
    const range = rangeOf(image.data);
    for (const told of [true, false]) {
      const plain = await run(image, told ? { sigma } : {});
      for (const a of [1e-20, 1e-9, 1e9, 1e20]) {
        const scaled = withData(
          image,
          image.data.map((v) => a * v),
        );
        const level = denoiser.noise === "speckle" ? sigma : a * sigma;
        const other = await run(scaled, told ? { sigma: level } : {});
        let squares = 0;
        other.forEach((v, i) => {
          squares += (v / a - plain[i]!) ** 2;
        });
        // Float32 rounding of the scaled input may tip a decision at single pixels.
        expect(Math.sqrt(squares / plain.length)).toBeLessThan(1e-4 * (range.max - range.min));
      }
    }
  });

  it("takes negative values as values, or refuses them", async () => {
    const { run, noisy: image, denoiser } = await open();
    const sigma = levelOf(denoiser.noise);
    const lowered = withData(
      image,
      image.data.map((v) => v - 400),
    );
    const signed = ["gaussian", "any", "impulse"].includes(denoiser.noise);
    for (const context of [{ sigma }, {}]) {
      const plain = await run(image, context);
      if (!signed) {
        await expect(run(lowered, context)).rejects.toThrow(InputError);
        continue;
      }
      const done = await run(lowered, context);
      finite(done);
      let squares = 0;
      done.forEach((v, i) => {
        squares += (v + 400 - plain[i]!) ** 2;
      });
      const range = rangeOf(image.data);
      expect(Math.sqrt(squares / plain.length)).toBeLessThan(1e-4 * (range.max - range.min));
    }
  });

  it("neither sees nor changes padding", async () => {
    const { run, noisy: image, denoiser } = await open();
    const sigma = levelOf(denoiser.noise);
    const padding = Uint8Array.from({ length: ny * nx }, (_, i) =>
      (Math.floor(i / nx) - ny / 2) ** 2 + ((i % nx) - nx / 2) ** 2 > 120 ? 1 : 0,
    );
    const values = ["gaussian", "any", "impulse"].includes(denoiser.noise)
      ? [-2000, -3024, 30_000]
      : [0, 30_000];
    for (const context of [{ sigma }, {}]) {
      const results: Float32Array[] = [];
      for (const value of values) {
        const padded = withData(
          image,
          image.data.map((v, i) => (padding[i] === 1 ? value : v)),
        );
        const done = await run(padded, { ...context, padding });
        finite(done);
        expect(done.filter((v, i) => padding[i] === 1 && v !== value)).toHaveLength(0);
        results.push(done.map((v, i) => (padding[i] === 1 ? 0 : v)));
        // Undeclared it is seen, and still yields numbers.
        finite(await run(padded, context));
      }
      for (const other of results.slice(1)) expect(other).toEqual(results[0]);
    }
  });
});
