import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { scene, withGaussianNoise, withRicianNoise } from "../../test/denoise-scene.ts";
import { type Image, makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { estimateNoise } from "../denoise/noise-level/estimate-noise.ts";
import { findDenoiser } from "../denoise/find-denoiser.ts";
import { writeNewDicom } from "../dicom/create.ts";
import { openFile, saveImage, writeWhole } from "../files/files.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { denoise } from "./denoise.ts";
import { denoiseFiles } from "./denoise-files.ts";

const folder = mkdtempSync(join(tmpdir(), "denoise-levels-"));
afterAll(endIdleWorkers);

const read = async (path: string): Promise<Image> => (await openFile(path)).images[0]!.image;

/** A magnitude image with air around the object. */
function magnitude(sigma: number): Image {
  const n = 128;
  const truth = makeImage(
    Float32Array.from({ length: n * n }, (_, i) =>
      (Math.floor(i / n) - 64) ** 2 + ((i % n) - 64) ** 2 < 44 ** 2 ? 60 : 0,
    ),
    [n, n],
  );
  return withRicianNoise(truth, sigma, 4);
}

describe("the noise level that is printed", () => {
  it.each([
    "rician-non-local-means",
    "rician+wavelet-shrinkage",
    "gaussian",
    "lee",
    "anscombe+wiener",
  ])("is the one that %s works with", async (method) => {
    const image = magnitude(12);
    const done = await denoise(image, { method });
    const denoiser = await findDenoiser(method);
    const told = await denoiser.denoise(image, {}, { sigma: done.level.sigma });
    expect(done.image.data).toEqual(told.data);
    if (method.startsWith("rician")) {
      expect(done.level.method).toBe("rician-foreground");
      expect(done.level.sigma).toBe(done.noiseBefore.sigma);
      expect(Math.abs(done.level.sigma / 12 - 1)).toBeLessThan(0.1);
    }
  });

  it.each(["lee", "kuan", "frost", "enhanced-lee", "srad", "homomorphic+gaussian"])(
    "is a share of the mean with %s, given or estimated, and an additive one is refused",
    async (method) => {
      const stream = streamOf(8, "speckle");
      const speckled = makeImage(
        Float32Array.from({ length: 96 * 96 }, () => 50 * (stream.gamma(25) / 25)),
        [96, 96],
      );
      const estimated = await denoise(speckled, { method });
      expect(estimated.level).toMatchObject({ method: "speckle", unit: "of the mean" });
      expect(Math.abs(estimated.level.sigma / 0.2 - 1)).toBeLessThan(0.05);
      const told = await denoise(speckled, { method, sigma: estimated.level.sigma });
      expect(told.image.data).toEqual(estimated.image.data);
      expect(told.level).toMatchObject({ method: "given", unit: "of the mean" });
      expect(told.level.notes[0]).toMatch(/over its mean/);
      await expect(denoise(speckled, { method, sigma: 10 })).rejects.toThrow(
        /found noise level 10, wanted the speckle's standard deviation over its mean/,
      );
    },
  );

  it("is none for methods that know none", async () => {
    const done = await denoise(withGaussianNoise(scene(64), 5, 1), { method: "median" });
    expect(done.level).toMatchObject({ method: "none", notes: ["it is an order filter"] });
    expect(done.noiseBefore.sigma).toBeGreaterThan(3);
    const told = await denoise(withGaussianNoise(scene(64), 5, 1), { method: "median", sigma: 5 });
    expect(told.level).toEqual(done.level);
  });
});

describe("the noise after", () => {
  // Noise of 4 HU over a smooth object, smoothed away: what is left is the rounding to whole HU.
  const n = 128;
  const stream = streamOf(3, "rounding");
  const ct = makeImage(
    Float32Array.from({ length: n * n }, (_, i) =>
      Math.round(40 + 0.05 * (i % n) + 4 * stream.normal()),
    ),
    [n, n],
    { unit: "HU", spacing: [1, 1, 1] },
  );

  it("is that of the file written, rounding included", async () => {
    const input = join(folder, "a.dcm");
    const output = join(folder, "b.dcm");
    await writeWhole([{ path: input, bytes: (await writeNewDicom(ct)).bytes }]);
    const { images } = await denoiseFiles(input, output, {
      method: "gaussian",
      parameters: { width: 6 },
    });
    const [{ noiseAfter }] = images as [(typeof images)[0]];
    expect(noiseAfter.sigma).toBe(estimateNoise(await read(output)).sigma);
    // Before rounding there is a tenth of it: σ/(2√π·6) = 0.19 HU, nearly all of it below the windows' reach.
    const inMemory = await denoise(ct, { method: "gaussian", parameters: { width: 6 } });
    expect(inMemory.noiseAfter.sigma).toBeLessThan(0.9 * noiseAfter.sigma);
  });

  it("is that of every file of a folder, with its own level", async () => {
    const place = join(folder, "many");
    mkdirSync(place);
    for (const [k, sigma] of [3, 9, 27].entries()) {
      await saveImage(join(place, `${k}.npy`), withGaussianNoise(scene(96), sigma, k));
    }
    const { images } = await denoiseFiles(place, join(folder, "out"), {
      method: "non-local-means",
    });
    for (const [k, one] of images.entries()) {
      expect(Math.abs(one.level.sigma / [3, 9, 27][k]! - 1)).toBeLessThan(0.25);
      const written = await read(join(folder, "out", `${k}.npy`));
      expect(one.noiseAfter.sigma).toBe(estimateNoise(written).sigma);
    }
  });
});

describe("series", () => {
  const [nt, nz, ny, nx] = [12, 5, 16, 16];
  const stream = streamOf(6, "series");
  const series = (depth: number): Image =>
    makeImage(
      Float32Array.from({ length: nt * depth * ny * nx }, (_, i) => {
        const t = Math.floor(i / (depth * ny * nx));
        return 100 + 20 * Math.cos(t) * ((i % nx) / nx) + 5 * stream.normal();
      }),
      [nt, depth, ny, nx],
      { axes: "tzyx" },
    );

  it("reach methods that join their members whole, from files too", async () => {
    const image = series(nz);
    const denoiser = await findDenoiser("mp-pca");
    const library = await denoiser.denoise(image);
    const done = await denoise(image, { method: "mp-pca" });
    expect(done.image.data).toEqual(library.data);
    expect(done.level.method).toBe("none");
    await saveImage(join(folder, "dwi.nii"), image);
    await denoiseFiles(join(folder, "dwi.nii"), join(folder, "dwi-out.nii"), { method: "mp-pca" });
    expect((await read(join(folder, "dwi-out.nii"))).data).toEqual(library.data);
  });

  it("are refused slab by slab and plane by plane by such methods, with the reason", async () => {
    await saveImage(
      join(folder, "large.nii"),
      makeImage(
        new Float32Array(8 * 4 * 96 * 96).map((_, i) => i % 97),
        [8, 4, 96, 96],
        { axes: "tzyx" },
      ),
    );
    const output = join(folder, "no.nii");
    await expect(
      denoiseFiles(join(folder, "large.nii"), output, { method: "mp-pca", memory: 1 }),
    ).rejects.toThrow(/joins the members of a series/);
    await expect(denoise(series(nz), { method: "mp-pca", planes: true })).rejects.toThrow(
      /joins the members of a series/,
    );
    await expect(denoise(scene(32), { method: "mp-pca" })).rejects.toThrow(/wanted a series/);
  });

  it.each([
    "non-local-means",
    "bilateral",
    "blockwise-non-local-means",
    "frost",
    "wavelet-shrinkage",
  ])("of single slices give what planes give: %s", async (method) => {
    const image = series(1);
    const done = await denoise(image, { method, sigma: method === "frost" ? 0.05 : 5 });
    const denoiser = await findDenoiser(method);
    for (let t = 0; t < nt; t += 5) {
      const frame = makeImage(image.data.slice(t * ny * nx, (t + 1) * ny * nx), [ny, nx]);
      const plane = await denoiser.denoise(frame, {}, { sigma: method === "frost" ? 0.05 : 5 });
      expect(done.image.data.slice(t * ny * nx, (t + 1) * ny * nx)).toEqual(plane.data);
    }
  });

  it("take a guide of their own shape, and one for all their members", async () => {
    const image = series(1);
    const guide = makeImage(new Float32Array(image.data.length).fill(7), image.shape, {
      axes: "tzyx",
    });
    const one = makeImage(new Float32Array(ny * nx).fill(7), [1, ny, nx]);
    const options = { method: "joint-bilateral", sigma: 5 };
    const own = await denoise(image, { ...options, guide });
    const shared = await denoise(image, { ...options, guide: one });
    expect(own.image.data).toEqual(shared.image.data);
    expect(own.rmsChange).toBeGreaterThan(1);
  });
});
