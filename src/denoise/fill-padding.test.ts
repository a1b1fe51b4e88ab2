import { describe, expect, it } from "vitest";
import { makeImage } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { filledFromNearest } from "./fill-padding.ts";

describe("filledFromNearest", () => {
  it("takes a nearest value, by brute force", () => {
    const stream = streamOf(3, "fill");
    const [ny, nx] = [13, 11];
    for (const share of [0.1, 0.5, 0.9, 0.99]) {
      // Values that name their place.
      const image = makeImage(
        Float32Array.from({ length: ny * nx }, (_, i) => i),
        [ny, nx],
      );
      const padding = Uint8Array.from(image.data, () => (stream.uniform() < share ? 1 : 0));
      padding[stream.integer(ny * nx)] = 0;
      const filled = filledFromNearest(image, padding);
      const distance = (i: number, j: number) =>
        (Math.floor(i / nx) - Math.floor(j / nx)) ** 2 + ((i % nx) - (j % nx)) ** 2;
      for (let i = 0; i < ny * nx; i++) {
        let least = Infinity;
        for (let j = 0; j < ny * nx; j++) {
          if (padding[j] === 0) least = Math.min(least, distance(i, j));
        }
        expect(padding[filled[i]!]).toBe(0);
        expect(distance(i, filled[i]!)).toBe(least);
      }
    }
  });

  it("fills an empty plane from the one next to it, and leaves an empty image alone", () => {
    const image = makeImage(Float32Array.of(1, 1, 2, 2, -9, -9, 4, 4), [4, 1, 2]);
    expect(filledFromNearest(image, Uint8Array.of(0, 0, 0, 1, 1, 1, 0, 0))).toEqual(
      Float32Array.of(1, 1, 2, 2, 2, 2, 4, 4),
    );
    expect(filledFromNearest(image, new Uint8Array(8).fill(1))).toEqual(image.data);
  });
});
