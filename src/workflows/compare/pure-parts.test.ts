/** Parts of a comparison against what they must give. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { imagesAtDoses } from "./doses.ts";
import { errorAgainstRepeat, errorAlone } from "./fidelity.ts";
import { inventedStructure } from "./invented.ts";
import { marginDose } from "./margin-dose.ts";
import { ownResolution } from "./own-resolution.ts";
import { casesAt, checkPlaces, deviationAboutPlane, findPlaces } from "./places.ts";
import { noPieces } from "./pieces.ts";
import { planPlaces } from "./plan.ts";
import { drawSignal, regionSide } from "./signals.ts";
import { presets } from "./presets.ts";
import { noiseFigures, transferFigures } from "./spectra.ts";
import { stackOf } from "./stack.ts";
import { statedTask } from "./task.ts";
import { foregroundTissue, percentileTissue } from "./tissue.ts";

const stream = (...path: (string | number)[]) => streamOf(5, "compare-parts", ...path);

function noiseRegions(count: number, side: number, sd = 1): Float32Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from(stream("region", k).normals(side * side), (v) => sd * v),
  );
}

/** Mean over 3 × 3 px, wrapped round; its transfer is a product of (1 + 2 cos)/3. */
function box3(region: Float32Array, side: number): Float32Array {
  return region.map((_, i) => {
    const [j, x] = [Math.floor(i / side), i % side];
    let sum = 0;
    for (const b of [-1, 0, 1]) {
      for (const a of [-1, 0, 1]) {
        sum += region[((j + b + side) % side) * side + ((x + a + side) % side)]!;
      }
    }
    return sum / 9;
  });
}

/** A disk of tissue of 60 ± 5 in air, with a bright rod. */
function phantom(sd = 5): ReturnType<typeof makeImage> {
  const [nz, n] = [3, 96];
  const s = stream("phantom");
  const data = Float32Array.from({ length: nz * n * n }, (_, i) => {
    const [x, y] = [i % n, Math.floor(i / n) % n];
    const body = Math.hypot(x - 48, y - 48) < 40 ? 60 : -1000;
    const rod = Math.hypot(x - 60, y - 48) < 5 ? 100 : 0;
    return body + rod + sd * s.normal();
  });
  return makeImage(data, [nz, n, n], { spacing: [3, 1, 1], unit: "HU" });
}

describe("places", () => {
  const image = phantom();
  const found = findPlaces(image, {
    slices: [0, 1, 2],
    side: 11,
    tissue: { low: 0, high: 200 },
    seed: 1,
  });

  it("lie in the tissue, apart from one another and from edges", () => {
    expect(found.length).toBeGreaterThan(30);
    for (const p of found) {
      expect(Math.hypot(p.column - 48, p.row - 48)).toBeLessThan(40);
      // The rod's rim is no tissue without an edge, though its values are.
      expect(Math.hypot(p.column - 60, p.row - 48)).toBeGreaterThan(6);
      const others = found.filter((q) => q !== p && q.slice === p.slice);
      for (const q of others) {
        expect(Math.max(Math.abs(p.row - q.row), Math.abs(p.column - q.column))).toBeGreaterThan(
          10,
        );
      }
    }
  });

  it("are the same for the same seed, and serve one class each, by halves", () => {
    const again = findPlaces(image, {
      slices: [0, 1, 2],
      side: 11,
      tissue: { low: 0, high: 200 },
      seed: 1,
    });
    expect(again).toEqual(found);
    const cases = casesAt(found, { seed: 1 });
    const present = cases.filter((c) => c.present).length;
    expect(Math.abs(2 * present - cases.length)).toBeLessThanOrEqual(1);
    expect(new Set(cases.map((c) => c.id)).size).toBe(cases.length);
  });

  it("of a user are refused outside the tissue, outside the image, and over one another", () => {
    const at = { side: 11, tissue: { low: 0, high: 200 } };
    const good = { slice: 0, row: 40, column: 40 };
    expect(() => checkPlaces(image, [good], at)).not.toThrow();
    expect(() => checkPlaces(image, [{ slice: 0, row: 6, column: 6 }], at)).toThrow(
      /wanted tissue/,
    );
    expect(() => checkPlaces(image, [{ slice: 0, row: 2, column: 40 }], at)).toThrow(/leaves/);
    expect(() => checkPlaces(image, [good, { ...good, row: 45 }], at)).toThrow(/found another/);
  });

  it("measure a deviation about a plane without bias", () => {
    const side = 15;
    const variances = noiseRegions(400, side, 2).map((r, k) => {
      const tilted = r.map((v, i) => v + k * (i % side) - 3 * Math.floor(i / side));
      return deviationAboutPlane(tilted, side) ** 2;
    });
    const mean = variances.reduce((s, v) => s + v, 0) / variances.length;
    // Standard error of the mean: 4 √(2/222)/√400 = 0.019.
    expect(Math.abs(mean - 4)).toBeLessThan(0.08);
  });
});

describe("the dose of a margin", () => {
  it("is where straight lines over the logarithm of the dose cross it", () => {
    const found = marginDose(
      [
        { dose: 1, estimate: 0, lower: -0.02, upper: 0.02 },
        { dose: 0.25, estimate: -0.1, lower: -0.14, upper: -0.06 },
      ],
      0.05,
    );
    expect(found.estimate).toBeCloseTo(0.5, 12);
    // −0.02 − 0.12 s = −0.05 at s = 1/4; 0.02 − 0.08 s = −0.05 at s = 7/8.
    expect(found.upper).toBeCloseTo(0.25 ** 0.25, 12);
    expect(found.lower).toBeCloseTo(0.25 ** 0.875, 12);
  });

  it("says where nothing is lost, and where all is", () => {
    const kept = marginDose([{ dose: 1, estimate: 0, lower: -0.01, upper: 0.01 }], 0.05);
    expect(kept).toEqual({ estimate: 0, lower: 0, upper: 0 });
    const lost = marginDose([{ dose: 1, estimate: -0.2, lower: -0.3, upper: -0.1 }], 0.05);
    expect(lost.estimate).toBeNaN();
    expect(lost.upper).toBeNaN();
    expect(lost.lower).toBe(1);
  });
});

describe("noise and resolution", () => {
  const side = 32;

  it("finds a box filter's transfer from what became of signals", () => {
    const s = regionSide(6, 1);
    expect(s % 2).toBe(1);
    const task = {
      preset: "",
      shape: "blob",
      diameterMm: 2,
      contrast: 10,
      contrastSigma: 1,
    } as const;
    const signal = drawSignal(task, "a", { side: 33, spacing: [1, 1, 1], f50: Infinity, seed: 1 });
    const { curve } = transferFigures([box3(signal, 33)], [signal], {
      side: 33,
      spacing: [1, 1, 1],
      ownF50: Infinity,
    });
    // Along an axis the transfer is (1 + 2 cos 2πf)/3; a ring mixes directions, all alike at low frequencies.
    curve.x.forEach((f, i) => {
      if (f > 0.15) return;
      expect(Math.abs(curve.y[i]! - (1 + 2 * Math.cos(2 * Math.PI * f)) / 3)).toBeLessThan(0.02);
    });
    expect(curve.y[0]).toBeCloseTo(1, 5);
  });

  it("finds white noise flat and of its strength", () => {
    const { sd, curve, mean } = noiseFigures(noiseRegions(60, side, 3), {
      side,
      spacing: [1, 0.5, 0.5],
      unit: "HU",
    });
    expect(Math.abs(sd / 3 - 1)).toBeLessThan(0.02);
    const level = 9 * 0.25;
    for (const [i, y] of curve.y.entries()) {
      if (i > 2) expect(Math.abs(y / level - 1)).toBeLessThan(0.15);
    }
    expect(mean).toBeGreaterThan(0.4);
  });
});

describe("invented structure", () => {
  const side = 32;
  const at = { side, spacing: [1, 1, 1] } as const;
  const before = noiseRegions(60, side);

  it("is found in no identity and in no linear filter", () => {
    expect(inventedStructure(before, before, at).worst).toBeUndefined();
    const filtered = before.map((r) => box3(r, side));
    expect(inventedStructure(before, filtered, at).worst).toBeUndefined();
  });

  it("is found where variance appears in an octave, which is named", () => {
    const [waves, f] = [stream("waves"), 3 / side];
    const after = before.map((r) => {
      const phase = 2 * Math.PI * waves.uniform();
      return box3(r, side).map((v, i) => v + 0.4 * Math.cos(2 * Math.PI * f * (i % side) + phase));
    });
    const { worst } = inventedStructure(before, after, at);
    expect(worst).toBeDefined();
    expect(worst!.from).toBeLessThan(f);
    expect(worst!.to).toBeGreaterThan(f);
    expect(worst!.lower).toBeGreaterThan(1);
  });
});

describe("error without a truth", () => {
  const side = 32;
  const truth = Array.from({ length: 40 }, () =>
    Float32Array.from({ length: side * side }, (_, i) => 10 * Math.sin(i / 40)),
  );
  const noise = noiseRegions(80, side, 2);
  const [g, again] = [0, 40].map((from) =>
    truth.map((t, k) => t.map((v, i) => v + noise[from + k]![i]!)),
  ) as [Float32Array[], Float32Array[]];
  const denoised = g.map((r) => box3(r, side));
  let square = 0;
  denoised.forEach((r, k) => r.forEach((v, i) => (square += (v - truth[k]![i]!) ** 2)));
  const real = Math.sqrt(square / (40 * side * side));

  it("is that against the truth, from a repeated scan", () => {
    const treated = {
      without: denoised,
      withSignal: denoised,
      shown: { without: new Float32Array(0), withSignal: new Float32Array(0) },
      seconds: 0,
      divergence: NaN,
      searched: [],
      notes: [],
    };
    const { rmse } = errorAgainstRepeat(treated, g, again);
    expect(Math.abs(rmse / real - 1)).toBeLessThan(0.05);
  });

  it("is that against the truth, by Stein's estimate with the divergence of the filter", () => {
    // The trace of a 3 × 3 mean is a ninth, times σ².
    const { rmse } = errorAlone(denoised, g, { divergence: 4 / 9, sigma: 2 });
    expect(Math.abs(rmse / real - 1)).toBeLessThan(0.05);
  });
});

describe("signals", () => {
  const grid = { side: 41, spacing: [1, 0.5, 0.5], f50: Infinity, seed: 1 } as const;
  const base = { preset: "", diameterMm: 6, contrast: -20, contrastSigma: 1 } as const;
  const integral = (s: Float32Array) => s.reduce((a, v) => a + v, 0) * 0.25;

  it("have the size and height that were asked for, blur or not", () => {
    const disk = drawSignal({ ...base, shape: "disk" }, "a", grid);
    expect(Math.abs(integral(disk) / (-20 * Math.PI * 9) - 1)).toBeLessThan(0.01);
    const blurred = drawSignal({ ...base, shape: "disk" }, "a", { ...grid, f50: 0.4 });
    expect(Math.abs(integral(blurred) / integral(disk) - 1)).toBeLessThan(0.01);
    expect(Math.min(...blurred)).toBeGreaterThan(-21);
    const blob = drawSignal({ ...base, shape: "blob" }, "a", grid);
    // Half of the height at half of the diameter: 6 px of 0.5 mm from the middle.
    expect(blob[20 * 41 + 26]! / blob[20 * 41 + 20]!).toBeCloseTo(0.5, 5);
  });

  it("of random shape follow the case, and repeat", () => {
    const one = drawSignal({ ...base, shape: "spiculated" }, "a", grid);
    expect(drawSignal({ ...base, shape: "spiculated" }, "a", grid)).toEqual(one);
    expect(drawSignal({ ...base, shape: "spiculated" }, "b", grid)).not.toEqual(one);
  });

  it("of one's own are scaled to the diameter about their middle", () => {
    const square = Float32Array.from({ length: 400 }, (_, i) => {
      const [x, y] = [i % 20, Math.floor(i / 20)];
      return x >= 3 && x < 13 && y >= 5 && y < 15 ? 1 : 0;
    });
    const mask = makeImage(square, [20, 20], { spacing: [1, 1, 1] });
    const drawn = drawSignal({ ...base, shape: "mask", mask }, "a", grid);
    // 10 mm become 6 mm.
    expect(Math.abs(integral(drawn) / (-20 * 36) - 1)).toBeLessThan(0.03);
    const bad = makeImage(
      square.map((v) => 2 * v),
      [20, 20],
    );
    expect(() => drawSignal({ ...base, shape: "mask", mask: bad }, "a", grid)).toThrow(/shares/);
  });

  it("larger than a region are refused", () => {
    expect(() => drawSignal({ ...base, shape: "disk", diameterMm: 80 }, "a", grid)).toThrow(
      /smaller/,
    );
  });
});

describe("transfer", () => {
  it("is the same by the spectrum of disks and by the edge of their mean, that of the filter", () => {
    const f50 = 0.25;
    const [side, spacing] = [61, [1, 0.5, 0.5] as const];
    const task = {
      preset: "",
      shape: "disk",
      diameterMm: 10,
      contrast: -20,
      contrastSigma: 1,
    } as const;
    const draw = (transferF50: number) =>
      drawSignal(task, "a", { side, spacing, f50: transferF50, seed: 1 });
    const given = { side, spacing, ownF50: Infinity, diskMm: 10 };
    const found = transferFigures([draw(f50)], [draw(Infinity)], given);
    expect(Math.abs(found.f50 / f50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(found.edgeF50 / f50 - 1)).toBeLessThan(0.08);
    // Four pixels across have no edge.
    expect(transferFigures([draw(f50)], [draw(f50)], { ...given, diskMm: 2 }).edgeF50).toBeNaN();
  });
});

describe("doses", () => {
  it("are lowered by noise as strong as that dose would have had", async () => {
    const [n, sd] = [64, 20];
    const s = stream("dose");
    const data = Float32Array.from({ length: 2 * n * n }, (_, i) => {
      const inside = Math.hypot((i % n) - 32, (Math.floor(i / n) % n) - 32) < 29;
      return (inside ? 60 : -1000) + sd * s.normal();
    });
    const image = makeImage(data, [2, n, n], { spacing: [5, 0.8, 0.8], unit: "HU" });
    const notes: string[] = [];
    const [full, half] = await imagesAtDoses(stackOf(image, [0, 1], { beside: 0 }), {
      doses: [1, 0.5],
      given: new Map(),
      seed: 1,
      threads: 1,
      pieces: noPieces,
      note: (text) => void notes.push(text),
    });
    expect([full!.from, half!.from]).toEqual(["as acquired", "noise inserted"]);
    expect(full!.image.data).toEqual(image.data);
    const inside = half!.image.data.filter((_, i) => {
      return Math.hypot((i % n) - 32, (Math.floor(i / n) % n) - 32) < 20;
    });
    const mean = inside.reduce((a, v) => a + v, 0) / inside.length;
    const found = Math.sqrt(inside.reduce((a, v) => a + (v - mean) ** 2, 0) / inside.length);
    expect(Math.abs(mean / 60 - 1)).toBeLessThan(0.05);
    // The noise of these images is white, and that of a scanner is not: calibrated to a few per cent.
    expect(Math.abs(found / (sd * Math.SQRT2) - 1)).toBeLessThan(0.1);
    expect(notes.join()).toMatch(/calibrated on the noise of the images/);
  });
});

describe("tasks", () => {
  it("come from presets, with what a user says instead", () => {
    const stated = statedTask("HU", { signal: { diameterMm: 8 } });
    expect(stated).toMatchObject({ preset: "liver-lesion", shape: "disk", diameterMm: 8 });
    expect(statedTask("arbitrary", {}).contrastIn).toBe("sigma");
  });

  it("have presets that the manual lists, each with its sources", () => {
    const page = readFileSync(new URL("../../../docs/compare.md", import.meta.url), "utf8");
    for (const [name, { about, references }] of Object.entries(presets)) {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
      expect(row, name).toContain(about);
      for (const key of references) expect(row).toContain(`[${key}]`);
    }
  });

  it("are refused where unit or numbers mean nothing", () => {
    expect(() => statedTask("arbitrary", { preset: "lung-nodule" })).toThrow(/wanted CT in HU/);
    expect(() => statedTask("arbitrary", { signal: { contrast: 10 } })).toThrow(/without a unit/);
    expect(() => statedTask("HU", { signal: { contrast: 0 } })).toThrow(/other than 0/);
    expect(() => statedTask("HU", { signal: { diameterMm: -1 } })).toThrow(/above 0/);
    expect(() => statedTask("HU", { preset: "livr-lesion" })).toThrow(/liver-lesion/);
    expect(() => statedTask("HU", { tissue: { low: 5, high: 5 } })).toThrow(/smaller first/);
  });
});

describe("the images' own properties", () => {
  it("tell the foreground from the background", () => {
    const { low, high } = foregroundTissue(phantom(), [0, 1, 2]);
    expect(low).toBeGreaterThan(-800);
    expect(high).toBeLessThan(170);
    expect(high).toBeGreaterThan(50);
    const flat = makeImage(new Float32Array(64 * 64), [64, 64]);
    expect(() => foregroundTissue(flat, [0])).toThrow(/without contrast/);
  });

  it("lie between percentiles of local means, as counted", () => {
    const ramp = makeImage(
      Float32Array.from({ length: 80 * 80 }, (_, i) => i % 80),
      [80, 80],
    );
    // Ten columns of means: 3.5, 11.5 … 75.5, ten times each.
    expect(percentileTissue(ramp, [0], { low: 30, high: 65 })).toEqual({ low: 27.5, high: 51.5 });
    expect(() => percentileTissue(ramp, [0], { low: 65, high: 30 })).toThrow(/smaller first/);
    expect(() => percentileTissue(ramp, [0], { low: 31, high: 32 })).toThrow(/at both/);
  });

  it("give the resolution of a blurred surface", () => {
    const n = 160;
    const f50 = 0.25;
    // A disk's edge behind a Gaussian of standard deviation √(2 ln 2)/(2π f50).
    const s = Math.sqrt(2 * Math.log(2)) / (2 * Math.PI * f50);
    const noise = stream("surface");
    const data = Float32Array.from({ length: n * n }, (_, i) => {
      const r = Math.hypot((i % n) - 80.3, Math.floor(i / n) - 79.6);
      return 1000 / (1 + Math.exp((1.702 * (r - 60)) / s)) + 5 * noise.normal();
    });
    const found = ownResolution(makeImage(data, [n, n], { spacing: [1, 1, 1] }), [0]);
    expect(found.from).toBe("surface");
    // The logistic curve is a Gaussian's integral to 1 %; a median over directions adds some.
    expect(Math.abs(found.f50 / f50 - 1)).toBeLessThan(0.12);
  });
});

describe("plans", () => {
  const places = Array.from({ length: 50 }, (_, slice) =>
    Array.from({ length: 10 }, (_, i) => ({ slice, row: 20 * i, column: 0 })),
  ).flat();
  const base = { pilotAuc: 0.85, level: 0.95, secondsPerSlice: 2, leastStep: 1 };

  it("take as many slices as the interval needs, spread over the series", () => {
    const { plan, chosen } = planPlaces(places, { ...base, halfWidth: 0.05 });
    expect(plan.by).toBe("interval");
    expect(plan.reached).toBeLessThanOrEqual(0.0505);
    const slices = [...new Set(chosen.map((p) => p.slice))];
    expect(slices.length).toBe(plan.slices);
    expect(Math.min(...slices)).toBeLessThan(8);
    expect(Math.max(...slices)).toBeGreaterThan(41);
    expect(plan.seconds).toBe(2 * plan.slices);
  });

  it("stop when the time or the images end, and say so", () => {
    const short = planPlaces(places, { ...base, halfWidth: 0.03, budget: 8 });
    expect(short.plan).toMatchObject({ by: "time", slices: 4 });
    const few = planPlaces(places.slice(0, 60), { ...base, halfWidth: 0.02 });
    expect(few.plan.by).toBe("images");
    expect(few.plan.reached).toBeGreaterThan(0.02);
    const apart = planPlaces(places, { ...base, halfWidth: 0.01, leastStep: 5 });
    expect(apart.plan.slices).toBe(10);
  });
});
