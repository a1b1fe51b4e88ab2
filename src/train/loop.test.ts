import { describe, expect, it } from "vitest";
import { streamOf } from "../core/random.ts";
import { trainingConfigOf } from "./loop.fixture.ts";
import { runTraining as trainOn, type TrainOptions } from "./loop.ts";
import { CancelledError, RunError } from "../core/errors.ts";
import { parseTrainingConfig } from "./config.ts";
import type { PlaneSource } from "./patches.ts";
import { planeData } from "./plane-batches.ts";
import type { TrainingConfig } from "./config.ts";

/** Blocks of constant grey with sharp edges: easy to denoise, quick to learn. */
function blocks(seed: number): PlaneSource[] {
  const stream = streamOf(seed, "blocks");
  const planes = Array.from({ length: 4 }, () => {
    const grey = Array.from({ length: 36 }, () => stream.uniform());
    const data = Float32Array.from(
      { length: 48 * 48 },
      (_, i) => grey[6 * Math.floor(i / 48 / 8) + Math.floor((i % 48) / 8)]!,
    );
    return { data, ny: 48, nx: 48 };
  });
  return [{ planes, windows: [{ low: 0, high: 1, clip: false, weight: 1 }], weight: 1 }];
}

/** Trains on blocks, on one thread. */
const train = async (config: TrainingConfig, options: Partial<TrainOptions> = {}) =>
  trainOn(config, {
    ...planeData(config, { sources: blocks(1), validation: blocks(2) }),
    compile: { threads: 1 },
    ...options,
  });

describe("train", () => {
  it("learns: validation rises well above the noisy images", async () => {
    const result = await train(
      trainingConfigOf({ steps: 120, validation: { every: 40, patches: 8, sigmas: [0.1] } }),
    );
    // Noise of 0.1 alone is 20 dB; averaging a flat block's inside must gain several.
    expect(result.bestValidation!.value).toBeGreaterThan(23);
    expect(result.history).toHaveLength(120);
  });

  it("ends at the validation that is enough, also when it goes on from there", async () => {
    const validation = { every: 10, patches: 8, sigmas: [0.1] };
    const whole = await train(trainingConfigOf({ steps: 120, validation }));
    const seen = whole.history.filter((row) => row.validation !== undefined);
    const enough = seen[5]!.validation!.value;
    const first = seen.findIndex((row) => row.validation!.value >= enough);
    const config = trainingConfigOf({ steps: 120, validation: { ...validation, enough } });
    let kept: Uint8Array | undefined;
    const early = await train(config, {
      onCheckpoint: async (bytes) => {
        kept = bytes;
      },
    });
    expect(early.history).toHaveLength(10 * (first + 1));
    expect(early.bestStep).toBe(10 * (first + 1));
    const again = await train(config, { resume: kept! });
    expect(again.history).toHaveLength(0);
    expect([...again.best]).toEqual([...early.best]);
  });

  it("ends in exactly the same weights after a stop and a resume", async () => {
    for (const batchNorm of [false, true]) {
      const config = trainingConfigOf({
        steps: 14,
        averaging: 0.9,
        checkpoint: { every: 5 },
        network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm } },
        validation: { every: 7, patches: 4, sigmas: [0.1] },
      });
      const whole = await train(config);
      const stop = new AbortController();
      let kept: Uint8Array | undefined;
      await expect(
        train(config, {
          signal: stop.signal,
          onRow: ({ step }) => {
            if (step === 8) stop.abort();
          },
          onCheckpoint: async (bytes) => {
            kept = bytes;
          },
        }),
      ).rejects.toThrow(CancelledError);
      const resumed = await train(config, { resume: kept! });
      expect([...resumed.weights]).toEqual([...whole.weights]);
      expect([...resumed.best]).toEqual([...whole.best]);
      expect(resumed.history[0]!.step).toBe(9);
    }
  });

  it("gives the same weights from the same seed, others from another", async () => {
    const run = (seed: number) => train(trainingConfigOf({ seed, steps: 4 }));
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect([...a.weights]).toEqual([...b.weights]);
    expect([...a.weights]).not.toEqual([...c.weights]);
  });

  it("stops loudly when the loss explodes, saying where and what to do", async () => {
    const config = trainingConfigOf({
      steps: 200,
      schedule: { kind: "constant", rate: 1e6 },
      optimiser: { name: "sgd", options: { momentum: 0 } },
    });
    const failure = train(config);
    await expect(failure).rejects.toThrow(RunError);
    await expect(failure).rejects.toThrow(/at step \d+.*lower the rate/);
  });

  it.each(["adam", "sgd", "rmsprop"])("lowers the loss with %s", async (name) => {
    const config = trainingConfigOf({
      steps: 40,
      optimiser: { name },
      schedule: { kind: "constant", rate: name === "sgd" ? 0.05 : 2e-3 },
    });
    const { history } = await train(config);
    const mean = (from: number, to: number) =>
      history.slice(from, to).reduce((s, r) => s + r.loss, 0) / (to - from);
    expect(mean(30, 40)).toBeLessThan(0.9 * mean(0, 5));
  });

  it("refuses a checkpoint of another description and a patch that does not fit", async () => {
    let kept: Uint8Array | undefined;
    await train(trainingConfigOf({ steps: 2 }), {
      onCheckpoint: async (bytes) => {
        kept = bytes;
      },
    });
    await expect(train(trainingConfigOf({ steps: 3 }), { resume: kept! })).rejects.toThrow(
      /another training description/,
    );
    await expect(train(trainingConfigOf({ patch: 64 }))).rejects.toThrow(
      /found an image of 48 x 48 pixels, wanted at least 64/,
    );
    await expect(
      train(trainingConfigOf({ network: { name: "drunet" }, patch: 12 })),
    ).rejects.toThrow(/wanted multiples of 8/);
  });
});

describe("parseTrainingConfig", () => {
  const good = {
    name: "a",
    network: {},
    steps: 1,
    sources: [{ kind: "phantom", name: "x", count: 1, windows: [{ low: 0, high: 1 }] }],
  };
  it.each([
    [{ ...good, steps: -1 }, /steps/],
    [{ ...good, stepz: 1 }, /stepz: found an unknown field, wanted steps \(others: name, seed/],
    [{ ...good, schedule: { rtae: 1 } }, /schedule\.rtae: found an unknown field, wanted rate/],
    [
      { ...good, sources: [{ ...good.sources[0], windows: [{ low: 0, hihg: 1 }] }] },
      /sources\.0\.windows\.0\.hihg: found an unknown field, wanted high/,
    ],
    [{ ...good, steps: undefined, stepz: 1 }, /stepz/],
    [{ ...good, sources: [{ kind: "video" }] }, /sources\.0\.kind/],
    [{ ...good, sources: [{ ...good.sources[0], windows: [{ low: 2, high: 1 }] }] }, /windows\.0/],
    [{ ...good, noise: { low: 1, high: 0.1 } }, /noise/],
    ["text", /the document/],
  ])("names the wrong field of %j", (value, message) => {
    expect(() => parseTrainingConfig(value)).toThrow(message);
  });
  it("fills in defaults", () => {
    expect(parseTrainingConfig(good)).toMatchObject({
      batch: 16,
      patch: 64,
      loss: { options: {} },
      schedule: { kind: "cosine", rate: 1e-3 },
    });
  });
});
