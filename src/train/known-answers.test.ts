/**
 * Methods on problems whose answer is known: one linear filter on a random texture in white noise, where the best
 * filter is the same whether it is learned from clean images, from second noisy ones or from the noise level alone.
 */
import { describe, expect, it } from "vitest";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import type { Node } from "../graph/node.ts";
import { constant } from "../graph/ops/constant.ts";
import { conv } from "../graph/ops/conv.ts";
import { leakyRelu } from "../graph/ops/leaky-relu.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { convLayer } from "../layers/conv-layer.ts";
import { fanIn, linearLayer } from "../layers/linear-layer.ts";
import { fill } from "../layers/scope.ts";
import { adam } from "../learn/optimisers/adam.ts";
import { rateAt } from "../learn/schedule.ts";
import { openNetwork, buildOf } from "../learn/open-network.ts";
import { openTrainer, weightsIn } from "../learn/trainer.ts";
import { mse } from "../losses/mse.ts";
import type { Network } from "../nets/network.ts";
import type { Batch } from "./batch.ts";
import { methodGraph, trainerRoles } from "./method-graph.ts";
import { noise2noise } from "./methods/noise2noise.ts";
import { noise2void } from "./methods/noise2void.ts";
import { sure } from "./methods/sure.ts";
import { supervised } from "./methods/supervised.ts";
import { distillation } from "./methods/distillation.ts";
import type { TrainingMethod } from "./methods/training-method.ts";
import { cycleGan } from "./methods/cycle-gan.ts";
import { wgan } from "./methods/wgan.ts";
import { wganGp } from "./methods/wgan-gp.ts";

const [images, side, sigma] = [8, 32, 0.5];
const area = side * side;

/** Smooth texture of unit variance: white noise averaged over 5 × 5 pixels, wrapped round. */
function texture(stream: ReturnType<typeof streamOf>): Float32Array {
  const white = stream.normals(area);
  return Float32Array.from({ length: area }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    let total = 0;
    for (let dy = 0; dy < 5; dy++) {
      for (let dx = 0; dx < 5; dx++) {
        total += white[((y + dy) % side) * side + ((x + dx) % side)]!;
      }
    }
    return total / 5;
  });
}

function batchOf(...path: (string | number)[]): Batch {
  const stream = streamOf(6, "texture", ...path);
  const clean = new Float32Array(images * area);
  for (let n = 0; n < images; n++) clean.set(texture(stream.child(n)), n * area);
  const noisy = () => clean.map((v) => v + sigma * stream.normal());
  const shape = [images, 1, side, side];
  return {
    clean: { shape, data: clean },
    noisy: { shape, data: noisy() },
    again: { shape, data: noisy() },
    other: { shape, data: clean },
    sigma: { shape: [images, 1, 1, 1], data: new Float32Array(images).fill(sigma) },
  };
}

/** One 5 × 5 filter: the Wiener filter of that reach is what there is to learn. */
const filter: Network = {
  name: "filter",
  title: "",
  summary: "",
  references: [],
  options: {},
  takesSigma: false,
  multipleOf: () => 1,
  reach: () => 2,
  published: [],
  build: (image, { scope }) =>
    convLayer(scope, image, {
      channels: 1,
      kernel: 5,
      padding: "same",
      bias: false,
      initialise: fill(0.02),
    }),
};

interface LearnOptions {
  readonly networks: Readonly<Record<string, Network>>;
  readonly options?: ParameterValues;
  readonly steps?: number;
  readonly rate?: number;
  readonly weights?: Readonly<Record<string, ReadonlyMap<string, Float32Array>>>;
  readonly batch?: (...path: (string | number)[]) => Batch;
}

async function learnRoles(
  method: TrainingMethod,
  { networks, options = {}, steps = 250, rate = 0.02, weights = {}, batch = batchOf }: LearnOptions,
) {
  const rule = {
    optimiser: adam,
    options: resolveParameters("adam", adam.options, { beta1: 0.5 }),
  };
  const schedule = { kind: "cosine" as const, rate };
  const opened = {
    method,
    options: resolveParameters(method.name, method.options, options),
    roles: Object.fromEntries(
      Object.entries(method.roles).map(([role, { frozen = false }]) => [
        role,
        {
          network: networks[role]!,
          options: {},
          frozen,
          rule,
          schedule,
          ...(weights[role] === undefined ? {} : { weights: weights[role] }),
        },
      ]),
    ),
    loss: (a: Node, b: Node) => mse.build(a, b, {}),
  };
  const shapes = Object.fromEntries(
    Object.entries(batch(0)).map(([name, { shape }]) => [name, shape]),
  );
  const graph = methodGraph(opened, shapes);
  const stream = streamOf(1, "known");
  const roles = trainerRoles(graph, { roles: opened.roles, stream, product: method.product });
  const { updates, randoms } = graph;
  const trainer = await openTrainer({ roles, updates, randoms, stream }, { threads: 1 });
  for (let step = 0; step < steps; step++) {
    const batches = Array.from({ length: trainer.draws }, (_, draw) => batch(step, draw));
    const now = rateAt(schedule, step, steps);
    const rates = Object.fromEntries(Object.keys(roles).map((role) => [role, now]));
    await trainer.step(batches, { step, rates });
  }
  const state = await trainer.state();
  await trainer.dispose();
  return (role: string) => weightsIn(state, role, { trainee: graph.trainees[role]! });
}

/** Weights of the method's product. */
const learn = async (method: TrainingMethod, options: LearnOptions) =>
  (await learnRoles(method, options))(method.product);

/** PSNR of a trained filter on textures that nothing learned from, peak 1. */
async function psnr(weights: ReadonlyMap<string, Float32Array>, network: Network = filter) {
  const opened = await openNetwork(
    { build: buildOf(network, {}), weights, shape: [images, 1, side, side] },
    { threads: 1 },
  );
  const { noisy, clean } = batchOf("test");
  const { data } = await opened.run(noisy!.data);
  await opened.dispose();
  const error = data.reduce((s, v, i) => s + (v - clean!.data[i]!) ** 2, 0) / data.length;
  return -10 * Math.log10(error);
}

describe("denoising without clean images", () => {
  const best = learn(supervised, { networks: { denoiser: filter } }).then((w) => psnr(w));

  it("supervised gains what the best filter gains", async () => {
    // Noise alone is 6 dB; a 5 × 5 filter on this texture leaves well under half of the error.
    expect(await best).toBeGreaterThan(9);
  });

  it.each([noise2noise, sure])("$name comes within 0.2 dB of it", async (method) => {
    const found = await psnr(await learn(method, { networks: { denoiser: filter } }));
    expect(Math.abs(found - (await best))).toBeLessThan(0.2);
  });

  it("noise2void learns the best filter that does not look at its own pixel", async () => {
    // The middle weight is held at 0: what remains is the regression of a pixel on its neighbours.
    const blind: Network = {
      ...filter,
      name: "blind filter",
      build(image, { scope }) {
        const weight = scope.parameter("weight", [1, 1, 5, 5], fill(0.02));
        const mask = constant(
          Float32Array.from({ length: 25 }, (_, i) => (i === 12 ? 0 : 1)),
          [1, 1, 5, 5],
        );
        return conv(image, multiply(weight, mask), { padding: "same" });
      },
    };
    const networks = { denoiser: blind };
    const found = await psnr(
      await learn(noise2void, { networks, options: { hidden: 0.1 } }),
      blind,
    );
    const wanted = await psnr(await learn(supervised, { networks }), blind);
    expect(Math.abs(found - wanted)).toBeLessThan(0.2);
    expect(wanted).toBeLessThan((await best) - 0.05);
  });

  it("distillation towards a good teacher beats learning from few noisy targets alone", async () => {
    const teacher = await learn(supervised, { networks: { denoiser: filter } });
    // The truth at hand is one bad batch of eight images, seen again and again.
    const few = (...path: (string | number)[]): Batch => {
      const batch = batchOf(...path);
      const noisy = streamOf(9, "bad", ...path);
      return {
        ...batch,
        clean: { ...batch.clean!, data: batch.clean!.data.map((v) => v + 2 * noisy.normal()) },
      };
    };
    const networks = { student: filter, teacher: filter };
    const run = async (share: number) =>
      psnr(
        await learn(distillation, {
          networks,
          weights: { teacher },
          options: { share },
          batch: (step) => few(Number(step) % 2),
          steps: 150,
        }),
      );
    expect(await run(0.9)).toBeGreaterThan(await run(0));
  });
});

describe("adversarial methods", () => {
  /** x ↦ w x + b. */
  const shift: Network = {
    ...filter,
    name: "shift",
    build: (image, { scope }) =>
      convLayer(scope, image, { channels: 1, kernel: 1, initialise: fill(0.5) }),
  };
  const critic: Network = {
    ...filter,
    name: "linear critic",
    gives: "scores",
    build: (image, { scope }) => linearLayer(scope, image, { channels: 1, initialise: fill(0) }),
  };
  const bending: Network = {
    ...critic,
    name: "bending critic",
    build: (image, { scope }) => {
      const hidden = linearLayer(scope.child("hidden"), image, { channels: 16 });
      return linearLayer(scope.child("last"), leakyRelu(hidden, 0.2), {
        channels: 1,
        initialise: fanIn(0.1),
      });
    },
  };
  const count = 64;
  const shape = [count, 1, 1, 1];
  /** Numbers of mean 0, and numbers of mean 2 that have nothing to do with them. */
  const numbers = (...path: (string | number)[]): Batch => {
    const stream = streamOf(3, "numbers", ...path);
    const drawn = (mean: number) => ({
      shape,
      data: Float32Array.from({ length: count }, () => mean + stream.normal()),
    });
    const noisy = drawn(0);
    const clean = drawn(2);
    return { noisy, clean, other: clean };
  };
  const weight = (weights: ReadonlyMap<string, Float32Array>) => weights.get("weight")![0]!;
  const bias = (weights: ReadonlyMap<string, Float32Array>) => weights.get("bias")![0]!;

  it("wgan learns a known distribution: numbers of mean 2 from numbers of mean 0", async () => {
    const weights = await learn(wgan, {
      networks: { denoiser: shift, critic },
      options: { limit: 1, adversarial: 1, fidelity: 0, criticRuns: 5 },
      steps: 400,
      batch: numbers,
    });
    // A linear critic sees means alone; 64 numbers a batch leave a deviation of 1/8.
    expect(bias(weights)).toBeGreaterThan(1.6);
    expect(bias(weights)).toBeLessThan(2.4);
  });

  /**
   * A linear critic c·x between means that differ by Δ minimises c Δ + λ (|c| − 1)². The two-sided penalty has a
   * minimum on both sides of c = 0, and the wrong one lasts until |Δ| > 2 λ: the generator overshoots for
   * as long. The one-sided penalty is flat between −1 and 1, and the critic turns as soon as Δ does.
   */
  it("wgan-gp learns it with the one-sided penalty, and overshoots by two sides and a linear critic", async () => {
    const run = (sided: string, penalty: number) =>
      learn(wganGp, {
        networks: { denoiser: shift, critic },
        options: { adversarial: 1, fidelity: 0, criticRuns: 5, penalty, sided },
        steps: 400,
        batch: numbers,
      });
    const one = bias(await run("one", 10));
    expect(one).toBeGreaterThan(1.6);
    expect(one).toBeLessThan(2.4);
    // A barrier of 2 λ = 0.2 holds the critic for less than the batches' own deviation.
    const low = bias(await run("two", 0.1));
    expect(low).toBeGreaterThan(1.5);
    expect(low).toBeLessThan(2.5);
    // Twenty are never reached: the critic keeps its side and the generator runs on.
    expect(bias(await run("two", 10))).toBeGreaterThan(3);
  });

  it("cycle-gan passes from one distribution to the other, and its cycle closes", async () => {
    const found = await learnRoles(cycleGan, {
      networks: {
        denoiser: shift,
        degrader: shift,
        cleanCritic: bending,
        noisyCritic: bending,
      },
      options: { cycle: 1, identity: 0 },
      steps: 800,
      batch: numbers,
    });
    const [there, back] = [found("denoiser"), found("degrader")];
    // Means 0 and 2, both of deviation 1: x + 2, or 2 − x, and the same way back.
    expect(Math.abs(bias(there) - 2)).toBeLessThan(0.5);
    expect(Math.abs(Math.abs(weight(there)) - 1)).toBeLessThan(0.3);
    // Over the numbers that it is for, mean 0 and deviation 1, of the way there and back.
    const slope = weight(there) * weight(back);
    const offset = weight(back) * bias(there) + bias(back);
    expect(Math.hypot(slope - 1, offset)).toBeLessThan(0.15);
  });
});
