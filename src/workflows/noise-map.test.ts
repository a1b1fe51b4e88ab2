/** `dprime noise` on files: maps, masks, spectra, floors, and repeats of an object that moves. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { scene, withRicianNoise } from "../../test/denoise-scene.ts";
import { type Image, makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { openFile, saveImage } from "../files/files.ts";
import { noiseOfFile, noiseOfRepeatedScans } from "./noise-files.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dprime-noise-map-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const n = 128;
const left = (i: number) => i % n < n / 2;
const flat = makeImage(new Float32Array(n * n).fill(100), [n, n], { spacing: [1, 0.5, 0.5] });

/** Noise of 4 on the left and 12 on the right. */
const uneven = (image: Image, seed: number): Image => {
  const stream = streamOf(seed, "uneven");
  return withData(
    image,
    image.data.map((v, i) => v + (left(i) ? 4 : 12) * stream.normal()),
  );
};

/** Mean of a map well inside the left or the right half. */
const inHalf = (map: Image, right: boolean) => {
  const values = map.data.filter((_, i) => Math.abs((i % n) - (right ? 96 : 32)) < 16);
  return values.reduce((s, v) => s + v, 0) / values.length;
};

describe("a map", () => {
  it("says where the noise is how strong, of one image and of repeats", async () => {
    const paths = [1, 2, 3].map((k) => at(`${k}.nii`));
    for (const [k, path] of paths.entries()) await saveImage(path, uneven(flat, k + 1));
    const one = await noiseOfFile(paths[0]!, { map: at("one.nii") });
    const many = await noiseOfRepeatedScans(paths, { map: at("many.nii") });
    for (const [name, found] of [
      ["one.nii", one],
      ["many.nii", many],
    ] as const) {
      const map = (await openFile(at(name))).images[0]!.image;
      expect(map.spacing).toEqual([1, 0.5, 0.5]);
      // Both halves from one factor: their ratio is 3, and of the repeats the level is right by itself.
      expect(inHalf(map, true) / inHalf(map, false)).toBeCloseTo(3, 0);
      expect(found.variation!.high / found.variation!.low).toBeGreaterThan(2.3);
    }
    const map = (await openFile(at("many.nii"))).images[0]!.image;
    expect(inHalf(map, false)).toBeCloseTo(4, 0);
    expect(inHalf(map, true)).toBeCloseTo(12, 0);
    await expect(noiseOfFile(paths[0]!, { map: at("one.nii") })).rejects.toThrow(/one\.nii/);
  });

  it("and the level see nothing outside a mask", async () => {
    await saveImage(at("uneven.nii"), uneven(flat, 4));
    const mask = Float32Array.from({ length: n * n }, (_, i) => Number(left(i)));
    await saveImage(at("mask.nii"), makeImage(mask, [n, n]));
    const given = { mask: at("mask.nii"), map: at("inside.nii") };
    const { sigma, variation } = await noiseOfFile(at("uneven.nii"), given);
    expect(Math.abs(sigma / 4 - 1)).toBeLessThan(0.05);
    expect(variation!.high).toBeLessThan(6);
    const map = (await openFile(at("inside.nii"))).images[0]!.image;
    expect(inHalf(map, true)).toBe(0);
    expect(existsSync(at("inside.nii"))).toBe(true);
  });
});

describe("what else is said", () => {
  it("spectrum and floor of a magnitude", async () => {
    const object = withData(
      flat,
      flat.data.map((_, i) => (Math.hypot((i % n) - 64, i / n - 64) < 45 ? 150 : 0)),
    );
    await saveImage(at("magnitude.nii"), withRicianNoise(object, 10, 5));
    const { spectrum, floor } = await noiseOfFile(at("magnitude.nii"));
    expect(Math.abs(floor! / (10 * Math.sqrt(Math.PI / 2)) - 1)).toBeLessThan(0.05);
    spectrum!.rings.slice(1).forEach((v) => expect(Math.abs(v - 1)).toBeLessThan(0.3));
    await saveImage(at("signed.nii"), uneven(withData(flat, new Float32Array(n * n)), 6));
    expect((await noiseOfFile(at("signed.nii"))).floor).toBeUndefined();
  });

  it("repeats of an object that moves: the flat areas of the differences hold the noise alone", async () => {
    const object = scene(n);
    const moved = [0, 1, 3, 2].map((shift, k) => {
      const stream = streamOf(k, "moved");
      const data = object.data.map(
        (_, i) => object.data[Math.max(0, i - shift)]! + 5 * k + 6 * stream.normal(),
      );
      return withData(object, data);
    });
    const paths = moved.map((_, k) => at(`moved-${k}.nii`));
    for (const [k, image] of moved.entries()) await saveImage(paths[k]!, image);
    const { sigma, flat: level } = await noiseOfRepeatedScans(paths);
    expect(sigma).toBeGreaterThan(8);
    expect(Math.abs(level / 6 - 1)).toBeLessThan(0.1);
  });
});
