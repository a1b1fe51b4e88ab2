import { describe, expect, it } from "vitest";
import { makeImage, type Image } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import type { Acquisition } from "../../src/physics/acquisition.ts";
import { catalogue } from "../../src/physics/catalogue.ts";

/** A small object that every acquisition takes: a disc of water in air, or of 1 in 0. */
function smallObject(unit: Image["unit"], volumetric: boolean): Image {
  const n = 24;
  const slices = volumetric ? 3 : 1;
  const values = new Float32Array(slices * n * n);
  for (let i = 0; i < values.length; i++) {
    const x = (i % n) - 11.5;
    const y = (Math.floor(i / n) % n) - 11.5;
    const inside = x * x + y * y < 64;
    values[i] = unit === "HU" ? (inside ? 0 : -1000) : inside ? 1 : 0;
  }
  const shape = volumetric ? [slices, n, n] : [n, n];
  return makeImage(values, shape, { spacing: [2, 4, 4], unit });
}

/** Values that make scans small enough for a contract, where the acquisition has such parameters. */
const small: Readonly<Record<string, number>> = {
  views: 40,
  channels: 64,
  channelMm: 4,
  rows: 8,
  rowMm: 6,
};

/** Acquisitions that take values that are not finite, each with its reason. */
const takesAnything: Readonly<Record<string, string>> = {
  direct: "its noise models state their own domains",
};

for (const [name, load] of Object.entries<() => Promise<Acquisition>>(catalogue)) {
  describe(`acquisition ${name}`, async () => {
    const acquisition = await load();
    const parameters = Object.fromEntries(
      Object.entries(small).filter(([key]) => key in acquisition.parameters),
    );
    const object = smallObject(acquisition.objectUnit, !acquisition.dimensions.includes(2));

    it("carries its own name", () => {
      expect(acquisition.name).toBe(name);
    });

    it("gives the same bytes for the same stream, and others for another", async () => {
      const run = (seed: number, threads: number) =>
        acquisition.acquire(object, streamOf(seed, "case"), parameters, { threads });
      const a = (await run(1, 1)).image.data;
      expect((await run(1, 2)).image.data).toEqual(a);
      expect((await run(2, 1)).image.data).not.toEqual(a);
    });

    it("gives a reference that the noisy image scatters about, and leaves the object alone", async () => {
      const before = object.data.slice();
      const { image, reference } = await acquisition.acquire(object, streamOf(3), parameters, {
        reference: true,
      });
      expect(object.data).toEqual(before);
      expect(reference?.shape).toEqual(image.shape);
      expect(image.data.every(Number.isFinite)).toBe(true);
      expect(reference!.data.every(Number.isFinite)).toBe(true);
      const dot = (x: Float32Array, y: Float32Array): number => {
        const mx = x.reduce((s, v) => s + v, 0) / x.length;
        const my = y.reduce((s, v) => s + v, 0) / y.length;
        return x.reduce((s, v, i) => s + (v - mx) * (y[i]! - my), 0);
      };
      const r =
        dot(image.data, reference!.data) /
        Math.sqrt(dot(image.data, image.data) * dot(reference!.data, reference!.data));
      // Noise at the default levels may dim the object's picture, not replace it.
      expect(r).toBeGreaterThan(0.7);
    });

    it("keeps the object's place in the world", async () => {
      const { image } = await acquisition.acquire(object, streamOf(3), parameters);
      expect(image.spacing).toEqual(object.spacing);
      expect(image.origin).toEqual(object.origin);
      expect(image.shape).toEqual(object.shape);
    });

    it.skipIf(name in takesAnything)("refuses values that are not finite", async () => {
      const bad = { ...object, data: object.data.slice() };
      bad.data[100] = NaN;
      await expect(
        (async () => acquisition.acquire(bad, streamOf(1), parameters))(),
      ).rejects.toThrow(/found the (value|line integral) NaN at index 100/);
    });

    it("refuses unknown parameters", async () => {
      await expect(
        (async () =>
          acquisition.acquire(object, streamOf(1), { ...parameters, notAParameter: 1 }))(),
      ).rejects.toThrow(/no such parameter/);
    });

    it("refuses an object of the wrong unit where it needs one", async () => {
      if (acquisition.objectUnit === "arbitrary") return;
      await expect(
        (async () =>
          acquisition.acquire({ ...object, unit: "arbitrary" }, streamOf(1), parameters))(),
      ).rejects.toThrow(/wanted HU/);
      await expect(
        (async () =>
          acquisition.acquire({ ...object, spacingKnown: false }, streamOf(1), parameters))(),
      ).rejects.toThrow(/without spacing/);
    });
  });
}
