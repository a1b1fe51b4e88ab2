/** Masks, backgrounds and colours on files of several kinds: what is outside stays, and is not seen. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  scene,
  sceneVolume,
  withGaussianNoise,
  withRicianNoise,
} from "../../test/denoise-scene.ts";
import { haveSharedData, sharedData } from "../../test/shared-data.ts";
import { type Image, makeImage, withData } from "../core/image.ts";
import { openFile, saveImage } from "../files/files.ts";
import { endIdleWorkers } from "../parallel/node.ts";
import { denoiseFiles } from "./denoise-files.ts";

let folder = "";
const at = (name: string) => join(folder, name);
const read = async (name: string): Promise<Image> => (await openFile(at(name))).images[0]!.image;
const options = { method: "non-local-means", threads: 1 } as const;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "dprime-masks-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await endIdleWorkers();
});

const n = 48;
const inside = (i: number) => Math.hypot((i % n) - n / 2, (Math.floor(i / n) % n) - n / 2) < n / 3;
const mask = makeImage(
  Float32Array.from({ length: n * n }, (_, i) => Number(inside(i))),
  [n, n],
);

describe("a mask", () => {
  const volume = withGaussianNoise(sceneVolume(6, n, n), 9, 1);
  const wild = withData(
    volume,
    volume.data.map((v, i) => (inside(i) ? v : v + 4000 * Math.sin(i))),
  );

  it("leaves what is outside to the bit, whatever it holds, as a whole and slab by slab", async () => {
    await saveImage(at("mask.npy"), mask);
    await saveImage(at("a.nii"), volume);
    await saveImage(at("wild.nii"), wild);
    const given = { ...options, mask: at("mask.npy") };
    const done = await denoiseFiles(at("a.nii"), at("b.nii"), given);
    await denoiseFiles(at("wild.nii"), at("c.nii"), given);
    const [b, c] = [await read("b.nii"), await read("c.nii")];
    b.data.forEach((v, i) => {
      if (inside(i)) expect(c.data[i]).toBe(v);
      else {
        expect(v).toBe(volume.data[i]);
        expect(c.data[i]).toBe(wild.data[i]);
      }
    });
    expect(b.data).not.toEqual(volume.data);
    // Small planes full of edges: the wild values outside would give hundreds.
    expect(done.images[0]!.noiseBefore.sigma).toBeLessThan(12);
    // Few planes are below any whole MiB: a volume above two.
    const tall = withGaussianNoise(sceneVolume(64, n, n), 9, 2);
    await saveImage(at("tall.nii"), tall);
    const small = { ...given, parameters: { patch: 1, search: 2 } };
    await denoiseFiles(at("tall.nii"), at("whole.nii"), small);
    const slabs = await denoiseFiles(at("tall.nii"), at("slabs.nii"), { ...small, memory: 2 });
    expect(slabs.notes.join()).toMatch(/too large to be held/);
    expect((await read("slabs.nii")).data).toEqual((await read("whole.nii")).data);
  });

  it("of another size, or of zeros alone, is refused", async () => {
    await saveImage(at("small.npy"), scene(20));
    await saveImage(at("zeros.npy"), withData(mask, new Float32Array(n * n)));
    const by = (name: string) =>
      denoiseFiles(at("a.nii"), at("d.nii"), { ...options, mask: at(name) });
    await expect(by("small.npy")).rejects.toThrow(/small\.npy: found 20 × 20, wanted 6 × 48 × 48/);
    await expect(by("zeros.npy")).rejects.toThrow(/zeros alone/);
  });

  it("is found where the background is zero", async () => {
    const brain = withRicianNoise(scene(n), 8, 3);
    const stripped = withData(
      brain,
      brain.data.map((v, i) => (inside(i) ? Math.round(v) : 0)),
    );
    await saveImage(at("brain.nii"), stripped);
    const { notes } = await denoiseFiles(at("brain.nii"), at("brain-out.nii"), options);
    expect(notes.join()).toMatch(/a background of zeros is left as it is/);
    const out = await read("brain-out.nii");
    out.data.forEach((v, i) => {
      if (!inside(i)) expect(v).toBe(0);
    });
    // The same as with a mask that says it, so that the edge of the brain is no edge.
    await saveImage(at("brain-mask.npy"), mask);
    const named = withData(
      brain,
      stripped.data.map((v, i) => (inside(i) ? v : 7777)),
    );
    await saveImage(at("named.nii"), named);
    await denoiseFiles(at("named.nii"), at("named-out.nii"), {
      ...options,
      mask: at("brain-mask.npy"),
    });
    const other = await read("named-out.nii");
    other.data.forEach((v, i) => {
      if (inside(i)) expect(v).toBe(out.data[i]);
    });
  });
});

describe("colour files", () => {
  const noisy = withGaussianNoise(scene(n), 10, 4).data.map((v) =>
    Math.min(250, Math.max(0, Math.round(v))),
  );
  const colours = (tints: readonly number[], alpha?: number): Image => {
    const data = tints.flatMap((t) => [...noisy].map((v) => Math.round(t * v)));
    const all = alpha === undefined ? data : [...data, ...noisy.map(() => alpha)];
    return makeImage(Float32Array.from(all), [all.length / (n * n), n, n], { axes: "cyx" });
  };

  it("PNG of three colours comes back a PNG of three colours, alpha as it was", async () => {
    await saveImage(at("rgba.png"), colours([1, 0.8, 0.5], 77), { kind: "rgba" });
    const { notes } = await denoiseFiles(at("rgba.png"), at("rgba-out.png"), {
      ...options,
      // As the command line calls it: options of a task, none of them given.
      task: {},
      figure: at("f.svg"),
    });
    expect(notes.join()).toMatch(/luminance/);
    const [before, after] = [await read("rgba.png"), await read("rgba-out.png")];
    expect(after.shape).toEqual(before.shape);
    expect(after.data.subarray(3 * n * n)).toEqual(before.data.subarray(3 * n * n));
    expect(after.data).not.toEqual(before.data);
    expect(readFileSync(at("f.svg"), "utf8")).toMatch(/^<svg/);
  });

  it("grey in three channels stays grey, also inside a mask", async () => {
    await saveImage(at("grey.png"), colours([1, 1, 1]), { kind: "rgb" });
    await saveImage(at("mask2.npy"), mask);
    await denoiseFiles(at("grey.png"), at("grey-out.png"), { ...options, mask: at("mask2.npy") });
    const after = await read("grey-out.png");
    for (let i = 0; i < n * n; i++) {
      expect(after.data[i + n * n]).toBe(after.data[i]);
      expect(after.data[i + 2 * n * n]).toBe(after.data[i]);
      if (!inside(i)) expect(after.data[i]).toBe(noisy[i]);
    }
  });

  const screen = join(sharedData, "5_projection_us_retina/wado_us/US-YBR_FULL_422-EVRLE.dcm");
  it.skipIf(!haveSharedData)("DICOM in colours becomes a derived object in colours", async () => {
    const done = await denoiseFiles(screen, at("us.dcm"), {
      threads: 1,
      parameters: { search: 2 },
    });
    const before = (await openFile(screen)).images[0]!;
    const after = (await openFile(at("us.dcm"))).images[0]!;
    expect(after.image.shape).toEqual(before.image.shape);
    expect(after.stored.kind).toBe("rgb");
    expect(done.images[0]!.choice?.why).toMatch(/by the file's modality US/);
    expect(after.image.data).not.toEqual(before.image.data);
    expect(done.images[0]!.rmsChange).toBeLessThan(20);
  });
});
