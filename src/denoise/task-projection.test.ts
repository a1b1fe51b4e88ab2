import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeImage, withData } from "../core/image.ts";
import { streamOf } from "../core/random.ts";
import { gridPlaces, templatesAt, type Profile } from "./projection/templates.ts";
import { projectOntoTask, taskPreserving, taskSpan } from "./task-projection.ts";
import { findDenoiser } from "./find-denoiser.ts";
import { totalVariation } from "./total-variation.ts";

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let s = 0;
  for (let i = 0; i < a.length; i++) s += a[i]! * b[i]!;
  return s;
};
const length = (a: ArrayLike<number>) => Math.sqrt(dot(a, a));

/** Difference-of-Gaussians channel profiles on 13×13 pixels. */
const profiles: Profile[] = [1, 1.6, 2.56].map((s) => ({
  shape: [13, 13],
  values: Float64Array.from({ length: 169 }, (_, i) => {
    const r2 = (Math.floor(i / 13) - 6) ** 2 + ((i % 13) - 6) ** 2;
    return Math.exp(-r2 / (2 * s * s)) - 0.5 * Math.exp(-r2 / (4 * s * s));
  }),
}));

describe("taskSpan", () => {
  it("no linear observer in the span changes its statistic (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1_000_000 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        (seed, ny, nx, independent, dependent) => {
          const stream = streamOf(seed, "span");
          const size = ny * nx;
          const templates = Array.from({ length: independent }, () => stream.normals(size));
          for (let k = 0; k < dependent; k++) {
            const mix = stream.normals(independent);
            templates.push(
              Float64Array.from({ length: size }, (_, i) =>
                templates.slice(0, independent).reduce((s, t, j) => s + mix[j]! * t[i]!, 0),
              ),
            );
          }
          const span = taskSpan(templates, { shape: [ny, nx] });
          expect(span.rank).toBe(Math.min(independent, size));
          expect(span.noiseShare).toBe(span.rank / size);
          const noisy = makeImage(Float32Array.from(stream.normals(size)), [ny, nx]);
          const denoised = withData(noisy, Float32Array.from(stream.normals(size)));
          const kept = projectOntoTask(denoised, { noisy, span });
          const mix = stream.normals(templates.length);
          const observer = Float64Array.from({ length: size }, (_, i) =>
            templates.reduce((s, t, j) => s + mix[j]! * t[i]!, 0),
          );
          // The result is rounded to float32: 6e-8 of each pixel's size, in a sum over the pixels.
          const slack = 3e-7 * length(observer) * (length(kept.data) + 1);
          expect(Math.abs(dot(observer, kept.data) - dot(observer, noisy.data))).toBeLessThan(
            slack,
          );
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is the orthogonal projection: nothing outside the span changes, and twice is once", () => {
    const stream = streamOf(8, "orthogonal");
    const templates = [stream.normals(60), stream.normals(60), stream.normals(60)];
    const span = taskSpan(templates, { shape: [6, 10] });
    const x = stream.normals(60);
    const inside = span.component(x);
    const outside = x.map((v, i) => v - inside[i]!);
    expect(length(span.component(outside))).toBeLessThan(1e-13);
    span.component(inside).forEach((v, i) => expect(v).toBeCloseTo(inside[i]!, 12));
    // One template: the closed form w (wᵀx)/‖w‖².
    const one = taskSpan([templates[0]!], { shape: [6, 10] });
    const share = dot(templates[0]!, x) / dot(templates[0]!, templates[0]!);
    one.component(x).forEach((v, i) => expect(v).toBeCloseTo(share * templates[0]![i]!, 12));
  });

  it("keeps channel responses at many places through strongly dependent channels", () => {
    const shape = [24, 26];
    const places = gridPlaces(shape, { step: 1 });
    const templates = templatesAt(profiles, { places, shape });
    const span = taskSpan(templates, { shape });
    expect(span.templates).toBe(3 * 24 * 26);
    // Smooth channels at every pixel cannot have more dimensions than pixels.
    expect(span.rank).toBeLessThanOrEqual(24 * 26);
    const stream = streamOf(9, "many");
    const g = stream.normals(24 * 26);
    const component = span.component(g);
    const wanted = span.statistics(g);
    const found = span.statistics(component);
    for (let k = 0; k < wanted.length; k++) {
      // tolerance 1e-6 times ‖w‖ (below 6) times ‖g‖ (about 25), for columns left out of the basis.
      expect(Math.abs(found[k]! - wanted[k]!)).toBeLessThan(2e-4);
    }
  });

  it("lets back the stated share of white noise", () => {
    const shape = [20, 20];
    const span = taskSpan(
      templatesAt(profiles, { places: gridPlaces(shape, { step: 6, margin: 3 }), shape }),
      { shape },
    );
    const stream = streamOf(10, "share");
    let energy = 0;
    const draws = 400;
    for (let d = 0; d < draws; d++) energy += length(span.component(stream.normals(400))) ** 2;
    // χ² with rank·draws degrees of freedom: relative sd √(2/(rank·draws)); 4 sd.
    const bound = 4 * Math.sqrt(2 / (span.rank * draws));
    expect(Math.abs(energy / (draws * span.rank) - 1)).toBeLessThan(bound);
  });

  it("refuses what is no family", () => {
    expect(() => taskSpan([], { shape: [2, 2] })).toThrow(/no template/);
    expect(() => taskSpan([[0, 0, 0, 0]], { shape: [2, 2] })).toThrow(/only zero/);
    expect(() => taskSpan([[1, 0]], { shape: [2, 2] })).toThrow(/2 values, wanted 4/);
  });
});

describe("taskPreserving", () => {
  it("wraps a denoiser: statistics of the noisy image, noise of the denoised one", async () => {
    const shape = [32, 32];
    const stream = streamOf(11, "wrap");
    const signal = Float64Array.from({ length: 1024 }, (_, i) =>
      (Math.floor(i / 32) - 16) ** 2 + ((i % 32) - 16) ** 2 <= 4 ? 0.07 : 0,
    );
    const noisy = makeImage(
      Float32Array.from({ length: 1024 }, (_, i) => 0.5 + signal[i]! + 0.1 * stream.normal()),
      shape,
    );
    const wrapped = taskPreserving(totalVariation, taskSpan([signal], { shape }));
    const plain = await totalVariation.denoise(noisy, {}, { sigma: 0.1 });
    const kept = await wrapped.denoise(noisy, {}, { sigma: 0.1 });
    expect(dot(signal, kept.data)).toBeCloseTo(dot(signal, noisy.data), 6);
    expect(Math.abs(dot(signal, plain.data) - dot(signal, noisy.data))).toBeGreaterThan(0.001);
    const change = kept.data.map((v, i) => v - plain.data[i]!);
    expect(length(change)).toBeLessThan(0.5);
    expect(wrapped.name).toBe("task-preserving+total-variation");
  });

  it("takes its templates from the call, for every plane of a volume", async () => {
    const shape = [3, 16, 16];
    const stream = streamOf(12, "by name");
    const noisy = makeImage(Float32Array.from(stream.normals(768)), shape);
    const signal = Float64Array.from({ length: 256 }, (_, i) => (i % 16 > 5 && i % 16 < 9 ? 1 : 0));
    const denoiser = await findDenoiser("task-preserving+gaussian");
    const kept = await denoiser.denoise(noisy, {}, { sigma: 1, templates: [signal] });
    const plain = await (await findDenoiser("gaussian")).denoise(noisy, {}, { sigma: 1 });
    for (let z = 0; z < 3; z++) {
      const part = ({ data }: { data: Float32Array }) => data.slice(256 * z, 256 * (z + 1));
      // Sums of 48 float32 values.
      expect(dot(signal, part(kept))).toBeCloseTo(dot(signal, part(noisy)), 4);
      expect(Math.abs(dot(signal, part(plain)) - dot(signal, part(noisy)))).toBeGreaterThan(0.01);
    }
    await expect(denoiser.denoise(noisy, {}, { sigma: 1 })).rejects.toThrow(/found no template/);
  });
});
