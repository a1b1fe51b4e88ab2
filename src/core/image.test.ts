import { describe, expect, it } from "vitest";
import { InputError } from "./errors.ts";
import { layoutOf, makeImage, rangeOf, sliceOf, withData } from "./image.ts";

describe("makeImage", () => {
  it("refuses sizes that disagree with values, naming both", () => {
    expect(() => makeImage(new Float32Array(5), [2, 3])).toThrow(/found 5 values, wanted 6/);
    expect(() => makeImage(new Float32Array(0), [0, 3])).toThrow(InputError);
    expect(() => makeImage(new Float32Array(6), [2, 3], { spacing: [1, 0, 1] })).toThrow(/spacing/);
    expect(() => makeImage(new Float32Array(6), [1, 2, 3], { axes: "yx" })).toThrow(/axes "yx"/);
  });

  it("says its layout", () => {
    expect(layoutOf({ axes: "tczyx", shape: [2, 3, 4, 5, 6] })).toEqual({
      blocks: 6,
      nz: 4,
      ny: 5,
      nx: 6,
      volumetric: true,
    });
    expect(layoutOf({ axes: "cyx", shape: [3, 5, 6] })).toMatchObject({ blocks: 3, nz: 1 });
  });
});

describe("sliceOf", () => {
  it("places the slice along the third direction column", () => {
    // x index axis along world y, y along z, z along x: an oblique-free but permuted volume.
    const direction = [0, 0, 1, 1, 0, 0, 0, 1, 0];
    const volume = makeImage(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
      {
        spacing: [5, 2, 1],
        origin: [10, 20, 30],
        direction,
      },
    );
    const slice = sliceOf(volume, 1);
    expect(slice.origin).toEqual([15, 20, 30]);
    expect([...slice.data].slice(0, 3)).toEqual([12, 13, 14]);
    expect(() => sliceOf(volume, 2)).toThrow(/found 2 slices/);
  });
});

describe("withData and rangeOf", () => {
  it("keeps geometry and counts values that are not finite", () => {
    const image = makeImage(new Float32Array(4), [2, 2], { unit: "HU" });
    expect(withData(image, Float32Array.of(1, 2, 3, 4)).unit).toBe("HU");
    expect(rangeOf([1, NaN, -2, Infinity])).toEqual({ min: -2, max: 1, nonFinite: 2 });
    expect(rangeOf([NaN]).min).toBeNaN();
  });
});
