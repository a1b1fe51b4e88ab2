/** Our side of a work: a function that takes one step of it. */
import { resolveParameters } from "../../src/core/parameters.ts";
import { type Stream, streamOf } from "../../src/core/random.ts";
import { lower } from "../../src/graph/lower.ts";
import type { Node } from "../../src/graph/node.ts";
import { add } from "../../src/graph/ops/add.ts";
import { constant } from "../../src/graph/ops/constant.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { negate } from "../../src/graph/ops/negate.ts";
import { relu } from "../../src/graph/ops/relu.ts";
import { stopGradient } from "../../src/graph/ops/stop-gradient.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { substitute } from "../../src/graph/substitute.ts";
import { convLayer } from "../../src/layers/conv-layer.ts";
import { initialValues } from "../../src/layers/scope.ts";
import { adam } from "../../src/learn/optimisers/adam.ts";
import { type Build, type Trainee, traineeOf } from "../../src/learn/trainee.ts";
import { openTrainer } from "../../src/learn/trainer.ts";
import type { Update } from "../../src/learn/update.ts";
import { networkOf } from "../../src/nets/open-network.ts";
import { encodeModel } from "../../src/onnx/encode.ts";
import { floats } from "../../src/runtime/backend.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import type { CompileOptions } from "../../src/runtime/program.ts";
import type { Work } from "./works.ts";

/** Numbers of a batch. */
function draw({ shape }: Work, stream: Stream): Float32Array {
  const count = shape.reduce((n, s) => n * s, 1);
  return Float32Array.from({ length: count }, () => stream.uniform());
}

async function buildOf({ network: name, options }: Pick<Work, "network" | "options">) {
  if (name === "chain") {
    const { depth, width } = options as { depth: number; width: number };
    return ((image, { scope }) => {
      let x = image;
      for (let layer = 0; layer < depth; layer++) {
        const channels = layer === depth - 1 ? 1 : width;
        x = convLayer(scope.child(layer), x, { channels, kernel: 3, padding: "same" });
        if (layer < depth - 1) x = relu(x);
      }
      return subtract(image, x);
    }) satisfies Build;
  }
  const { network, options: full } = await networkOf({ name, options });
  return ((x, { scope }) => network.build(x, { scope, options: full })) satisfies Build;
}

const squared = (a: Node, b: Node) => {
  const difference = subtract(a, b);
  return mean(multiply(difference, difference));
};

async function training(work: Work, options: CompileOptions) {
  const stream = streamOf(1, "bench");
  const [noisy, clean] = [input("noisy", work.shape), input("clean", work.shape)];
  const denoiser = traineeOf({ build: await buildOf(work) });
  const denoised = denoiser.apply(noisy);
  const roles: Record<string, Trainee> = { denoiser };
  const updates: Update[] = [];
  if (work.kind === "tod-net") {
    const critic = traineeOf({
      build: await buildOf({ network: "patch-critic", options: { width: 8 } }),
    });
    roles["critic"] = critic;
    const fake = critic.apply(stopGradient(denoised));
    const loss = subtract(mean(fake), mean(critic.apply(clean)));
    updates.push({ name: "critic", trains: ["critic"], terms: { loss }, limit: 0.01 });
    const terms = {
      loss: add(
        multiply(constant(0.5), squared(denoised, clean)),
        negate(mean(critic.apply(denoised))),
      ),
    };
    updates.push({ name: "denoiser", trains: ["denoiser"], terms });
  } else {
    const terms = { loss: squared(denoised, clean) };
    updates.push({ name: "denoiser", trains: ["denoiser"], terms });
  }
  const rule = { optimiser: adam, options: resolveParameters("adam", adam.options) };
  const trainer = await openTrainer(
    {
      roles: Object.fromEntries(
        Object.entries(roles).map(([name, trainee]) => [
          name,
          { trainee, rule, weights: initialValues(trainee.parameters, stream.child(name)) },
        ]),
      ),
      updates,
      stream,
    },
    options,
  );
  const batch = {
    noisy: { data: draw(work, stream), shape: work.shape },
    clean: { data: draw(work, stream), shape: work.shape },
  };
  const rates = Object.fromEntries(Object.keys(roles).map((role) => [role, 1e-4]));
  let step = 0;
  return async () => {
    await trainer.step([batch], { step: step++, rates });
  };
}

async function inference(work: Work, { threads = 0 }: CompileOptions) {
  const stream = streamOf(1, "bench");
  const image = input("image", work.shape);
  const network = traineeOf({ build: await buildOf(work), frozen: true });
  const output = network.apply(image);
  const weights = initialValues(network.parameters, stream);
  const fixed = new Map(
    network.parameters.map(({ name, shape, node }) => [node, constant(weights.get(name)!, shape)]),
  );
  const model = encodeModel(lower({ output: substitute([output], fixed)[0]! }));
  const session = await nodeBackend.open(model, { provider: "cpu", threads });
  const held = { image: session.hold(floats(draw(work, stream), work.shape)) };
  return async () => (await session.run(held, ["output"])).output!.dispose();
}

/** Opens a work; the function takes one step. */
export const openWork = (work: Work, options: CompileOptions): Promise<() => Promise<void>> =>
  work.kind === "infer2d" ? inference(work, options) : training(work, options);
