/**
 * Methods on problems whose answer is known: one linear filter on a random texture in white noise, where the best
 * filter is the same whether it is learned from clean images, from second noisy ones or from the noise level alone; and
 * numbers of known distributions for methods with critics. Tests and the table of docs/training.md run them.
 */
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
import { observerResponse } from "./methods/observer-response.ts";
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

export interface KnownAnswer {
  readonly method: string;
  readonly problem: string;
  /** What the answer must be, in words. */
  readonly wanted: string;
  readonly run: () => Promise<{ readonly found: string; readonly holds: boolean }>;
}

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

const networks = { denoiser: filter };
let supervisedPsnr: Promise<number> | undefined;

/** PSNR of the filter learned from clean images. */
const best = (): Promise<number> =>
  (supervisedPsnr ??= learn(supervised, { networks }).then((weights) => psnr(weights)));

const dB = (value: number) => `${value.toFixed(2)} dB`;
const between = (value: number, low: number, high: number) => value > low && value < high;

/** Filters learned without clean images. */
const likeSupervised = (method: TrainingMethod, from: string): KnownAnswer => ({
  method: method.name,
  problem: `the same, from ${from}`,
  wanted: "within 0.2 dB of `supervised`",
  async run() {
    const found = await psnr(await learn(method, { networks }));
    const difference = found - (await best());
    return { found: `${dB(found)}, ${dB(difference)}`, holds: Math.abs(difference) < 0.2 };
  },
});

/** The mean of numbers that a generator makes from those of mean 0, for a critic that has seen mean 2. */
const meanOf = async (method: TrainingMethod, options: ParameterValues): Promise<number> =>
  bias(
    await learn(method, {
      networks: { denoiser: shift, critic },
      options: { adversarial: 1, fidelity: 0, criticRuns: 5, ...options },
      steps: 400,
      batch: numbers,
    }),
  );

/** What a gain learns from responses alone beside their regression, which is not that of pixels. */
async function gainOfResponses() {
  const gain: Network = {
    ...filter,
    name: "gain",
    build: (image, { scope }) => multiply(image, scope.parameter("gain", [1, 1, 1, 1], fill(0.2))),
  };
  const template: Network = {
    ...filter,
    name: "template",
    gives: "scores",
    build: (image, { scope }) => linearLayer(scope, image, { channels: 1, bias: false }),
  };
  const weight = Float32Array.from({ length: area }, (_, i) => Math.cos(i / 5) / side);
  const learned = await learn(observerResponse, {
    networks: { denoiser: gain, observer: template },
    weights: { observer: new Map([["weight", weight]]) },
    options: { fidelity: 0, response: 1 },
    steps: 400,
  });
  let [product, square] = [0, 0];
  for (let step = 0; step < 400; step++) {
    const { noisy, clean } = batchOf(step, 0);
    for (let n = 0; n < images; n++) {
      const score = (data: Float32Array) =>
        weight.reduce((sum, w, i) => sum + w * data[n * area + i]!, 0);
      const [x, y] = [score(noisy!.data), score(clean!.data)];
      product += x * y;
      square += x * x;
    }
  }
  const [found, wanted] = [learned.get("gain")![0]!, product / square];
  return {
    found: `${found.toFixed(3)} for ${wanted.toFixed(3)}`,
    holds: Math.abs(found - wanted) < 0.05,
  };
}

export const knownAnswers: readonly KnownAnswer[] = [
  {
    method: "supervised",
    problem: "one 5 × 5 filter on a texture in white noise",
    // Noise alone is 6 dB; a 5 × 5 filter on this texture leaves well under half of the error.
    wanted: "above 9 dB, where noise alone is 6",
    run: async () => ({ found: dB(await best()), holds: (await best()) > 9 }),
  },
  likeSupervised(noise2noise, "second noisy images"),
  likeSupervised(sure, "the noise level alone"),
  {
    method: "noise2void",
    problem: "the same, by a filter that does not see its own pixel",
    wanted: "within 0.2 dB of `supervised` with that filter, which is worse than the whole one",
    async run() {
      const own = { denoiser: blind };
      const weights = await learn(noise2void, { networks: own, options: { hidden: 0.1 } });
      const found = await psnr(weights, blind);
      const wanted = await psnr(await learn(supervised, { networks: own }), blind);
      return {
        found: `${dB(found)} and ${dB(wanted)}`,
        holds: Math.abs(found - wanted) < 0.2 && wanted < (await best()) - 0.05,
      };
    },
  },
  {
    method: "distillation",
    problem: "two bad batches of targets, seen again and again, and a good teacher",
    wanted: "better than without the teacher",
    async run() {
      const teacher = await learn(supervised, { networks });
      const few = (...path: (string | number)[]): Batch => {
        const batch = batchOf(...path);
        const noisy = streamOf(9, "bad", ...path);
        const data = batch.clean!.data.map((v) => v + 2 * noisy.normal());
        return { ...batch, clean: { ...batch.clean!, data } };
      };
      const by = async (share: number) =>
        psnr(
          await learn(distillation, {
            networks: { student: filter, teacher: filter },
            weights: { teacher },
            options: { share },
            batch: (step) => few(Number(step) % 2),
            steps: 150,
          }),
        );
      const [taught, alone] = [await by(0.9), await by(0)];
      return { found: `${dB(taught)} and ${dB(alone)}`, holds: taught > alone };
    },
  },
  {
    method: "observer-response",
    problem: "one gain on the image, for an observer's response alone",
    wanted: "the regression of clean on noisy responses within 0.05",
    run: gainOfResponses,
  },
  {
    method: "wgan",
    problem: "numbers of mean 2 from numbers of mean 0",
    // A linear critic sees means alone; 64 numbers a batch leave a deviation of 1/8.
    wanted: "mean 1.6 to 2.4",
    async run() {
      const found = await meanOf(wgan, { limit: 1 });
      return { found: found.toFixed(2), holds: between(found, 1.6, 2.4) };
    },
  },
  ...(
    [
      // One-sided, the penalty is flat between −1 and 1, and the critic turns as soon as the difference Δ does.
      { sided: "one", penalty: 10, range: [1.6, 2.4] },
      // A barrier of 2 λ = 0.2 holds the critic for less than the batches' own deviation.
      { sided: "two", penalty: 0.1, range: [1.5, 2.5] },
      // A linear critic c·x minimises c Δ + λ (|c| − 1)², with a minimum on both sides of 0 until |Δ| > 2 λ = 20.
      { sided: "two", penalty: 10, range: [3, Number.POSITIVE_INFINITY] },
    ] as const
  ).map(
    ({ sided, penalty, range: [low, high] }): KnownAnswer => ({
      method: "wgan-gp",
      problem: `the same, penalty ${penalty}, ${sided}-sided`,
      wanted:
        high === Number.POSITIVE_INFINITY
          ? `past ${low}, as theory says`
          : `mean ${low} to ${high}`,
      async run() {
        const found = await meanOf(wganGp, { sided, penalty });
        return { found: found.toFixed(2), holds: between(found, low, high) };
      },
    }),
  ),
  {
    method: "cycle-gan",
    problem: "numbers of mean 0 and 2, unpaired, x ↦ w x + b each way",
    wanted: "there ± x + 2, and a cycle that closes to 0.15",
    async run() {
      const own = {
        denoiser: shift,
        degrader: shift,
        cleanCritic: bending,
        noisyCritic: bending,
      };
      const options = { cycle: 1, identity: 0 };
      const learned = await learnRoles(cycleGan, {
        networks: own,
        options,
        steps: 800,
        batch: numbers,
      });
      const [there, back] = [learned("denoiser"), learned("degrader")];
      // Over the numbers that it is for, mean 0 and deviation 1, of the way there and back.
      const slope = weight(there) * weight(back);
      const offset = weight(back) * bias(there) + bias(back);
      const open = Math.hypot(slope - 1, offset);
      return {
        found: `${weight(there).toFixed(2)} x + ${bias(there).toFixed(2)}, closed to ${open.toFixed(2)}`,
        holds:
          Math.abs(bias(there) - 2) < 0.5 &&
          Math.abs(Math.abs(weight(there)) - 1) < 0.3 &&
          open < 0.15,
      };
    },
  },
];
