import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { dice } from "./dice.ts";
import { distanceTransform } from "./distance-transform.ts";
import { hausdorff95 } from "./hausdorff95.ts";
import { surfaceDistance } from "./surface-distance.ts";

const volume = (
  n: readonly [number, number, number],
  inside: (z: number, y: number, x: number) => number,
  spacing: [number, number, number] = [1, 1, 1],
) =>
  makeImage(
    Float32Array.from({ length: n[0] * n[1] * n[2] }, (_, i) =>
      inside(Math.floor(i / (n[1] * n[2])), Math.floor(i / n[2]) % n[1], i % n[2]),
    ),
    n,
    { spacing },
  );

describe("distanceTransform", () => {
  it("equals brute force with anisotropic spacing", () => {
    const s = streamOf(3, "edt");
    const shape = [5, 7, 6] as const;
    const spacing = [3, 0.7, 1.1] as const;
    const set = Uint8Array.from({ length: 210 }, () => (s.uniform() < 0.05 ? 1 : 0));
    set[17] = 1;
    const found = distanceTransform(set, { shape, spacing });
    const at = (i: number) => [
      Math.floor(i / 42) * 3,
      (Math.floor(i / 6) % 7) * 0.7,
      (i % 6) * 1.1,
    ];
    for (let i = 0; i < 210; i++) {
      let best = Infinity;
      for (let j = 0; j < 210; j++) {
        if (set[j]) best = Math.min(best, Math.hypot(...at(i).map((v, k) => v - at(j)[k]!)));
      }
      expect(found[i]).toBeCloseTo(best, 10);
    }
  });
  it("is infinite without a set", () => {
    expect(distanceTransform([0, 0], { shape: [1, 1, 2], spacing: [1, 1, 1] })).toEqual(
      Float64Array.of(Infinity, Infinity),
    );
  });
});

describe("dice, hausdorff95, surface-distance", () => {
  const spacing: [number, number, number] = [2, 1, 0.5];
  const box = (from: number) =>
    volume(
      [8, 10, 20],
      (z, y, x) => (z >= 2 && z < 6 && y >= 2 && y < 8 && x >= from && x < from + 8 ? 1 : 0),
      spacing,
    );
  it("gives the hand-worked overlap of shifted boxes", () => {
    const result = dice.measure(box(4), { reference: box(6) });
    expect(result).toMatchObject({ status: "ok", value: 0.75, parts: { "label 1": 0.75 } }); // 6 of 8 columns shared
  });
  it("measures a shift of two columns of 0.5 mm as 1 mm at most", () => {
    expect(hausdorff95.measure(box(4), { reference: box(6) })).toMatchObject({
      status: "ok",
      value: 1,
      unit: "mm",
    });
    const mean = surfaceDistance.measure(box(4), { reference: box(6) });
    expect(mean.status === "ok" && mean.value > 0 && mean.value < 1).toBe(true);
  });
  it("gives the distance of parallel planes exactly", () => {
    const sheet = (k: number) => volume([12, 6, 6], (z) => (z === k ? 1 : 0), [2.5, 1, 1]);
    expect(hausdorff95.measure(sheet(3), { reference: sheet(7) })).toMatchObject({ value: 10 });
    expect(surfaceDistance.measure(sheet(3), { reference: sheet(7) })).toMatchObject({ value: 10 });
  });
  it("has no distance, and says so, when a label is missing", () => {
    const empty = volume([8, 10, 20], () => 0, spacing);
    expect(hausdorff95.measure(box(4), { reference: empty }).status).toBe("undefined");
    expect(dice.measure(box(4), { reference: empty })).toMatchObject({ value: 0 });
    expect(dice.measure(empty, { reference: empty }).status).toBe("undefined");
  });
  it("refuses values that are no labels", () => {
    expect(() =>
      dice.measure(
        volume([1, 2, 2], () => 0.5),
        { reference: volume([1, 2, 2], () => 1) },
      ),
    ).toThrow(/found value 0.5/);
  });
});
