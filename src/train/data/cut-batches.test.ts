import { describe, expect, it } from "vitest";
import { streamOf } from "../../core/random.ts";
import { gaussian } from "../../noise/gaussian.ts";
import type { Batch, FieldName } from "../batch.ts";
import { checkSamples } from "./cut.ts";
import { cutBatches, cutValidation, ownNoise } from "./cut-batches.ts";
import { knownImageClasses } from "./image-classes.ts";
import type { Sample } from "./sample.ts";

const [ny, nx, side] = [40, 48, 16];
const pixels = ny * nx;

/** Columns rise, noise grows from left to right, labels are the quadrants. */
function sampleOf(name: string, changes: Partial<Sample> = {}): Sample {
  const stream = streamOf(2, name);
  const clean = Float32Array.from({ length: pixels }, (_, i) => 10 * (i % nx));
  const noise = () => clean.map((v, i) => v + (1 + (i % nx) / 4) * stream.normal());
  const labels = clean.map((_, i) => (i % nx < nx / 2 ? 0 : 1) + (i < pixels / 2 ? 0 : 2));
  return {
    name,
    unit: "HU",
    ny,
    nx,
    depth: 1,
    planes: { clean: [clean], noisy: [noise()], again: [noise()], labels: [labels] },
    windows: [{ low: 0, high: 100, clip: false, weight: 1 }],
    weight: 1,
    classOf: [2, 1, 0, 3],
    signal: { present: true, place: [0, 20, 24] },
    ...changes,
  };
}

const all: FieldName[] = ["noisy", "clean", "again", "other", "sigma", "labels", "present"];
const area = side * side;
const augment = { flip: true, turn: true, flipDepth: false };
const classes = ["a", "b", "c", "d"];
const size = { side, depth: 1 };
const options = { seed: 1, count: 24, size, augment, form: "planes" as const, classes };
const rms = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
};

describe("cutBatches", () => {
  const samples = { samples: [sampleOf("one"), sampleOf("two", { weight: 3 })] };

  it("gives the same batch for the same request, whatever else is asked for", async () => {
    const source = cutBatches(samples, { ...options, level: { from: 0.01, to: 1, scale: "log" } });
    const first = await source.draw({ step: 2, draw: 1, fields: all });
    expect(await source.draw({ step: 2, draw: 1, fields: all })).toEqual(first);
    for (const name of all) {
      const alone = await source.draw({ step: 2, draw: 1, fields: [name] });
      expect(alone).toEqual({ [name]: first[name] });
      expect(source.shapes[name]).toEqual(first[name]!.shape);
    }
    expect((await source.draw({ step: 2, draw: 0, fields: all })).clean).not.toEqual(first.clean);
  });

  it("keeps the noise as it is without a level, and says how strong it is in the patch", async () => {
    const { noisy, clean, sigma } = await cutBatches(samples, options).draw({
      step: 0,
      draw: 0,
      fields: all,
    });
    const levels = new Set<number>();
    for (let n = 0; n < options.count; n++) {
      const noise = [...noisy!.data.subarray(n * area, (n + 1) * area)].map(
        (v, i) => v - clean!.data[n * area + i]!,
      );
      expect(sigma!.data[n]).toBeCloseTo(rms(noise), 5);
      levels.add(sigma!.data[n]!);
    }
    // (1 + x/4)/100 over columns 0 to 47: 0.03 at the left end, 0.11 at the right.
    expect(Math.min(...levels)).toBeGreaterThan(0.02);
    expect(Math.max(...levels)).toBeLessThan(0.14);
    expect(Math.max(...levels) / Math.min(...levels)).toBeGreaterThan(1.5);
  });

  it("says what makes such images where the description does", () => {
    const { trainedOn } = cutBatches(samples, { ...options, modalities: ["US"] });
    expect(trainedOn).toMatchObject({
      modalities: ["US"],
      units: cutBatches(samples, options).trainedOn!.units,
    });
    expect(cutBatches(samples, options).trainedOn).not.toHaveProperty("modalities");
  });

  it("makes the noise as strong as drawn, evenly in the logarithm, in the same pattern", async () => {
    const [from, to] = [0.002, 0.2];
    const source = cutBatches(samples, { ...options, level: { from, to, scale: "log" } });
    const plain = cutBatches(samples, options);
    const logs: number[] = [];
    for (let step = 0; step < 40; step++) {
      const request = { step, draw: 0, fields: all };
      const [a, b] = [await source.draw(request), await plain.draw(request)];
      for (let n = 0; n < options.count; n++) {
        const level = a.sigma!.data[n]!;
        logs.push(Math.log(level));
        const factor = level / b.sigma!.data[n]!;
        for (let i = n * area; i < (n + 1) * area; i += 37) {
          const [scaled, own] = [a.noisy, b.noisy].map((x) => x!.data[i]! - b.clean!.data[i]!);
          expect(Math.abs(scaled! - factor * own!)).toBeLessThan(2e-6 * Math.max(1, factor));
        }
      }
    }
    // Uniform on [log from, log to]: mean and variance within five standard errors.
    const width = Math.log(to / from);
    const mean = logs.reduce((s, v) => s + v, 0) / logs.length;
    const bound = (5 * width) / Math.sqrt(12 * logs.length);
    expect(Math.abs(mean - (Math.log(from) + width / 2))).toBeLessThan(bound);
    expect(rms(logs) / (width / Math.sqrt(12))).toBeCloseTo(1, 1);
  });

  it("gives the asked share of patches without noise", async () => {
    const source = cutBatches(samples, { ...options, count: 400, level: 0.1, noiseless: 0.2 });
    const { sigma, noisy, clean } = await source.draw({ step: 0, draw: 0, fields: all });
    const without = [...sigma!.data.keys()].filter((n) => sigma!.data[n] === 0);
    expect(Math.abs(without.length / 400 - 0.2)).toBeLessThan(5 * Math.sqrt(0.16 / 400));
    const [first] = without as [number];
    const part = (data: Float32Array) => data.slice(first * area, (first + 1) * area);
    expect(part(noisy!.data)).toEqual(part(clean!.data));
  });

  it("turns all fields alike: labels and the signal's presence stay with their pixels", async () => {
    const { clean, labels, present } = await cutBatches(samples, options).draw({
      step: 5,
      draw: 0,
      fields: all,
    });
    for (let n = 0; n < options.count; n++) {
      const column = (i: number) => Math.round(10 * clean!.data[n * area + i]!);
      const classes = new Set<number>();
      for (let i = 0; i < area; i++) {
        const hot = [0, 1, 2, 3].filter((k) => labels!.data[(4 * n + k) * area + i] === 1);
        expect(hot).toHaveLength(1);
        classes.add(hot[0]!);
        // Quadrants 0 and 2 lie left, 1 and 3 right; they are classes 2, 0 and 1, 3.
        expect([2, 0].includes(hot[0]!)).toBe(column(i) < nx / 2);
      }
      // The signal's pixel is the first of the lower right quadrant: patches that hold it hold all four.
      if (present!.data[n] === 1) expect(classes.size).toBe(4);
    }
    expect(new Set(present!.data)).toEqual(new Set([0, 1]));
  });

  it("says which classes a whole patch belongs to: the source's, and the signal's where it holds it", () => {
    const place = [0, 20, 24] as const;
    const from = {
      samples: [
        sampleOf("disk", {
          bears: ["thorax"],
          signal: { present: true, place, name: "disk", names: ["disk", "doublet"] },
        }),
        sampleOf("none", { bears: ["thorax", "old"], signal: { present: false, place } }),
      ],
    };
    const imageClasses = ["old", "thorax", "no signal", "disk"];
    expect(knownImageClasses(from.samples)).toEqual([
      "old",
      "thorax",
      "no signal",
      "disk",
      "doublet",
    ]);
    const source = cutBatches(from, { ...options, count: 200, imageClasses });
    const fields: FieldName[] = ["classes", "present"];
    const { classes: found, present } = source.draw({
      step: 0,
      draw: 0,
      fields,
    }) as Required<Batch>;
    expect(found.shape).toEqual([200, 4]);
    const seen = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const own = [...found.data.subarray(4 * n, 4 * n + 4)];
      expect(own[3]).toBe(present.data[n]);
      seen.add(own.join(""));
    }
    // Without the signal in view a patch of the first sample is one of the second but for "old".
    expect(seen).toEqual(new Set(["0101", "0110", "1110"]));
    const mixed = { samples: [...from.samples, { ...from.samples[0]! }] };
    for (const field of ["bears", "signal"] as const) {
      delete (mixed.samples[2] as unknown as Record<string, unknown>)[field];
    }
    expect(cutBatches(mixed, { ...options, imageClasses }).shapes.classes).toBeUndefined();
  });

  it("cuts where enough is above the ground", async () => {
    const fields: FieldName[] = ["clean"];
    const drawn = async (share?: number) => {
      const foreground = share === undefined ? undefined : { above: 235, share };
      const source = cutBatches(samples, { ...options, count: 100, foreground });
      const { clean } = await source.draw({ step: 0, draw: 0, fields });
      return [...Array(100).keys()].filter((n) => {
        const part = clean!.data.subarray(n * area, (n + 1) * area);
        return part.filter((v) => v > 2.35).length / area >= 0.5;
      }).length;
    };
    expect(await drawn(0.5)).toBe(100);
    expect(await drawn()).toBeLessThan(80);
    // Nothing fits: it goes on all the same.
    const never = cutBatches(samples, { ...options, foreground: { above: 1e9, share: 1 } });
    await expect(Promise.resolve(never.draw({ step: 0, draw: 0, fields }))).resolves.toBeDefined();
  });

  it("clips the clean values where the window does, and not the noise", async () => {
    const windows = [{ low: 100, high: 200, clip: true, weight: 1 }];
    const source = cutBatches({ samples: [sampleOf("x", { windows })] }, options);
    const { noisy, clean } = await source.draw({ step: 0, draw: 0, fields: all });
    expect(Math.min(...clean!.data)).toBe(0);
    expect(Math.max(...clean!.data)).toBe(1);
    expect(Math.max(...noisy!.data)).toBeGreaterThan(1);
  });

  it("offers what all samples have", () => {
    const { labels: _, ...planes } = sampleOf("x").planes;
    const { signal: _s, ...rest } = sampleOf("x");
    const noisy = { noisy: planes.noisy! };
    expect(
      Object.keys(
        cutBatches({ samples: [...samples.samples, { ...rest, planes }] }, options).shapes,
      ),
    ).toEqual(["noisy", "clean", "other", "again", "sigma"]);
    expect(
      Object.keys(cutBatches({ samples: [{ ...rest, planes: noisy }] }, options).shapes),
    ).toEqual(["noisy"]);
  });
});

describe("stacks and volumes", () => {
  // Value 100 k in plane k, plus the pixel's own number over a thousand.
  const volume = (name: string) => {
    const planes = [0, 1, 2, 3, 4, 5].map((k) =>
      Float32Array.from({ length: pixels }, (_, i) => 100 * k + i / 1000),
    );
    const labels = planes.map((_, k) => new Float32Array(pixels).fill(k % 3));
    // Two stacks of three planes: a patch never spans both.
    return sampleOf(name, {
      depth: 3,
      planes: { clean: planes, noisy: planes, labels },
      windows: [{ low: 0, high: 1, clip: false, weight: 1 }],
      signal: { present: true, place: [1, 20, 24] },
    });
  };
  const from = { samples: [volume("v")] };
  const fields: FieldName[] = ["clean", "labels", "present"];

  it("are neighbours, as channels with the classes of the middle plane", async () => {
    const plan = { ...options, count: 40, size: { side, depth: 2 }, form: "stacks" as const };
    const source = cutBatches(from, plan);
    expect(source.shapes.clean).toEqual([40, 2, side, side]);
    expect(source.shapes.labels).toEqual([40, 4, side, side]);
    const { clean, labels } = await source.draw({ step: 0, draw: 0, fields });
    const firsts = new Set<number>();
    for (let n = 0; n < 40; n++) {
      const [a, b] = [0, 1].map((k) => clean!.data[(2 * n + k) * area]!);
      expect(b! - a!).toBeCloseTo(100, 2);
      const plane = Math.floor(b! / 100);
      firsts.add(plane - 1);
      const channel = [2, 1, 0][plane % 3]!;
      expect(labels!.data[(4 * n + channel) * area]).toBe(1);
    }
    expect(firsts).toEqual(new Set([0, 1, 3, 4]));
  });

  it("are volumes of one channel, in either order of planes where that is allowed", async () => {
    const flipped = { ...augment, flipDepth: true };
    const shared = { ...options, size: { side, depth: 3 }, form: "volumes" as const };
    const source = cutBatches(from, { ...shared, augment: flipped });
    expect(source.shapes.clean).toEqual([24, 1, 3, side, side]);
    expect(source.shapes.sigma).toEqual([24, 1, 1, 1, 1]);
    expect(source.shapes.labels).toEqual([24, 4, 3, side, side]);
    const { clean, labels, present } = await source.draw({ step: 0, draw: 0, fields });
    const rises = new Set<number>();
    for (let n = 0; n < 24; n++) {
      const at = (k: number) => clean!.data[(3 * n + k) * area]!;
      rises.add(Math.sign(at(1) - at(0)));
      for (const k of [0, 1, 2]) {
        const channel = [2, 1, 0][Math.floor(at(k) / 100) % 3]!;
        expect(labels!.data[((4 * n + channel) * 3 + k) * area]).toBe(1);
      }
    }
    expect(rises).toEqual(new Set([-1, 1]));
    expect(new Set(present!.data)).toEqual(new Set([0, 1]));
  });
});

describe("patches about the signal", () => {
  // Every pixel has a value of its own; the signal is expected beside where it is.
  const values = Float32Array.from({ length: pixels }, (_, i) => i);
  const expected = [0, 17, 29] as const;
  const sampleAbout = (present: boolean, place = expected as readonly [number, number, number]) =>
    sampleOf(present ? "with" : "without", {
      planes: { clean: [values] },
      windows: [{ low: 0, high: 1, clip: false, weight: 1 }],
      signal: { present, place: [0, 19, 27], expected: place },
    });
  const from = { samples: [sampleAbout(true), sampleAbout(false)] };

  it.each([15, 16])("have its place at the middle, whichever way they are turned", (length) => {
    const plan = { ...options, count: 200, size: { side: length, depth: 1 } };
    const source = cutBatches(from, { ...plan, centre: "signal" });
    const fields: FieldName[] = ["clean", "present"];
    const { clean, present } = source.draw({ step: 0, draw: 0, fields }) as Required<Batch>;
    const half = Math.floor(length / 2);
    const ways = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const at = (row: number, column: number) =>
        clean.data[n * length * length + row * length + column]!;
      expect(at(half, half)).toBe(expected[1] * nx + expected[2]);
      ways.add(`${at(half, half + 1) - at(half, half)} ${at(half + 1, half) - at(half, half)}`);
    }
    expect(ways.size).toBe(8);
    // Even odds: the share is known to 1/√800.
    const share = present.data.reduce((sum, v) => sum + v, 0) / 200;
    expect(Math.abs(share - 0.5)).toBeLessThan(5 / Math.sqrt(800));
  });

  it("leave out the ways that reach beyond the image, as flips of a patch as large as it", () => {
    const square = Float32Array.from({ length: 256 }, (_, i) => i);
    const whole = sampleOf("whole", {
      ny: 16,
      nx: 16,
      planes: { clean: [square] },
      windows: [{ low: 0, high: 1, clip: false, weight: 1 }],
      signal: { present: true, place: [0, 8, 8] },
    });
    const source = cutBatches({ samples: [whole] }, { ...options, centre: "signal" });
    const { clean } = source.draw({ step: 0, draw: 0, fields: ["clean"] }) as Required<Batch>;
    const firsts = new Set([...Array(24).keys()].map((n) => clean.data[n * area + 1]));
    // As it is, or with rows and columns exchanged.
    expect(firsts).toEqual(new Set([1, 16]));
  });

  it("have its plane in the middle of stacks, and draw images of other objects anywhere", () => {
    const planes = [0, 1, 2, 3, 4, 5].map((k) => new Float32Array(pixels).fill(k));
    const other = sampleOf("other", { planes: { clean: [values] } });
    delete (other as { signal?: unknown }).signal;
    const samples = [
      sampleOf("v", {
        depth: 6,
        planes: { clean: planes },
        windows: [{ low: 0, high: 1, clip: false, weight: 1 }],
        signal: { present: true, place: [4, 20, 24] },
      }),
    ];
    const plan = { ...options, size: { side, depth: 3 }, form: "stacks" as const };
    const source = cutBatches({ samples, others: [other] }, { ...plan, centre: "signal" });
    const fields: FieldName[] = ["clean"];
    const { clean } = source.draw({ step: 0, draw: 0, fields }) as Required<Batch>;
    for (let n = 0; n < options.count; n++) {
      expect([0, 1, 2].map((k) => clean.data[(3 * n + k) * area])).toEqual([3, 4, 5]);
    }
    const flat = cutBatches(
      { samples: from.samples, others: [other] },
      { ...options, centre: "signal" },
    );
    expect(flat.draw({ step: 0, draw: 0, fields: ["other"] })).toHaveProperty("other");
  });

  it("are refused where a patch would reach beyond the image, and without a signal", () => {
    const check = (sample: Sample) => () =>
      checkSamples([sample], { size, augment, centre: "signal" });
    expect(check(sampleAbout(true))).not.toThrow();
    expect(check(sampleAbout(true, [0, 8, 8]))).not.toThrow();
    expect(check(sampleAbout(true, [0, 33, 8]))).toThrow(
      /patches of with on the signal: found it at plane, row and column 0, 33, 8 of 1 x 40 x 48, wanted half a patch of 1 x 16 x 16/,
    );
    const { signal: _, ...none } = sampleOf("none");
    expect(check(none)).toThrow(/found no signal, wanted one in every source/);
  });
});

describe("augmentations", () => {
  const plan = { ...options, count: 200 };
  const turns = async (changes: object) => {
    const source = cutBatches(samples, { ...plan, augment: { ...augment, ...changes } });
    const { clean } = await source.draw({ step: 0, draw: 0, fields: ["clean"] });
    // Columns rise by 0.1 a pixel, rows not at all: the way up tells flips and exchanges apart.
    return new Set(
      [...Array(200).keys()].map((n) => {
        const [a, right, down] = [0, 1, side].map((i) => clean!.data[n * area + i]!);
        return `${Math.round(10 * (right! - a!))} ${Math.round(10 * (down! - a!))}`;
      }),
    );
  };
  const samples = { samples: [sampleOf("a")] };

  it("are those that are allowed", async () => {
    expect(await turns({ flip: false, turn: false })).toEqual(new Set(["1 0"]));
    expect(await turns({ flip: true, turn: false })).toEqual(new Set(["1 0", "-1 0"]));
    expect(await turns({ flip: false })).toEqual(new Set(["1 0", "-1 0", "0 1", "0 -1"]));
    expect(await turns({})).toEqual(new Set(["1 0", "-1 0", "0 1", "0 -1"]));
  });

  it("turn without mirroring where only turns are allowed", async () => {
    // Rows rise by 1, columns by 10: the cross product of both ways up keeps its sign under turns alone.
    const clean = Float32Array.from(
      { length: pixels },
      (_, i) => 10 * (i % nx) + Math.floor(i / nx),
    );
    const from = { samples: [sampleOf("b", { planes: { clean: [clean] } })] };
    const signs = async (flip: boolean) => {
      const source = cutBatches(from, { ...plan, augment: { ...augment, flip } });
      const drawn = await source.draw({ step: 0, draw: 0, fields: ["clean"] });
      return new Set(
        [...Array(200).keys()].map((n) => {
          const [a, right, down] = [0, 1, side].map((i) => drawn.clean!.data[n * area + i]!);
          const ways = [right! - a!, down! - a!].map((v) => Math.round(100 * v));
          // Steps of ±10 along x' and ±1 along y', or exchanged.
          const exchanged = Math.abs(ways[0]!) === 1;
          return Math.sign(ways[0]! * ways[1]!) * (exchanged ? -1 : 1);
        }),
      );
    };
    expect(await signs(false)).toEqual(new Set([1]));
    expect(await signs(true)).toEqual(new Set([1, -1]));
  });

  it("move and stretch the window evenly in the stated ranges, for all fields alike", async () => {
    const ranges = { windowScale: { from: 0.5, to: 2 }, windowShift: { from: -0.1, to: 0.2 } };
    const source = cutBatches(samples, {
      ...plan,
      augment: { ...augment, flip: false, turn: false, ...ranges },
    });
    const { clean, noisy, sigma } = await source.draw({ step: 0, draw: 0, fields: all });
    const scales = [...Array(200).keys()].map((n) => {
      const slope = clean!.data[n * area + 1]! - clean!.data[n * area]!;
      // The noise is windowed with the same width as its image.
      const noise = [...noisy!.data.subarray(n * area, (n + 1) * area)].map(
        (v, i) => v - clean!.data[n * area + i]!,
      );
      expect(sigma!.data[n]! / rms(noise)).toBeCloseTo(1, 4);
      return 0.1 / slope;
    });
    expect(Math.min(...scales)).toBeGreaterThanOrEqual(0.499);
    expect(Math.max(...scales)).toBeLessThanOrEqual(2.001);
    const mean = scales.reduce((a, b) => a + b, 0) / 200;
    expect(Math.abs(mean - 1.25)).toBeLessThan((5 * 1.5) / Math.sqrt(12 * 200));
  });
});

describe("noise models", () => {
  it("add noise anew to every patch, of options drawn for it, and to both images alike", async () => {
    const { noisy: _n, again: _a, ...planes } = sampleOf("c").planes;
    const noise = {
      model: gaussian,
      options: { sigma: { from: 1, to: 4, scale: "log" as const } },
    };
    const from = { samples: [sampleOf("c", { planes, noise })] };
    const source = cutBatches(from, { ...options, count: 300 });
    const { noisy, again, clean, sigma } = await source.draw({ step: 0, draw: 0, fields: all });
    let product = 0;
    for (let n = 0; n < 300; n++) {
      const part = (data: Float32Array) =>
        [...data.subarray(n * area, (n + 1) * area)].map((v, i) => v - clean!.data[n * area + i]!);
      const [a, b] = [part(noisy!.data), part(again!.data)];
      // 256 values each: a standard deviation is known to 1/√512, a ratio of two to 1/16.
      expect(Math.abs(Math.log(rms(a) / rms(b)))).toBeLessThan(5 / 16);
      expect(sigma!.data[n]).toBeCloseTo(rms(a), 5);
      product += a.reduce((s, v, i) => s + v * b[i]!, 0) / (area * rms(a) * rms(b));
    }
    expect(Math.abs(product / 300)).toBeLessThan(5 / Math.sqrt(300 * area));
    expect(Math.min(...sigma!.data)).toBeGreaterThan(0.008);
    expect(Math.max(...sigma!.data)).toBeLessThan(0.05);
    expect(Math.max(...sigma!.data) / Math.min(...sigma!.data)).toBeGreaterThan(3);
  });
});

describe("cutValidation", () => {
  it("has the same patches in every group and every range", async () => {
    const shared = { ...options, patches: 6 };
    const validation = cutValidation(
      { samples: [sampleOf("v")] },
      { ...shared, sigmas: [0.05, 0.1] },
    );
    expect(validation).toMatchObject({ groups: ["0.05", "0.1"], count: 6 });
    const whole = await validation.draw("0.05", { start: 0, count: 6 });
    const part = await validation.draw("0.05", { start: 4, count: 2 });
    expect(part.noisy!.data).toEqual(whole.noisy!.data.slice(4 * area));
    const other = await validation.draw("0.1", { start: 0, count: 6 });
    expect(other.clean).toEqual(whole.clean);
    for (const level of other.sigma!.data) expect(level).toBeCloseTo(0.1, 6);
    expect(cutValidation({ samples: [sampleOf("v")] }, { ...shared, sigmas: [] }).groups).toEqual([
      ownNoise,
    ]);
  });
});
