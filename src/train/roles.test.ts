/** Several networks in roles through the whole loop: files to start from, parts that move, resume, errors. */
import { describe, expect, it } from "vitest";
import { CancelledError } from "../core/errors.ts";
import { streamOf } from "../core/random.ts";
import { exportNetwork } from "../learn/export-network.ts";
import type { Batch, BatchSource, ValidationSource } from "./batch.ts";
import { parseTrainingConfig, type TrainingConfig } from "./config.ts";
import { runTraining as trainOn, type TrainedRole, type TrainOptions } from "./loop.ts";

const [count, side] = [4, 16];
const area = side * side;

/** Bright squares on a dark ground in noise, with their labels. */
function squares(
  path: readonly (string | number)[],
  images: number,
): Required<Pick<Batch, "noisy" | "clean" | "labels" | "sigma">> {
  const stream = streamOf(2, "squares", ...path);
  const clean = new Float32Array(images * area);
  const labels = new Float32Array(images * 2 * area);
  for (let n = 0; n < images; n++) {
    const [top, left] = [stream.integer(side - 6), stream.integer(side - 6)];
    for (let i = 0; i < area; i++) {
      const [y, x] = [Math.floor(i / side), i % side];
      const inside = y >= top && y < top + 6 && x >= left && x < left + 6 ? 1 : 0;
      clean[n * area + i] = 0.2 + 0.6 * inside;
      labels[(2 * n + inside) * area + i] = 1;
    }
  }
  const image = [images, 1, side, side];
  return {
    clean: { shape: image, data: clean },
    noisy: { shape: image, data: clean.map((v) => v + 0.1 * stream.normal()) },
    labels: { shape: [images, 2, side, side], data: labels },
    sigma: { shape: [images, 1, 1, 1], data: new Float32Array(images).fill(0.1) },
  };
}

const data: BatchSource = {
  shapes: Object.fromEntries(
    Object.entries(squares([0], count)).map(([name, { shape }]) => [name, shape]),
  ),
  draw: ({ step, draw }) => squares([step, draw], count),
};

const validation: ValidationSource = {
  groups: ["squares"],
  count: 6,
  draw: (_, range) => squares(["validation", range.start], range.count),
};

const source = { kind: "phantom", name: "given", count: 1, windows: [{ low: 0, high: 1 }] };

const describeTraining = (changes: object): TrainingConfig =>
  parseTrainingConfig({
    name: "roles",
    seed: 1,
    network: { name: "dncnn", options: { depth: 3, width: 4, batchNorm: false } },
    schedule: { kind: "constant", rate: 5e-3 },
    steps: 6,
    sources: [source],
    validation: { sources: [source], every: 3 },
    ...changes,
  });

const train = (config: TrainingConfig, options: Partial<TrainOptions> = {}) =>
  trainOn(config, { data, validation, compile: { threads: 1 }, ...options });

const unet = { name: "unet", options: { width: 4, levels: 1, classes: 2 } };

const modelOf = ({ network, ...trained }: TrainedRole) => exportNetwork(network, trained);

const segmenter = train(
  describeTraining({
    method: { name: "segmentation" },
    network: unet,
    schedule: { kind: "constant", rate: 0.02 },
    steps: 60,
    validation: { name: "dice", sources: [source], every: 20 },
  }),
);

const todNet = {
  method: { name: "tod-net", options: { adversarial: 0.01, criticRuns: 2 } },
  roles: {
    critic: {
      network: { name: "patch-critic", options: { width: 4, layers: 2 } },
      optimiser: { name: "rmsprop" },
      schedule: { kind: "constant", rate: 1e-3 },
    },
    segmenter: { from: "segmenter.onnx" },
  },
  loss: { name: "mse" },
};

describe("networks in roles", () => {
  it("learns to segment by the validation of labels", async () => {
    const { bestValidation, history } = await segmenter;
    expect(history[0]!.validation).toBeUndefined();
    // Squares of one brightness in noise a sixth of their contrast: nearly every pixel is told right.
    expect(bestValidation!.value).toBeGreaterThan(0.9);
  });

  it("trains a denoiser by critic and segmenter, the segmenter as its file has it, and resumes", async () => {
    const trained = await segmenter;
    const models = { segmenter: modelOf(trained) };
    const config = describeTraining(todNet);
    const whole = await train(config, { models });
    expect(Object.keys(whole.roles)).toEqual(["denoiser", "critic", "segmenter"]);
    expect([...whole.roles["segmenter"]!.weights]).toEqual([...trained.weights]);
    const [row] = whole.history;
    expect(Object.keys(row!.updates)).toEqual(["critic", "denoiser"]);
    expect(Object.keys(row!.updates["denoiser"]!.terms)).toEqual([
      "adversarial",
      "task",
      "fidelity",
    ]);
    expect(Object.keys(row!.termNorms!["denoiser"]!)).toEqual(["adversarial", "task", "fidelity"]);
    expect(row!.updates["critic"]!.judged).toBeDefined();
    const critic = whole.roles["critic"]!.weights;
    for (const values of critic.values()) {
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(Math.fround(0.01));
    }

    const stop = new AbortController();
    let kept: Uint8Array | undefined;
    const stopped = train(config, {
      models,
      signal: stop.signal,
      onRow: ({ step }) => {
        if (step === 2) stop.abort();
      },
      onCheckpoint: async (bytes) => {
        kept = bytes;
      },
    });
    await expect(stopped).rejects.toThrow(CancelledError);
    const resumed = await train(config, { models, resume: kept! });
    for (const role of ["denoiser", "critic", "segmenter"]) {
      expect([...resumed.roles[role]!.weights]).toEqual([...whole.roles[role]!.weights]);
    }
    // A file of other weights is another training.
    const other = modelOf({
      ...trained,
      weights: new Map([...trained.weights].map(([n, w]) => [n, w.map((v) => v + 1)])),
    });
    await expect(train(config, { models: { segmenter: other }, resume: kept! })).rejects.toThrow(
      /another training description/,
    );
    // A byte that changed on disk is noticed.
    const damaged = kept!.slice();
    damaged[damaged.length - 5]! ^= 4;
    await expect(train(config, { models, resume: damaged })).rejects.toThrow(/checksum/);
  });

  it("starts from a model and moves its last layers alone", async () => {
    const first = await train(describeTraining({}));
    const fine = await train(
      describeTraining({ roles: { denoiser: { from: "first.onnx", last: 1 } } }),
      { models: { denoiser: modelOf(first) } },
    );
    const same = (name: string) =>
      fine.weights.get(name)!.every((v, i) => v === first.weights.get(name)![i]);
    expect(["0.weight", "0.bias", "1.weight", "1.bias"].map(same)).toEqual(new Array(4).fill(true));
    expect(["2.weight", "2.bias"].map(same)).toEqual([false, false]);
  });

  it.each([
    [{ roles: { critic: {} } }, /found a role critic, wanted one of denoiser/],
    [{ method: { name: "wgan" } }, /found no network for role critic, wanted roles.critic.network/],
    [{ method: { name: "gan" } }, /found no method gan, wanted one of conditional-gan, cycle-gan,/],
    [
      { method: { name: "wgan" }, roles: { critic: { network: unet } } },
      /found network unet, which gives labels, as critic, wanted one that gives scores/,
    ],
    [
      { ...todNet, roles: { ...todNet.roles, segmenter: { network: unet } } },
      /no weights for role segmenter, which never moves, wanted roles.segmenter.from/,
    ],
    [{ method: { name: "noise2noise" } }, /source without again, wanted again \(the same object/],
    [
      {
        method: { name: "switchable-cycle-gan" },
        roles: { cleanCritic: todNet.roles.critic, noisyCritic: todNet.roles.critic },
      },
      /dncnn, which takes no code, as generator/,
    ],
    [
      {
        method: { name: "task-informed" },
        roles: { observer: { network: { name: "linear-observer" } } },
      },
      /Cannot train with task-informed: found a source without present, wanted present/,
    ],
    [{ roles: { denoiser: { last: 9 } } }, /last 9 layers of denoiser \(dncnn\): found 3 layers/],
    [{ loss: { name: "dice" } }, /found one that reads labels/],
    [
      { method: { name: "segmentation" }, network: unet, loss: { name: "l1" } },
      /found loss l1, wanted one that compares labels/,
    ],
    [
      { network: unet, method: { name: "segmentation" } },
      /validate unet by psnr: found a network that gives labels/,
    ],
    [
      { network: { name: "unet-denoiser", options: { levels: 5 } } },
      /found patch 16 x 16, wanted multiples of 32/,
    ],
  ])("refuses %j", async (changes, message) => {
    await expect(train(describeTraining(changes))).rejects.toThrow(message);
  });
});
