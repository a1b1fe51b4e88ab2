import { describe, expect, it } from "vitest";
import { InputError } from "./errors.ts";
import {
  identityDirection,
  layoutOf,
  makeImage,
  makeTemplate,
  placeOf,
  rangeOf,
  sliceOf,
  withData,
} from "./image.ts";

describe("makeImage", () => {
  it("refuses sizes that disagree with values, naming both", () => {
    expect(() => makeImage(new Float32Array(5), [2, 3])).toThrow(/found 5 values, wanted 6/);
    expect(() => makeImage(new Float32Array(0), [0, 3])).toThrow(InputError);
    expect(() => makeImage(new Float32Array(6), [2, 3], { spacing: [1, 0, 1] })).toThrow(/spacing/);
    expect(() => makeImage(new Float32Array(6), [1, 2, 3], { axes: "yx" })).toThrow(/axes "yx"/);
  });

  it("says what is known by what is given, and apart", () => {
    const data = new Float32Array(6);
    const known = (options: Parameters<typeof makeImage>[2]) => {
      const image = makeImage(data, [2, 3], options);
      return [image.spacingKnown, image.orientationKnown];
    };
    expect(known({})).toEqual([false, false]);
    expect(known({ spacing: [3, 2, 1] })).toEqual([true, false]);
    expect(known({ origin: [0, 0, 0] })).toEqual([false, true]);
    expect(known({ spacing: [1, 1, 1], spacingKnown: false })).toEqual([false, false]);
    const placed = makeImage(new Float32Array(12), [2, 2, 3], {
      spacing: [3, 2, 1],
      direction: identityDirection,
    });
    const plane = sliceOf(placed, 1);
    expect([plane.spacingKnown, plane.orientationKnown]).toEqual([true, true]);
    expect(placeOf(plane)).toEqual({
      spacing: [3, 2, 1],
      spacingKnown: true,
      origin: [0, 0, 3],
      direction: identityDirection,
      orientationKnown: true,
    });
  });

  it("keeps a time step where there is a time axis, and refuses one that is none", () => {
    const series = makeImage(new Float32Array(12), [2, 2, 3], { axes: "tyx", timeStep: 2.5 });
    expect(series.timeStep).toBe(2.5);
    expect(withData(series, new Float32Array(12)).timeStep).toBe(2.5);
    expect(sliceOf(series, 1).timeStep).toBeUndefined();
    expect(makeTemplate([2, 2, 3], { axes: "zyx", timeStep: 2.5 }).timeStep).toBeUndefined();
    for (const timeStep of [0, -1, Infinity, NaN]) {
      expect(() => makeImage(new Float32Array(12), [2, 2, 3], { axes: "tyx", timeStep })).toThrow(
        /time step of .* s, wanted a finite number above 0/,
      );
    }
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
