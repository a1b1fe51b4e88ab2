import { describe, expect, it } from "vitest";
import { InputError } from "../../src/core/errors.ts";
import { makeImage, withData } from "../../src/core/image.ts";
import type { Image } from "../../src/core/image.ts";
import { streamOf } from "../../src/core/random.ts";
import { catalogue } from "../../src/metrics/catalogue.ts";
import type { Metric, MetricContext } from "../../src/metrics/metric.ts";
import { regionOfShape } from "../../src/metrics/region.ts";

const side = 192;

/** Textured image with an edge and a soft disk, positive values; labels for metrics that read them. */
function sample(metric: Metric, seed: number): Image {
  const s = streamOf(seed, "contract");
  const data = Float32Array.from({ length: side * side }, (_, i) => {
    const x = i % side;
    const y = Math.floor(i / side);
    if (metric.reads === "labels")
      return Math.hypot(x - 90 - seed, y - 96) < 40 ? 1 : Math.hypot(x - 150, y - 150) < 20 ? 2 : 0;
    return (
      100 +
      30 * Math.sin(x / 5) * Math.cos(y / 7) +
      (x > 96 + (y - 96) / 12 ? 40 : 0) +
      80 / (1 + Math.exp(Math.hypot(x - 45, y - 150) - 20)) +
      5 * s.normal()
    );
  });
  return makeImage(data, [side, side], { spacing: [1, 0.8, 0.8] });
}

function contextFor(metric: Metric, image: Image, reference: Image | undefined): MetricContext {
  return {
    ...(reference ? { reference } : {}),
    ...(metric.reads === "labels" ? {} : { dataRange: 200 }),
    ...(metric.regions.includes("mask")
      ? {
          mask: regionOfShape(
            places.find((row) => row.name === metric.name)?.mask ?? "disk:60,60,20",
            image,
          ),
        }
      : {}),
    ...(metric.regions.includes("background")
      ? { background: regionOfShape("disk:140,60,20", image) }
      : {}),
  };
}

/** Metrics that measure a certain structure: the region that shows it, with the reason. */
const places: readonly { name: string; mask: string; reason: string }[] = [
  { name: "neq", mask: "rectangle:85,50,20,92", reason: "its mask holds an edge" },
  { name: "ttf", mask: "disk:45,150,20", reason: "its mask is a disk" },
];

/** Metrics for which a mask is refused or has another meaning, each with its reason. */
const maskless: readonly { name: string; reason: string }[] = [
  {
    name: "vif",
    reason: "sums information over windows of four scales; returns a status when a mask is given",
  },
  { name: "niqe", reason: "reads whole patches; its definition knows no mask" },
  { name: "cnr", reason: "its two regions are its definition" },
];

for (const [name, load] of Object.entries<() => Promise<Metric>>(catalogue)) {
  const metric = await load();
  describe(`metric ${name}`, () => {
    const image = sample(metric, 1);
    const reference = sample(metric, 2);
    const needsReference = metric.reads !== "image";
    const context = contextFor(metric, image, needsReference ? reference : undefined);

    it("is described: name, title, summary, parameters", () => {
      expect(metric.name).toBe(name);
      expect(metric.title.length).toBeGreaterThan(0);
      expect(metric.summary).toMatch(/\.$/);
      for (const p of Object.values(metric.parameters)) expect(p.about.length).toBeGreaterThan(10);
    });

    it("gives a finite value and states window, range, clip, mask, averaging and variant", () => {
      const result = metric.measure(image, context);
      expect(result.status).toBe("ok");
      if (result.status !== "ok") return;
      expect(Number.isFinite(result.value)).toBe(true);
      expect(Object.keys(result.settings).sort()).toEqual(
        ["averaging", "clip", "dataRange", "dataRangeFrom", "mask", "variant", "window"].sort(),
      );
      expect(Object.keys(result.settings.variant)).toEqual(
        expect.arrayContaining(Object.keys(metric.parameters)),
      );
    });

    it("leaves its inputs alone and repeats to the last bit", () => {
      const before = image.data.slice();
      const first = metric.measure(image, context);
      expect(metric.measure(image, context)).toEqual(first);
      expect(image.data).toEqual(before);
    });

    it.runIf(metric.identity !== undefined)(
      "has its declared value for an image against itself",
      () => {
        const result = metric.measure(image, { ...context, reference: image });
        expect(result.status === "ok" && result.value).toBeCloseTo(metric.identity as number, 6);
      },
    );

    it.runIf(metric.scaling !== "free")("scales as declared when everything is multiplied", () => {
      const k = 4; // a power of two: float32 values scale without rounding
      const larger = (im: Image) =>
        withData(
          im,
          im.data.map((v) => v * k),
        );
      const scaled = metric.measure(larger(image), {
        ...context,
        ...(needsReference ? { reference: larger(reference) } : {}),
        ...(context.dataRange ? { dataRange: context.dataRange * k } : {}),
      });
      const own = metric.measure(image, context);
      if (own.status !== "ok" || scaled.status !== "ok") throw new Error("no value");
      const factor = metric.scaling === "linear" ? k : metric.scaling === "quadratic" ? k * k : 1;
      expect(scaled.value / own.value).toBeCloseTo(factor, 6);
    });

    it.runIf(metric.reads === "pair" && metric.better !== "neither")(
      "gets worse with noise",
      () => {
        const s = streamOf(4, "worse");
        const add = (sigma: number) =>
          withData(
            reference,
            reference.data.map((v) => v + sigma * s.normal()),
          );
        const at = (sigma: number) => {
          const r = metric.measure(add(sigma), context);
          if (r.status !== "ok") throw new Error(r.cause);
          return r.value;
        };
        const [little, much] = [at(4), at(40)];
        if (metric.better === "higher") expect(much).toBeLessThan(little);
        else expect(much).toBeGreaterThan(little);
      },
    );

    it.skipIf(maskless.some((row) => row.name === name) || metric.reach === Infinity)(
      "does not look beyond its reach outside the mask",
      () => {
        const mask = regionOfShape("rectangle:32,32,96,96", image);
        const changed = withData(
          image,
          image.data.map((v, i) => {
            const x = i % side;
            const y = Math.floor(i / side);
            const apart = Math.max(32 - x, x - 127, 32 - y, y - 127);
            return apart > metric.reach ? (metric.reads === "labels" ? 1 : v + 37) : v;
          }),
        );
        // A stated window keeps measures that take their grey scale from the image comparable.
        const fixed = metric.reads === "labels" ? {} : { window: { low: -1000, high: 1000 } };
        expect(metric.measure(changed, { ...context, ...fixed, mask })).toEqual(
          metric.measure(image, { ...context, ...fixed, mask }),
        );
      },
    );

    it("averages slices of a volume, or pools them, but never fails on one", () => {
      const volume = (im: Image) =>
        makeImage(Float32Array.of(...im.data, ...im.data), [2, side, side], {
          spacing: im.spacing,
        });
      const result = metric.measure(volume(image), {
        ...context,
        ...(needsReference ? { reference: volume(reference) } : {}),
      });
      expect(result.status).toBe("ok");
      if (result.status !== "ok") return;
      expect(Number.isFinite(result.value)).toBe(true);
      if (metric.reads !== "labels") expect(result.settings.averaging).not.toBe("one plane");
    });

    it("gives one value, or says why there is none, on constants, ramps and single voxels", () => {
      const make = (n: number, value: (x: number, y: number) => number) =>
        makeImage(
          Float32Array.from({ length: n * n }, (_, i) => value(i % n, Math.floor(i / n))),
          [n, n],
        );
      const labels = metric.reads === "labels";
      const shapes: readonly (readonly [string, (x: number, y: number) => number])[] = [
        ["zero", () => 0],
        ["one value", () => (labels ? 3 : 1234.567)],
        ["ramp", (x) => (labels ? x >> 5 : 0.1 * x)],
        ["hot voxel", (x, y) => (x === 70 && y === 60 ? (labels ? 2 : 1000) : 0)],
      ];
      const measured = (a: Image, b: Image, extra: MetricContext): string => {
        const result = metric.measure(a, {
          ...contextFor(metric, a, undefined),
          ...extra,
          reference: b,
        });
        if (result.status === "undefined") {
          expect(result.cause.length).toBeGreaterThan(10);
          expect(result.remedy.length).toBeGreaterThan(10);
          return "undefined";
        }
        expect(result.value).not.toBeNaN();
        for (const part of Object.values(result.parts ?? {})) {
          if (labels) expect(part).not.toBeNaN();
        }
        return String(result.value);
      };
      for (const [, a] of shapes) {
        for (const [, b] of shapes) measured(make(side, a), make(side, b), {});
      }
      // The level of a constant must not matter where its distance from the reference does not.
      if (labels || metric.better === "neither") return;
      const level = (c: number) => make(side, () => c);
      const range = { dataRange: 200 };
      const [small, large] = [7.3, 7.3e6].map((c) => measured(level(c), level(c), range));
      expect(small).toBe(large);
    });

    it("refuses values that are not finite, other sizes, other units, a missing reference", () => {
      const broken = withData(
        image,
        image.data.map((v, i) => (i === 7 ? NaN : v)),
      );
      expect(() => metric.measure(broken, context)).toThrow(InputError);
      const small = makeImage(new Float32Array(64 * 64), [64, 64]);
      if (needsReference) {
        expect(() => metric.measure(small, context)).toThrow(/wanted equal sizes/);
        expect(() => metric.measure(withData(image, image.data, { unit: "HU" }), context)).toThrow(
          /wanted one unit/,
        );
        expect(() => metric.measure(image, {})).toThrow(/reference/);
      }
      expect(() => metric.measure(image, context, { nonsense: 1 })).toThrow(/nonsense/);
    });
  });
}
