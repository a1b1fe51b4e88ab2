import { describe, expect, it } from "vitest";
import { type Image, makeImage, withData } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import type { Denoiser } from "../../denoise/denoiser.ts";
import { compare, type CompareOptions } from "./compare.ts";
import type { Piece, PieceStore } from "./pieces.ts";
import { untreated } from "./result.ts";

const [nz, n] = [6, 96];

/** Tissue of 60 with a texture of unit variance times `sd`, in air. */
function series(
  texture: (i: number, stream: { normal(): number }) => number,
  sd: number,
  slices = nz,
): Image {
  const stream = streamOf(7, "compare");
  const data = Float32Array.from({ length: slices * n * n }, (_, i) => {
    const [x, y] = [i % n, Math.floor(i / n) % n];
    const inside = Math.hypot(x - 48, y - 48) < 44;
    return (inside ? 60 : -1000) + sd * texture(i, stream);
  });
  return makeImage(data, [slices, n, n], { spacing: [5, 0.8, 0.8], unit: "HU" });
}

const noisy = series((_, s) => s.normal(), 20);

const method = (
  name: string,
  change: (image: Image) => Float32Array,
  count?: () => void,
): Denoiser => ({
  name,
  title: name,
  summary: "For a test.",
  references: [],
  noise: "gaussian",
  dimensions: [2],
  parameters: {},
  reach: () => 0,
  async denoise(image) {
    count?.();
    return withData(image, change(image));
  },
});

const identity = method("identity", (image) => image.data.slice());

const options: CompareOptions = {
  doses: [1],
  resolution: Infinity,
  lookFor: { diameterMm: 4, contrast: 12 },
  threads: 1,
};

describe("compare", () => {
  it("flags what erases the signal and not the identity, on the same cases", async () => {
    const { result } = await compare(noisy, {
      ...options,
      methods: [
        identity,
        { name: "total-variation", parameters: { strength: 4 }, label: "strong TV" },
      ],
    });
    const [none, same, erased] = result.arms;
    expect(none!.method).toBe(untreated);
    expect(same!.hotelling).toEqual(none!.hotelling);
    expect(same!.gain.hotelling).toMatchObject({ estimate: 0, lower: 0, upper: 0 });
    expect(same!.contrastKept.estimate).toBeCloseTo(1, 5);
    expect(same!.bias.estimate).toBe(0);
    expect(result.methods.find((m) => m.method === "identity")!.flags).toEqual([]);
    expect(erased!.contrastKept.upper).toBeLessThan(0.5);
    const kinds = result.methods.find((m) => m.method === "strong TV")!.flags.map((f) => f.kind);
    expect(kinds).toContain("takes contrast");
    expect(result.verdict).toMatch(/strong TV takes contrast/);
    expect(result.verdict).not.toMatch(/identity takes/);
  });

  it("finds d' of white noise as theory has it, and NPWE's as noise and resolution promise it", async () => {
    // One draw: at 95 % one in twenty would miss.
    const { result } = await compare(noisy, { ...options, methods: [identity], level: 0.999 });
    const { hotelling, eye, promised, noise, fidelity } = result.arms[0]!;
    // ‖s‖/σ: a disk of 4 mm on pixels of 0.8 mm, height 12, noise 20.
    const theory = (12 * Math.sqrt((Math.PI * 4) / 0.64)) / 20;
    expect(hotelling.dPrime.lower).toBeLessThan(theory);
    expect(hotelling.dPrime.upper).toBeGreaterThan(0.95 * theory);
    expect(Math.abs(noise.sd / 20 - 1)).toBeLessThan(0.03);
    // 70 places: the standard error of d' is about 0.3.
    expect(Math.abs(eye.dPrime.estimate - promised)).toBeLessThan(0.9);
    expect(fidelity).toMatchObject({ by: "self-supervised (SURE)" });
    expect(Math.abs(fidelity!.rmse / 20 - 1)).toBeLessThan(0.1);
  });

  it("sees with a viewer's noise what theory has of both noises together", async () => {
    const { result } = await compare(noisy, {
      ...options,
      methods: [identity],
      level: 0.999,
      internalNoise: 15,
    });
    const { viewed, hotelling } = result.arms[0]!;
    const theory = (12 * Math.sqrt((Math.PI * 4) / 0.64)) / Math.hypot(20, 15);
    expect(viewed!.hotelling.dPrime.lower).toBeLessThan(theory);
    expect(viewed!.hotelling.dPrime.upper).toBeGreaterThan(0.95 * theory);
    expect(viewed!.hotelling.dPrime.estimate).toBeLessThan(hotelling.dPrime.estimate);
    expect(result.arms[1]!.viewed!.gain.hotelling).toMatchObject({ estimate: 0, lower: 0 });
    const { result: without } = await compare(noisy, {
      ...options,
      methods: [identity],
      internalNoise: 0,
    });
    expect(without.arms[0]!.viewed).toBeUndefined();
    expect(without.assumptions.join()).not.toMatch(/A viewer adds/);
  });

  it("flags a picture that is too faint to be seen, though nothing is lost to an observer without noise", async () => {
    const fainter = method("fainter", (image) => image.data.map((v) => 60 + 0.1 * (v - 60)));
    const { result } = await compare(noisy, { ...options, methods: [fainter, identity] });
    const [none, faint] = result.arms;
    expect(Math.abs(faint!.gain.hotelling.estimate)).toBeLessThan(1e-3);
    expect(faint!.hotelling.auc.estimate).toBeCloseTo(none!.hotelling.auc.estimate, 3);
    expect(faint!.viewed!.gain.hotelling.upper).toBeLessThan(-0.1);
    const flags = result.methods.find((m) => m.method === "fainter")!.flags;
    expect(flags.find((f) => f.kind === "loses the signal")!.reason).toMatch(/viewer's noise/);
    expect(result.methods.find((m) => m.method === "identity")!.flags).toEqual([]);
  });

  it("warns where noise and resolution promise what the images do not give", async () => {
    // What lies within a threshold of the tissue goes, with the noise: flat regions look perfect.
    const shrinking = method("shrinking", (image) =>
      image.data.map((v) => {
        const d = v - 60;
        return 60 + Math.sign(d) * Math.max(0, Math.abs(d) - 40);
      }),
    );
    const { result } = await compare(noisy, { ...options, methods: [shrinking, identity] });
    const kinds = (name: string) =>
      result.methods.find((m) => m.method === name)!.flags.map((f) => f.kind);
    expect(kinds("shrinking")).toContain("promises more");
    expect(result.verdict).toMatch(/misleads for shrinking: .* promise \+\d+ %/);
    expect(kinds("identity")).toEqual([]);
  });

  it("flags structure that a median makes of a texture of two values", async () => {
    const two = series((_, s) => (s.normal() > 0 ? 1 : -1) + 0.05 * s.normal(), 20);
    const { result } = await compare(two, {
      ...options,
      methods: [identity, { name: "median", parameters: { radius: 2 } }],
    });
    const kinds = (name: string) =>
      result.methods.find((m) => m.method === name)!.flags.map((f) => f.kind);
    expect(kinds("median")).toContain("invents structure");
    expect(kinds("identity")).toEqual([]);
  });

  it("says what the identity's search and error against truth and repeat are", async () => {
    const long = series((_, s) => s.normal(), 20, 18);
    const truth = series(() => 0, 0, 18);
    const stream = streamOf(8, "again");
    const repeat = withData(
      truth,
      truth.data.map((v) => v + 20 * stream.normal()),
    );
    const shared = { ...options, methods: [identity] };
    const against = await compare(long, { ...shared, truth });
    expect(against.result.arms[0]!.fidelity!.by).toBe("truth");
    expect(Math.abs(against.result.arms[0]!.fidelity!.rmse / 20 - 1)).toBeLessThan(0.02);
    expect(against.result.arms[0]!.fidelity!.psnrDb).toBeGreaterThan(10);
    const other = await compare(long, { ...shared, repeat, search: true });
    expect(other.result.arms[0]!.fidelity!.by).toBe("repeat");
    expect(Math.abs(other.result.arms[0]!.fidelity!.rmse / 20 - 1)).toBeLessThan(0.05);
    const { search } = other.result.arms[0]!;
    expect(search!.localisation.estimate).toBeGreaterThan(0.2);
    expect(search!.localisation.estimate).toBeLessThan(1);
    expect(other.result.arms[1]!.search!.localisation).toEqual(search!.localisation);
  });

  it("goes on from the pieces of a comparison that was stopped, to the same numbers", async () => {
    const kept = new Map<string, Piece>();
    const pieces: PieceStore = {
      get: async (key) => kept.get(key),
      put: async (key, piece) => void kept.set(key, piece),
    };
    const blurred = (count: () => void) =>
      method("shifted", (image) => image.data.map((v) => 0.9 * v + 6), count);
    let calls = 0;
    const whole = await compare(noisy, { ...options, methods: [blurred(() => calls++)] });
    const all = calls;
    const controller = new AbortController();
    calls = 0;
    const stopping = blurred(() => {
      if (++calls === 8) controller.abort();
    });
    await expect(
      compare(noisy, { ...options, methods: [stopping], pieces, signal: controller.signal }),
    ).rejects.toThrow(/Cancelled/);
    expect(kept.size).toBeGreaterThan(0);
    calls = 0;
    const rest = await compare(noisy, { ...options, methods: [blurred(() => calls++)], pieces });
    expect(calls).toBeLessThan(all);
    const plain = ({
      result: { seconds: _s, plan: _p, arms, methods: _m, ...others },
    }: typeof whole) => ({
      ...others,
      arms: arms.map(({ seconds: _seconds, ...arm }) => arm),
    });
    expect(plain(rest)).toEqual(plain(whole));
  });

  it("takes what denoise chooses for the images when no method is named, and its plain form inside a wrapper", async () => {
    const { methods: _, ...others } = { ...options, methods: undefined };
    const { result } = await compare(noisy, others);
    const [, chosen] = result.methods;
    expect(chosen!.method).toMatch(/^preserving\+/);
    const plain = chosen!.method.replace("preserving+", "");
    const { result: wrapped } = await compare(noisy, {
      ...others,
      methods: [{ name: "preserving+default", parameters: { keep: 5 } }, plain],
    });
    expect(wrapped.methods.map((m) => m.method).slice(1)).toEqual([`preserving+${plain}`, plain]);
  });

  it("lets methods that join slices see one at a time where it has to be quick, and says so", async () => {
    const seen = new Set<number>();
    const joining: Denoiser = {
      ...method("joining", (image) => image.data.slice()),
      dimensions: [2, 3],
      reach: () => Infinity,
      async denoise(image) {
        seen.add(image.axes === "zyx" ? image.shape[0]! : 1);
        return image;
      },
    };
    const { result } = await compare(noisy, { ...options, methods: [joining], quick: true });
    expect([...seen]).toEqual([1]);
    expect(result.notes.join()).toMatch(/joining sees one slice at a time in a quick comparison/);
    expect(result.plan.seconds).toBeLessThan(120);
  });

  it("asks in one sentence for what it needs", async () => {
    const colour = makeImage(
      Float32Array.from({ length: 3 * 64 * 64 }, (_, i) => i),
      [3, 64, 64],
      { axes: "cyx" },
    );
    await expect(compare(colour)).rejects.toThrow(/colour image: found 3 channels/);
    await expect(
      compare(noisy, {
        ...options,
        lookFor: { diameterMm: 18, contrast: 10 },
        methods: [identity],
      }),
    ).rejects.toThrow(/found \d+ places .* wanted at least 24/);
    await expect(
      compare(noisy, { ...options, tissue: { low: 500, high: 900 }, methods: [identity] }),
    ).rejects.toThrow(/found 0 places/);
    const smaller = makeImage(new Float32Array(nz * 64 * 64), [nz, 64, 64], noisy);
    const doseImages = [{ dose: 0.5, image: withUnit(smaller) }];
    await expect(compare(noisy, { ...options, doseImages, methods: [identity] })).rejects.toThrow(
      /with the dose 0.5: found 6 × 64 × 64/,
    );
    const moving = makeImage(new Float32Array(2 * 3 * 64 * 64), [2, 3, 64, 64], { axes: "tzyx" });
    await expect(compare(moving)).rejects.toThrow(/time series: found axes "tzyx"/);
    const plain = makeImage(noisy.data, noisy.shape, { spacing: noisy.spacing });
    await expect(compare(plain, { doses: [0.5], methods: [identity] })).rejects.toThrow(
      /Cannot lower the dose to 0.5: found values in arbitrary unit/,
    );
    await expect(compare(noisy, { ...options, methods: [identity, identity] })).rejects.toThrow(
      /identity: found it twice/,
    );
  });

  it("gives a smaller answer without a repeat of other geometry, on equal channels, on frames, and in narrower regions", async () => {
    const smaller = makeImage(new Float32Array(nz * 64 * 64), [nz, 64, 64], noisy);
    const { result } = await compare(noisy, {
      ...options,
      lookFor: { diameterMm: 10, contrast: 10 },
      repeat: withUnit(smaller),
      methods: [identity],
    });
    expect(result.notes.join()).toMatch(/repeated scan is left out: found 6 × 64 × 64 .* wanted/);
    expect(result.arms[0]!.fidelity!.by).toMatch(/self-supervised/);
    // 60 mm across hold two regions of 30 mm each way, and four of 20 mm in a few rows.
    expect(result.notes.join()).toMatch(/regions are 25 × 25 px, two diameters/);
    const size = nz * n * n;
    const thrice = Float32Array.from({ length: 3 * size }, (_, i) => noisy.data[i % size]!);
    const at = { spacing: noisy.spacing, unit: noisy.unit };
    const grey = makeImage(thrice, [3, nz, n, n], { ...at, axes: "czyx" });
    const frames = makeImage(noisy.data, [nz, n, n], { ...at, axes: "tyx" });
    const shared = { ...options, methods: [identity] };
    const plain = await compare(noisy, shared);
    for (const [image, said] of [
      [grey, /all 3 channels are equal/],
      [frames, /frames of the time series count as slices/],
    ] as const) {
      const { result: same } = await compare(image, shared);
      expect(same.notes.join()).toMatch(said);
      expect(same.arms[0]!.hotelling).toEqual(plain.result.arms[0]!.hotelling);
    }
  });

  it("answers on one slice, and on MR without a unit, and says what that is worth", async () => {
    const stream = streamOf(9, "plane");
    const values = Float32Array.from({ length: 160 * 160 }, (_, i) =>
      Math.hypot((i % 160) - 80, Math.floor(i / 160) - 80) < 76 ? 1000 + 20 * stream.normal() : 0,
    );
    const shifted = makeImage(values, [160, 160], { spacing: [5, 0.5, 0.5] });
    const { result } = await compare(shifted, {
      methods: [identity],
      lookFor: { diameterMm: 3, contrast: 1, contrastIn: "sigma" },
      resolution: Infinity,
    });
    expect(result.doses).toEqual([1]);
    expect(result.notes.join()).toMatch(/one slice gives few places/);
    expect(Math.abs(result.task.contrast / 20 - 1)).toBeLessThan(0.1);
  });
});

const withUnit = (image: Image): Image =>
  makeImage(image.data, image.shape, { spacing: [5, 0.8, 0.8], unit: "HU" });
