import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedData } from "../../test/shared-data.ts";
import { makeImage } from "../core/image.ts";
import { openFile } from "../files/files.ts";
import { metaimage } from "./metaimage.ts";
import { nifti } from "./nifti.ts";
import { nrrd } from "./nrrd.ts";
import {
  affineOf,
  geometryOf,
  isOrthogonal,
  liesFlat,
  lpsFromRas,
  orientationCode,
  rasFromLps,
} from "./orientation.ts";

const number = fc.double({ min: -100, max: 100, noNaN: true });

describe("LPS and RAS", () => {
  it("are each other's inverse and turn the point as the anatomy says", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 12, maxLength: 12 }), (a) => {
        expect(lpsFromRas(rasFromLps(a)).map((v) => v + 0)).toEqual(a.map((v) => v + 0));
      }),
    );
    // A point 10 mm to the left, 20 mm to the back and 30 mm up: RAS counts right and front.
    const lps = [1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30];
    expect(rasFromLps(lps)).toEqual([-1, 0, 0, -10, 0, -1, 0, -20, 0, 0, 1, 30]);
  });
});

describe("geometryOf", () => {
  it("gives back the geometry of an affine", () => {
    fc.assert(
      fc.property(fc.array(number, { minLength: 12, maxLength: 12 }), (a) => {
        const geometry = geometryOf(a);
        if (geometry === undefined) return;
        // Division and multiplication by a column's length: a few units in the last place.
        affineOf(geometry).forEach((v, i) => expect(Math.abs(v - a[i]!)).toBeLessThan(1e-12 * 100));
      }),
    );
  });

  it("refuses affines that do not span space", () => {
    expect(geometryOf(new Array<number>(12).fill(0))).toBeUndefined();
    expect(geometryOf([1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0])).toBeUndefined();
    expect(geometryOf([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, NaN, 0])).toBeUndefined();
  });
});

it("names orientations as radiologists do", () => {
  expect(orientationCode([1, 0, 0, 0, 1, 0, 0, 0, 1])).toBe("LPS");
  expect(orientationCode([-1, 0, 0, 0, -1, 0, 0, 0, 1])).toBe("RAS");
  expect(orientationCode([0, 0, -1, 0.8, 0.6, 0, -0.6, 0.8, 0])).toBe("psR");
  expect(isOrthogonal([1, 0.1, 0, 0, 1, 0, 0, 0, 1])).toBe(false);
  expect(liesFlat({ origin: [3, 4, 0], direction: [1, 0, 0, 0, 1, 0, 0, 0, 1] })).toBe(true);
});

const oblique = join(sharedData, "4_mri/ct_pitch_oblique_phantom/CT_pitch.nii.gz");
it.skipIf(!existsSync(oblique))(
  "an oblique scan keeps every corner through the other formats' own conventions",
  async () => {
    const { image } = (await openFile(oblique)).images[0]!;
    const small = makeImage(new Float32Array(8), [2, 2, 2], {
      spacing: image.spacing,
      origin: image.origin,
      direction: image.direction,
    });
    const corner = (a: readonly number[], i: number, j: number, k: number) =>
      [0, 1, 2].map((r) => a[4 * r]! * i + a[4 * r + 1]! * j + a[4 * r + 2]! * k + a[4 * r + 3]!);
    const wanted = affineOf(image);
    expect(orientationCode(image.direction)).toMatch(/[a-z]/);
    for (const format of [nifti, nrrd, metaimage]) {
      const { files } = await format.write!(small, { fileName: `a${format.extensions[0]}` });
      const back = affineOf((await format.read(files[0]!.bytes)).images[0]!.image);
      for (const [i, j, k] of [
        [0, 0, 0],
        [174, 0, 0],
        [0, 247, 0],
        [0, 0, 57],
        [174, 247, 57],
      ] as const) {
        const [a, b] = [corner(wanted, i, j, k), corner(back, i, j, k)];
        // NIfTI-1 keeps single precision: 250 mm to 1e-7 of itself.
        expect(Math.hypot(...a.map((v, r) => v - b[r]!)), format.name).toBeLessThan(1e-4);
      }
    }
  },
);

const nrrdFile = join(sharedData, "4_mri/pyradiomics_nrrd/brain1_image.nrrd");
it.skipIf(!existsSync(nrrdFile))("NRRD's LPS and NIfTI's RAS name the same point", async () => {
  const { image, stored } = (await openFile(nrrdFile)).images[0]!;
  const { files } = await nifti.write!(image, { fileName: "a.nii", stored });
  const view = new DataView(files[0]!.bytes.buffer, files[0]!.bytes.byteOffset);
  // The header of the NRRD: origin (−99.609, 99.609, −78), directions +x, −y, +z of LPS.
  const srow = (r: number) => [0, 1, 2, 3].map((c) => view.getFloat32(280 + 16 * r + 4 * c, true));
  expect(srow(0)).toEqual([-0.78125, 0, 0, 99.609375]);
  expect(srow(1)).toEqual([0, 0.78125, 0, -99.609375]);
  expect(srow(2)).toEqual([0, 0, 6.5, -78]);
});
