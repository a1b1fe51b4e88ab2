import { afterAll, describe, expect, it } from "vitest";
import { scene, withGaussianNoise, withRicianNoise } from "../../../test/denoise-scene.ts";
import { type Image, makeImage } from "../../core/image.ts";
import { streamOf } from "../../core/random.ts";
import { findDenoiser } from "../../denoise/find-denoiser.ts";
import { lowPass } from "../../denoise/preserving/low-pass.ts";
import { usualTraining } from "../../denoise/trained-on.ts";
import { shippedCards, type ShippedCard } from "../../inference/files.ts";
import { endIdleWorkers } from "../../parallel/node.ts";
import { denoise } from "../denoise.ts";
import { chooseMethod, classical, outsideOf } from "./choose-method.ts";
import { factsOf, type ImageFacts } from "./image-facts.ts";
import { keepDefaults } from "./keep-defaults.ts";
import { modalities } from "./modalities.ts";
import { preservingName } from "./open-methods.ts";

afterAll(endIdleWorkers);

const facts: ImageFacts = {
  modality: "ct",
  modalityFrom: "as given",
  sigma: 20,
  unit: "HU",
  levelIn: () => 0.05,
  grain: 1.2,
  magnitude: false,
  negative: true,
  pixelMm: 0.7,
  large: false,
};

/** A card of a model for CT as one would be shipped, and the card of a first model on white noise. */
const ct: ShippedCard = {
  name: "ct-net",
  trainedOn: {
    noise: { low: 0.01, high: 0.4 },
    grain: { low: 0.8, high: 4 },
    units: ["HU"],
    modalities: ["CT"],
    spacing: { low: 0.3, high: 1.2 },
    windows: [],
  },
};
const general: ShippedCard = {
  name: "general-net",
  trainedOn: {
    ...usualTraining,
    units: ["HU", "arbitrary"],
    modalities: ["CT", "MR", "MG"],
  },
};

interface Row {
  readonly what: string;
  readonly facts: Partial<ImageFacts>;
  readonly models?: readonly ShippedCard[];
  readonly method: string;
  readonly keep: number;
  readonly outside?: RegExp;
}

const rows: readonly Row[] = [
  { what: "CT, correlated noise", facts: { grain: 2.4 }, method: "non-local-means", keep: 5 },
  { what: "CT, white noise", facts: {}, method: "bm3d", keep: 5 },
  { what: "CT, white noise, large", facts: { large: true }, method: "non-local-means", keep: 5 },
  {
    what: "CT, white noise, with the general model",
    facts: {},
    models: [general],
    method: "general-net",
    keep: 5,
  },
  {
    what: "CT, correlated noise, with the general model",
    facts: { grain: 2.4 },
    models: [general],
    method: "non-local-means",
    keep: 5,
    outside: /general-net is not used: found noise 2\.4 px wide \(trained on 1\.2, white noise\)/,
  },
  {
    what: "CT, noise beyond the general model's",
    facts: { levelIn: () => 0.3 },
    models: [general],
    method: "bm3d",
    keep: 5,
    outside: /found noise of 0\.3 of the window \(trained on 0 to 0\.2\)/,
  },
  {
    what: "CT with a model of its own, found by its card",
    facts: { grain: 2.4 },
    models: [general, ct],
    method: "ct-net",
    keep: 5,
    outside: /general-net/,
  },
  {
    what: "CT with pixels larger than its model has seen",
    facts: { grain: 2.4, pixelMm: 1.6 },
    models: [ct],
    method: "non-local-means",
    keep: 5,
    outside: /found pixels of 1\.6 mm \(trained on 0\.3 to 1\.2\)/,
  },
  {
    what: "MR magnitude, white noise",
    facts: { modality: "mr", negative: false, magnitude: true },
    models: [ct, general],
    method: "rician+bm3d",
    keep: 0,
    outside:
      /ct-net is not used: it was trained on CT, and this is MR.*general-net is not used: it was trained on additive noise, and this is that of a magnitude/,
  },
  {
    what: "MR magnitude, white noise, large",
    facts: { modality: "mr", negative: false, large: true },
    method: "rician-non-local-means",
    keep: 0,
  },
  {
    what: "MR magnitude, interpolated",
    facts: { modality: "mr", negative: false, grain: 2 },
    method: "rician-non-local-means",
    keep: 0,
  },
  {
    what: "MR with negative values, white noise",
    facts: { modality: "mr" },
    models: [general],
    method: "general-net",
    keep: 0,
  },
  {
    what: "ultrasound",
    facts: { modality: "ultrasound", negative: false, grain: 3 },
    models: [general],
    method: "homomorphic+non-local-means",
    keep: 0,
    outside: /trained on CT, MR, MG, and this is ultrasound/,
  },
  {
    what: "radiograph",
    facts: { modality: "x-ray", negative: false },
    models: [general],
    method: "anscombe+non-local-means",
    keep: 0,
    outside: /additive noise, and this is that of counts/,
  },
  {
    what: "counts less their background",
    facts: { modality: "nuclear", grain: 3 },
    method: "non-local-means",
    keep: 0,
  },
  {
    what: "an image of unknown making, white noise",
    facts: { modality: undefined, negative: false },
    models: [general],
    method: "general-net",
    keep: 0,
  },
  {
    what: "an image of unknown making, correlated noise",
    facts: { modality: undefined, grain: 2 },
    models: [general],
    method: "non-local-means",
    keep: 0,
    outside: /general-net/,
  },
];

describe("the table of choices", () => {
  it.each(rows)("$what: $method", ({ facts: changed, models = [], method, keep, outside }) => {
    const choice = chooseMethod({ ...facts, ...changed }, models);
    expect(choice).toMatchObject({ method, keep });
    expect(choice.why).toMatch(new RegExp(`^${method.replace("+", "\\+")} is chosen`));
    expect(choice.others).not.toContain(method);
    if (outside) expect(choice.outside.join("; ")).toMatch(outside);
    else expect(choice.outside).toEqual([]);
  });

  it("has a method for every image, all of them exist, and each row can be the first", async () => {
    const reached = new Set<string>();
    for (const modality of [...modalities, undefined]) {
      for (const grain of [1.1, 2]) {
        for (const negative of [true, false]) {
          for (const large of [true, false]) {
            reached.add(chooseMethod({ ...facts, modality, grain, negative, large }, []).method);
          }
        }
      }
    }
    for (const { method } of classical) {
      await expect(findDenoiser(method)).resolves.toMatchObject({ name: method });
      expect(reached).toContain(method);
    }
  });

  it("chooses what goes slab by slab for large images", async () => {
    const whole: string[] = [];
    for (const modality of [...modalities, undefined]) {
      for (const negative of [true, false]) {
        const { method } = chooseMethod({ ...facts, modality, negative, large: true }, []);
        const { reach, parameters } = await findDenoiser(method);
        const given = Object.fromEntries(
          Object.entries(parameters).map(([key, p]) => [key, p.default]),
        );
        const found = reach?.({ parameters: given, spacing: [1, 1, 1] });
        if (typeof found !== "number") whole.push(method);
      }
    }
    // Speckle and counts measure their scale on the whole: they are refused above --memory, with the reason.
    expect(new Set(whole)).toEqual(
      new Set(["homomorphic+non-local-means", "anscombe+non-local-means"]),
    );
  });

  it("has a default size to keep for each modality, with a reason", () => {
    for (const modality of modalities)
      expect(keepDefaults[modality].reason.length).toBeGreaterThan(20);
    expect(keepDefaults.ct.mm).toBe(5);
  });
});

describe("a card", () => {
  it("of every shipped model says what it was trained on", async () => {
    for (const { trainedOn } of await shippedCards()) {
      expect(trainedOn.noise.high).toBeGreaterThan(0);
      expect(trainedOn.modalities.length).toBeGreaterThan(0);
    }
  });

  it("of one modality is not used where nothing says what made the image", () => {
    const unknown = { ...facts, modality: undefined };
    expect(outsideOf(ct.trainedOn, unknown)).toMatch(
      /trained on CT, and this is of an unknown kind/,
    );
    expect(outsideOf(general.trainedOn, unknown)).toBeUndefined();
  });
});

const correlated = (shape: [number, number], sigma: number): Float32Array => {
  const stream = streamOf(8, "correlated");
  const white = Float32Array.from({ length: shape[0] * shape[1] }, () => stream.normal());
  const smooth = lowPass(white, {
    shape,
    spacing: [1, 1],
    transfer: (f) => Math.exp(-2 * (Math.PI * f) ** 2),
  });
  const rms = Math.sqrt(smooth.reduce((s, v) => s + v * v, 0) / smooth.length);
  return Float32Array.from(smooth, (v) => (sigma * v) / rms);
};

describe("facts of an image", () => {
  const plane = (data: Float32Array, unit: "HU" | "arbitrary" = "arbitrary"): Image =>
    makeImage(data, [128, 128], { spacing: [2, 0.8, 0.7], unit });

  it("are its modality, level, grain and pixels", () => {
    const noise = correlated([128, 128], 20);
    const ctLike = factsOf([
      plane(
        scene(128).data.map((v, i) => v + noise[i]!),
        "HU",
      ),
    ]);
    expect(ctLike).toMatchObject({ modality: "ct", modalityFrom: "by its unit HU", pixelMm: 0.8 });
    expect(ctLike.grain).toBeGreaterThan(2);
    expect(ctLike.levelIn(usualTraining)).toBeCloseTo(20 / 400, 1);
    const white = factsOf([withGaussianNoise(scene(128), 10, 1)], { code: "DX" });
    expect(white).toMatchObject({ modality: "x-ray", pixelMm: undefined });
    expect(white.grain).toBeLessThan(1.5);
    expect(factsOf([scene(64)], { code: "DX", given: "mr" }).modality).toBe("mr");
    expect(factsOf([withGaussianNoise(scene(64), 5, 1)]).modality).toBeUndefined();
  });

  it("know a magnitude by its background", () => {
    const truth = scene(128).data.map((v, i) =>
      Math.hypot((i % 128) - 64, i / 128 - 64) < 40 ? v + 60 : 0,
    );
    const magnitude = factsOf([withRicianNoise(plane(Float32Array.from(truth)), 12, 3)]);
    expect(magnitude).toMatchObject({ modality: "mr", magnitude: true, negative: false });
  });
});

describe("methods of a call", () => {
  it("put the band innermost", () => {
    expect(preservingName("bm3d")).toBe("preserving+bm3d");
    expect(preservingName("rician+bm3d")).toBe("rician+preserving+bm3d");
    expect(preservingName("task-preserving+median")).toBe("task-preserving+preserving+median");
    expect(preservingName("preserving+median")).toBe("preserving+median");
    expect(preservingName("a+b.onnx")).toBe("preserving+a+b.onnx");
  });

  const noisy = withGaussianNoise(
    makeImage(scene(64).data, [64, 64], { spacing: [1, 1, 1], unit: "HU" }),
    12,
    2,
  );

  it("keep what is asked for, of named methods and of denoisers themselves", async () => {
    const named = await denoise(noisy, { method: "median", keep: 6 });
    expect(named.method).toBe("preserving+median");
    const median = await findDenoiser("median");
    const itself = await denoise(noisy, { method: median, keep: 6 });
    expect(itself.image.data).toEqual(named.image.data);
    const plain = await denoise(noisy, { method: "median", keep: 0 });
    expect(plain.method).toBe("median");
    expect(plain.choice).toBeUndefined();
    const none = await denoise(noisy, { method: "preserving+median", keep: 0 });
    expect(none.image.data).toEqual(plain.image.data);
  });

  it("are chosen where none is named, and say why", async () => {
    const done = await denoise(noisy, { sigma: 12, threads: 1 });
    expect(done.method).toMatch(/^preserving\+/);
    expect(done.choice).toMatchObject({
      keep: 5,
      why: expect.stringContaining("CT by its unit HU"),
    });
    const plain = await denoise(noisy, { method: "auto", keep: 0, sigma: 12, threads: 1 });
    expect(plain.method).toBe(done.method.replace("preserving+", ""));
    const half = await denoise(noisy, { sigma: 12, strength: 0.5, threads: 1 });
    half.image.data.forEach((v, i) =>
      expect(v).toBeCloseTo(0.5 * (noisy.data[i]! + done.image.data[i]!), 3),
    );
  });
});
