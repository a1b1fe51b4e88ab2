import { describe, expect, it } from "vitest";
import { type TrainingConfig, parseTrainingConfig } from "../config.ts";
import { trainingConfigOf } from "../loop.fixture.ts";
import { runTraining } from "../loop.ts";
import { openData } from "./open-data.ts";
import { type DataConfig, dataSchema } from "./description.ts";
import { smallData } from "./scan.fixture.ts";

const configOf = (data: DataConfig, changes: Record<string, unknown> = {}) =>
  trainingConfigOf({
    sources: undefined,
    noise: undefined,
    data,
    steps: 4,
    ...changes,
  }) as TrainingConfig & { data: DataConfig };

describe("data of a description", () => {
  it("trains a network on scans alone, and draws second scans where a method reads them", async () => {
    const config = configOf(smallData({ level: { from: 0.02, to: 0.2 } }), {
      method: { name: "noise2noise" },
      validation: { sources: undefined, data: smallData(), every: 2, patches: 4 },
    });
    const reads = ["noisy", "again"] as const;
    const opened = await openData(config, { seed: config.seed, reads, dataFolder: "." });
    expect(opened.data.shapes.again).toEqual([4, 1, 16, 16]);
    expect(opened.notes).toEqual([
      "drew 2 of 2 scans of data.sources.0",
      "drew 2 of 2 scans of validation.data.sources.0",
    ]);
    const result = await runTraining(config, { ...opened, compile: { threads: 1 } });
    expect(result.bestValidation!.groups).toHaveProperty("own noise");
    const other = await openData(config, { seed: config.seed, reads: ["noisy"], dataFolder: "." });
    expect(other.data.shapes.again).toBeUndefined();
    // A source without what a method reads is refused by name.
    await expect(runTraining(config, { ...other, compile: { threads: 1 } })).rejects.toThrow(
      /Cannot train with noise2noise: found a source without again, wanted again \(the same object/,
    );
  });

  it("trains a denoiser with an observer of a fixed template on signals known statistically", async () => {
    const sigma = 0.3;
    const signal = {
      name: "gaussian-blob",
      options: { sigmaMm: { from: 1.2, to: 1.8 }, amplitude: { from: 0.6, to: 1 } },
      toleranceMm: 1,
    };
    const windows = [{ low: 0, high: 1 }];
    const source = {
      kind: "simulated",
      object: { name: "gaussian-field", options: { size: 24, spectrum: "white", sigma: 0 } },
      noise: { name: "gaussian", options: { sigma } },
      signal,
      present: 0.5,
      windows,
    };
    const section = (count: number) =>
      dataSchema.parse({ sources: [{ ...source, count }], centre: "signal" });
    const config = configOf(section(400), {
      method: { name: "task-informed", options: { task: 0.5 } },
      roles: { observer: { network: { name: "linear-observer" }, schedule: { rate: 0.02 } } },
      patch: 16,
      batch: 32,
      steps: 150,
    });
    const reads = ["noisy", "clean", "present"] as const;
    const context = { seed: config.seed, reads, dataFolder: "." };
    const opened = await openData(config, context);
    const unet = { name: "unet", options: { width: 4, levels: 1, classes: 2 } };
    const wrong = trainingConfigOf({ method: { name: "segmentation" }, network: unet });
    await expect(runTraining(wrong, { data: opened.data })).rejects.toThrow(
      /Cannot train with segmentation: found a source without labels, wanted labels \(class of each/,
    );
    const result = await runTraining(config, { ...opened, compile: { threads: 1 } });
    const tail = result.history.slice(-50);
    const entropy = tail.reduce((sum, row) => sum + row.updates["joint"]!.terms["task"]!, 0) / 50;
    // An observer that guesses has ln 2. The norm of a signal is 4 to 11 times the noise, where an
    // observer of its exact form errs in 2 % of cases at most.
    expect(entropy).toBeLessThan(0.35);
  });

  it("tells classes apart by name, whatever values the sources give them", async () => {
    const one = await openData(configOf(smallData({ classes: ["insert"] })), {
      seed: 1,
      reads: ["labels"],
      dataFolder: ".",
    });
    expect(one.data.shapes.labels).toEqual([4, 2, 16, 16]);
    const all = await openData(configOf(smallData()), {
      seed: 1,
      reads: ["labels"],
      dataFolder: ".",
    });
    const request = { step: 0, draw: 0, fields: ["labels"] as const };
    const [few, many] = [await one.data.draw(request), await all.data.draw(request)];
    const channel = (data: Float32Array, of: number, k: number) =>
      [0, 1, 2, 3].flatMap((n) => [...data.subarray((n * of + k) * 256, (n * of + k + 1) * 256)]);
    expect(channel(few.labels!.data, 2, 1)).toEqual(channel(many.labels!.data, 3, 2));
    const joined = smallData({ classes: [{ name: "both", of: ["water", "insert"] }] });
    const both = await openData(configOf(joined), { seed: 1, reads: ["labels"], dataFolder: "." });
    const union = await both.data.draw(request);
    const [water, insert] = [1, 2].map((k) => channel(many.labels!.data, 3, k));
    expect(channel(union.labels!.data, 2, 1)).toEqual(water!.map((v, i) => v + insert![i]!));
    for (const [changes, message] of [
      [{ classes: ["water", { name: "x", of: ["water"] }] }, /classes: found water twice/],
      [
        { imageClasses: ["disc"] },
        /data.imageClasses: found disc, which no source has, wanted .*no signal/,
      ],
    ] as const) {
      await expect(
        openData(configOf(smallData(changes)), { seed: 1, reads: [], dataFolder: "." }),
      ).rejects.toThrow(message);
    }
    await expect(
      openData(configOf(smallData({ classes: ["inserts"] })), {
        seed: 1,
        reads: [],
        dataFolder: ".",
      }),
    ).rejects.toThrow(/Cannot use data.classes: found inserts, .*wanted one of insert, water/);
  });

  it("refuses patches larger than an image", async () => {
    await expect(
      openData(configOf(smallData(), { patch: 64 }), { seed: 1, reads: [], dataFolder: "." }),
    ).rejects.toThrow(/found an image of 40 x 40 pixels, wanted at least 64 x 64/);
  });
});

describe("descriptions with data", () => {
  const usual = {
    name: "x",
    steps: 1,
    data: {
      sources: [
        {
          kind: "simulated",
          object: { name: "abdomen" },
          acquisition: { name: "ct-fan" },
          count: 1,
          windows: [{ low: 0, high: 1 }],
        },
      ],
    },
  };
  const [source] = usual.data.sources;
  const parse = (changes: object) => () => parseTrainingConfig({ ...usual, ...changes });

  it("keep white noise and its levels for sources without noise", () => {
    expect(parse({})()).not.toHaveProperty("noise");
    const validation = { data: usual.data };
    expect(parse({ validation })().validation!.sigmas).toEqual([]);
    const { data: _, ...rest } = usual;
    const sources = [
      { kind: "phantom", name: "abdomen", count: 1, windows: [{ low: 0, high: 1 }] },
    ];
    const white = parseTrainingConfig({ ...rest, sources, validation: { sources } });
    expect(white).toMatchObject({ noise: { low: 0, high: 0.2 } });
    expect(white.validation!.sigmas).toEqual([0.05, 0.1]);
  });

  it.each([
    [
      { sources: [{ kind: "phantom", name: "a", count: 1, windows: [{ low: 0, high: 1 }] }] },
      /sources: found .*, wanted no sources beside data/,
    ],
    [{ data: undefined }, /sources: found nothing, wanted images to learn from: sources or data/],
    [{ noise: { high: 0.1 } }, /noise: found .*, wanted no noise beside data/],
    [{ validation: {} }, /validation.sources: found nothing, wanted images to validate on/],
    [
      { data: { sources: [{ ...source, kind: "simulate" }] } },
      /data.sources.0.kind: found "simulate", wanted one of simulated/,
    ],
    [
      { data: { sources: [{ ...source, acquisiton: {} }] } },
      /data.sources.0.acquisiton: found an unknown field, wanted acquisition/,
    ],
    [
      { data: { ...usual.data, level: { from: 0.2, to: 0.1 } } },
      /data.level: found .*, wanted from not above to/,
    ],
    [{ data: { ...usual.data, levels: 1 } }, /data.levels: found an unknown field, wanted level /],
    [
      { data: { sources: [{ ...source, count: 0 }] } },
      /data.sources.0.count: found 0, wanted a number above 0/,
    ],
  ])("refuse %j", (changes, message) => {
    expect(parse(changes)).toThrow(message);
  });
});
