/**
 * What every classical denoiser promises. Members are found through the catalogue and named only in
 * the rows of exceptions, each with its reason.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { CancelledError, InputError } from "../../src/core/errors.ts";
import { type Image, makeImage, rangeOf, withData } from "../../src/core/image.ts";
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import { catalogue } from "../../src/denoise/catalogue.ts";
import { type Denoiser, unknownReach } from "../../src/denoise/denoiser.ts";
import { findDenoiser } from "../../src/denoise/find-denoiser.ts";
import { endIdleWorkers } from "../../src/parallel/node.ts";
import { gainDb, scene, sceneVolume } from "../denoise-scene.ts";
import {
  economical,
  economies,
  elsewhere,
  levelOf,
  noisy,
  worst,
  wrapped,
} from "../denoiser-cases.ts";

type Clause = "identity" | "gain" | "scale" | "shift";

/** Clauses that a denoiser does not keep, and why. `floor` replaces the gain's floor. */
const exceptions: readonly {
  readonly name: string;
  readonly clause: Clause;
  readonly reason: string;
  readonly floor?: number;
}[] = [
  {
    name: "median",
    clause: "identity",
    reason: "an order filter knows no noise level: it also alters a clean image",
  },
  {
    name: "adaptive-median",
    clause: "identity",
    reason: "clean pixels that are the extreme of their window are taken for impulses",
  },
  {
    name: "coherence-enhancing-diffusion",
    clause: "gain",
    reason: "made for line-like structure; the scene is mostly flat areas, where it hardly smooths",
    floor: 1.5,
  },
  {
    name: "gaussian",
    clause: "gain",
    reason: "linear: on a small scene full of edges the best width is narrow",
    floor: 1,
  },
  {
    name: "enhanced-lee",
    clause: "gain",
    reason:
      "keeps every pixel of a window that varies more than √3 times the speckle, and the small scene is full of them",
    floor: 1.5,
  },
];

/** Settings with which a member that else needs the whole volume reaches so many planes. */
const reaching: readonly { readonly name: string; readonly parameters: ParameterValues }[] = [
  { name: "gaussian", parameters: { width: 1.3 } },
  { name: "bilateral", parameters: { spatial: 2.6 } },
  { name: "median", parameters: { radius: 3 } },
  { name: "non-local-means", parameters: { patch: 2, search: 3 } },
  { name: "blockwise-non-local-means", parameters: { patch: 2, search: 2 } },
  { name: "perona-malik", parameters: { iterations: 3 } },
  { name: "perona-malik", parameters: { iterations: 2, smoothing: 0 } },
  { name: "srad", parameters: { iterations: 4 } },
  { name: "anscombe+wiener", parameters: { gain: 2, offset: 1 } },
  { name: "rician+wiener", parameters: {} },
  { name: "preserving+median", parameters: { keepOver: "planes" } },
  { name: "preserving+gaussian", parameters: { width: 0.8, keepOver: "planes", keep: 6 } },
];

function exceptionOf(name: string, clause: Clause) {
  return exceptions.find((row) => row.name === name && row.clause === clause);
}

const plane = scene(56, 48);
const volume = sceneVolume(5, 22, 20);
const bibliography = readFileSync(new URL("../../docs/references.bib", import.meta.url), "utf8");

afterAll(endIdleWorkers);

describe("exceptions", () => {
  it("name denoisers that exist, with a reason", () => {
    for (const row of [...exceptions, ...economies, ...elsewhere]) {
      expect(Object.keys(catalogue)).toContain(row.name);
      expect(row.reason.length).toBeGreaterThan(20);
    }
  });
});

/** Planes `low` to `high` of a volume, as an image of its own. */
function slabOf(image: Image, low: number, high: number): Image {
  const [, ny, nx] = image.shape as [number, number, number];
  return makeImage(image.data.slice(low * ny * nx, high * ny * nx), [high - low, ny, nx], image);
}

const everyReach = [
  ...Object.keys(catalogue).map((name) => ({ name, parameters: {} as ParameterValues })),
  ...reaching,
];

describe("declared reach", () => {
  it.each(everyReach)("of $name with $parameters", async ({ name, parameters }) => {
    const denoiser = await findDenoiser(name);
    const values = resolveParameters(name, denoiser.parameters, parameters);
    const sigma = levelOf(denoiser.noise);
    // Thick slices: what reaches along z is fewer planes than in the plane.
    for (const spacing of [[1, 1, 1] as const, [1.7, 0.8, 0.8] as const]) {
      const reach = denoiser.reach?.({ parameters: values, spacing }) ?? unknownReach;
      if (typeof reach !== "number") {
        // Why it needs the whole volume, as the second half of a sentence.
        expect(reach).toMatch(/^[a-z].{15,}[a-z]$/);
        expect(reaching.some((row) => row.name === name && row.parameters === parameters)).toBe(
          false,
        );
        return;
      }
      // Slabs from an even plane on, one longer and one shorter than the pieces for threads.
      const nz = 2 * reach + 30;
      const odd = reach % 2;
      const volume = noisy(denoiser.noise, sceneVolume(nz, 11, 10), 1);
      const image = makeImage(volume.data, volume.shape, { spacing });
      const whole = await denoiser.denoise(image, parameters, { sigma });
      for (const [from, to] of [
        [0, 8 + odd],
        [8 + odd, 22 + odd],
        [22 + odd, nz],
      ] as const) {
        const [low, high] = [Math.max(0, from - reach), Math.min(nz, to + reach)];
        expect(low % 2).toBe(0);
        const done = await denoiser.denoise(slabOf(image, low, high), parameters, { sigma });
        const kept = slabOf(done, from - low, to - low).data;
        const wanted = slabOf(whole, from, to).data;
        expect(kept).toEqual(wanted);
      }
    }
  });
});

const members = Object.keys(catalogue).filter(
  (name) => !elsewhere.some((row) => row.name === name),
);

describe.each([...members, ...wrapped])("%s", (name) => {
  let kept: Denoiser | undefined;
  const open = async () => (kept ??= economical(await findDenoiser(name)));
  const images = (denoiser: Denoiser): Image[] =>
    denoiser.dimensions.includes(3) ? [plane, volume] : [plane];

  it("describes itself", async () => {
    const denoiser = await open();
    expect(denoiser.name).toBe(name);
    expect(denoiser.title.length).toBeGreaterThan(2);
    expect(denoiser.summary).toMatch(/\.$/);
    for (const key of denoiser.references) expect(bibliography).toContain(`{${key},`);
    const values = resolveParameters(name, denoiser.parameters);
    for (const [key, parameter] of Object.entries(denoiser.parameters)) {
      expect(parameter.about.length, key).toBeGreaterThan(10);
      if (parameter.type !== "number" && parameter.type !== "integer") continue;
      expect(parameter.min).toBeLessThan(parameter.max);
      const value = values[key];
      if (typeof value !== "number") continue;
      expect(value).toBeGreaterThanOrEqual(parameter.min);
      expect(value).toBeLessThanOrEqual(parameter.max);
    }
  });

  it("leaves a constant unchanged", async () => {
    const denoiser = await open();
    for (const image of images(denoiser)) {
      const flat = withData(image, new Float32Array(image.data.length).fill(120));
      const result = await denoiser.denoise(flat, {}, { sigma: levelOf(denoiser.noise) });
      // Sums of float32 weights: 1e-4 of the value. Removing a Rician bias that a noiseless constant does
      // not have takes σ²/A = 1.2 off it.
      expect(worst(result.data, flat.data)).toBeLessThan(denoiser.noise === "rician" ? 2 : 0.012);
    }
  });

  it("tends to the identity as the noise level goes to zero", async () => {
    const denoiser = await open();
    // Counting noise has a gain besides its Gaussian part: both go to zero.
    const given: Record<string, number> =
      denoiser.noise === "poisson-gaussian" ? { gain: 1e-9 } : {};
    const excused = exceptionOf(name, "identity");
    for (const sigma of [0, 1e-4 * levelOf(denoiser.noise)]) {
      const result = await denoiser.denoise(plane, given, { sigma });
      const change = worst(result.data, plane.data);
      // A ten-thousandth of a noise level of 12, times at most 20, plus float32 rounding of 200.
      if (excused) expect(change).toBeGreaterThan(0.05);
      else expect(change).toBeLessThan(0.05);
    }
  });

  it("gains on the scene", async () => {
    const denoiser = await open();
    const floor = exceptionOf(name, "gain")?.floor ?? 3;
    for (const truth of images(denoiser)) {
      const image = noisy(denoiser.noise, truth, 1);
      const result = await denoiser.denoise(image, {}, { sigma: levelOf(denoiser.noise) });
      // The volume is small: structure fills it, and less is gained.
      expect(gainDb(truth, image, result)).toBeGreaterThan(truth === plane ? floor : 0.5 * floor);
    }
  });

  it("never changes its input, keeps geometry, and repeats itself with any number of threads", async () => {
    const denoiser = await open();
    const tall = makeImage(noisy(denoiser.noise, scene(130, 16), 1).data, [130, 16], {
      spacing: [2, 0.5, 0.5],
      origin: [1, 2, 3],
      unit: "HU",
    });
    const deep = noisy(denoiser.noise, sceneVolume(33, 12, 10), 1);
    for (const image of denoiser.dimensions.includes(3) ? [tall, deep] : [tall, volume]) {
      const before = image.data.slice();
      const sigma = levelOf(denoiser.noise);
      const one = await denoiser.denoise(image, {}, { sigma, threads: 1 });
      const two = await denoiser.denoise(image, {}, { sigma, threads: 2 });
      expect(image.data).toEqual(before);
      expect(two.data).toEqual(one.data);
      expect(one.data.buffer).not.toBe(image.data.buffer);
      expect({ ...one, data: 0 }).toEqual({ ...image, data: 0 });
      expect(rangeOf(one.data).nonFinite).toBe(0);
    }
  });

  it("scales with the intensity unit", async () => {
    const denoiser = await open();
    const image = noisy(denoiser.noise, plane, 1);
    const sigma = levelOf(denoiser.noise);
    const additive = denoiser.noise === "gaussian" || denoiser.noise === "any";
    const counts = denoiser.noise === "poisson-gaussian";
    const relative = denoiser.noise === "speckle";
    const a = 5.5;
    const b = additive || denoiser.noise === "impulse" ? -1024 : 0;
    const scaled = withData(
      image,
      image.data.map((v) => a * v + b),
    );
    const plain = await denoiser.denoise(image, counts ? { gain: 2 } : {}, { sigma });
    const other = await denoiser.denoise(scaled, counts ? { gain: 2 * a } : {}, {
      sigma: relative ? sigma : a * sigma,
    });
    const back = other.data.map((v) => (v - b) / a);
    const range = rangeOf(plain.data);
    let squares = 0;
    for (let i = 0; i < back.length; i++) squares += (back[i]! - plain.data[i]!) ** 2;
    // Float32 in other units may tip a decision (a match, a threshold) at single pixels: the root mean
    // square stays below 1e-4 of the range unless the method itself depends on the unit.
    expect(Math.sqrt(squares / back.length)).toBeLessThan(1e-4 * (range.max - range.min));
  });

  it("stops when the signal is raised", async () => {
    const denoiser = await open();
    const image = noisy(denoiser.noise, volume, 1);
    const sigma = levelOf(denoiser.noise);
    await expect(
      denoiser.denoise(image, {}, { sigma, signal: AbortSignal.abort() }),
    ).rejects.toThrow(CancelledError);
    const control = new AbortController();
    let partial = false;
    const work = denoiser.denoise(
      image,
      {},
      {
        sigma,
        signal: control.signal,
        onProgress: ({ done, total }) => {
          partial ||= done < total;
          control.abort();
        },
      },
    );
    const outcome = await work.then(
      () => "finished",
      (error: unknown) => error,
    );
    if (partial) expect(outcome).toBeInstanceOf(CancelledError);
  });

  it("ends soon after an abort raised by a timer", async () => {
    const denoiser = await open();
    const image = noisy(denoiser.noise, scene(320), 1);
    const sigma = levelOf(denoiser.noise);
    const control = new AbortController();
    // Due at the first turn that the member gives to the event loop.
    const timer = setTimeout(() => control.abort(), 1);
    const before = process.cpuUsage();
    const outcome = await denoiser.denoise(image, {}, { sigma, signal: control.signal }).then(
      () => "finished",
      (error: unknown) => error,
    );
    const used = process.cpuUsage(before);
    clearTimeout(timer);
    // Processor time, because tests run beside each other. What is done in half a second may end before
    // a turn is due; the slowest member takes 0.4 s to stop, compilation included.
    const finished = outcome === "finished";
    if (!finished) expect(outcome).toBeInstanceOf(CancelledError);
    expect(used.user + used.system).toBeLessThan(finished ? 0.5e6 : 1e6);
  });

  it("refuses values that are not finite, and parameters it does not know", async () => {
    const denoiser = await open();
    for (const bad of [NaN, Infinity]) {
      const data = plane.data.slice();
      data[100] = bad;
      const work = denoiser.denoise(withData(plane, data), {}, { sigma: 1 });
      await expect(work).rejects.toThrow(InputError);
      await expect(denoiser.denoise(withData(plane, data), {})).rejects.toThrow(/finite/);
    }
    await expect(denoiser.denoise(plane, { absent: 1 }, { sigma: 1 })).rejects.toThrow(InputError);
    await expect(denoiser.denoise(plane, {}, { sigma: -1 })).rejects.toThrow(/noise level/);
  });

  it("finds the noise level by itself", async () => {
    const denoiser = await open();
    const image = noisy(denoiser.noise, plane, 1);
    const result = await denoiser.denoise(image);
    const floor = exceptionOf(name, "gain")?.floor ?? 3;
    expect(gainDb(plane, image, result)).toBeGreaterThan(0.5 * floor);
  });
});
