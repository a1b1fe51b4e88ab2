import { describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { gaussian } from "../gaussian.ts";
import { homomorphic } from "./homomorphic.ts";

const looks = 25;
const speckle = (stream: ReturnType<typeof streamOf>) => stream.gamma(looks) / looks;

/** An object of level 2 with speckle, where `holds` says so, and zeros elsewhere. */
function objectOf(n: number, holds: (y: number, x: number) => boolean, seed: string) {
  const stream = streamOf(1, seed);
  const data = Float32Array.from({ length: n * n }, (_, i) =>
    holds(Math.floor(i / n), i % n) ? 2 * speckle(stream) : 0,
  );
  return makeImage(data, [n, n]);
}

const n = 96;
const objects = {
  "all over": () => true,
  "13 rows": (y: number) => y >= n - 13,
  "a disc": (y: number, x: number) => Math.hypot(y - 48, x - 40) < 20,
  // The ring joins no border: zeros inside it are an area too.
  "a ring": (y: number, x: number) => Math.abs(Math.hypot(y - 48, x - 48) - 30) < 8,
};

describe("homomorphic", () => {
  it.each(
    Object.entries(objects).flatMap(([name, holds]) =>
      [0.5, 1, 2].map((width) => ({ name, holds, width })),
    ),
  )(
    "keeps the level of the object beside zeros, up to its rim: $name, width $width",
    async ({ name, holds, width }) => {
      const image = objectOf(n, holds, name);
      const result = await homomorphic(gaussian).denoise(
        image,
        { width },
        { sigma: 1 / Math.sqrt(looks) },
      );
      const rim = (y: number, x: number) =>
        [-3, 0, 3].some((j) =>
          [-3, 0, 3].some((k) => {
            const inside = y + j >= 0 && y + j < n && x + k >= 0 && x + k < n;
            return inside && !holds(y + j, x + k);
          }),
        );
      const sums = { core: [0, 0, 0], rim: [0, 0, 0] };
      for (let y = 0; y < n; y++) {
        for (let x = 0; x < n; x++) {
          const i = y * n + x;
          if (!holds(y, x)) {
            expect(result.data[i]).toBe(0);
            continue;
          }
          const sum = sums[rim(y, x) ? "rim" : "core"];
          sum[0]! += result.data[i]!;
          sum[1]! += image.data[i]!;
          sum[2]!++;
        }
      }
      // Against the image's own mean there, which the sample's speckle does not blur: what is left is that the
      // logarithm's mean is made good by one factor for all. At the rim, a pixel that stands for those beyond it
      // counts more than once: 0.2 over the pixels of the rim, at 4 σ with that weight.
      expect(Math.abs(sums.core[0]! / sums.core[1]! - 1)).toBeLessThan(0.015);
      const [after, before, count] = sums.rim as [number, number, number];
      if (count > 0)
        expect(Math.abs(after / before - 1)).toBeLessThan((4 * 0.2 * 1.5) / Math.sqrt(count));
    },
  );

  it("does not take the nulls of fully developed speckle for an area without signal", async () => {
    const stream = streamOf(4, "nulls");
    const data = Float32Array.from({ length: n * n }, () => -Math.log(1 - stream.uniform()));
    data[50 * n + 50] = 0;
    const image = makeImage(data, [n, n]);
    const result = await homomorphic(gaussian).denoise(image, { width: 1.5 }, { sigma: 1 });
    expect(result.data[50 * n + 50]).toBeGreaterThan(0);
    const mean = (values: Float32Array) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(result.data)).toBeCloseTo(mean(data), 5);
  });
});
