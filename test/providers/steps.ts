/**
 * Runs programs on one provider and prints, as JSON, how far their numbers are from the interpreter, and the losses
 * of a short training:
 *
 *   tsx test/providers/steps.ts webgpu
 *
 * A program of its own because the WebGPU driver is found through environment variables that must be
 * set before the process starts.
 */
import { streamOf } from "../../src/core/random.ts";
import { gradient } from "../../src/graph/gradient.ts";
import { interpret } from "../../src/graph/interpret.ts";
import type { Provider } from "../../src/graph/lowering.ts";
import type { Node } from "../../src/graph/node.ts";
import type { Tensor } from "../../src/graph/tensor.ts";
import { constant } from "../../src/graph/ops/constant.ts";
import { conv } from "../../src/graph/ops/conv.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { multiply } from "../../src/graph/ops/multiply.ts";
import { relu } from "../../src/graph/ops/relu.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { floats } from "../../src/runtime/backend.ts";
import { nodeBackend } from "../../src/runtime/node.ts";
import { compile } from "../../src/runtime/program.ts";
import { webBackend } from "../../src/runtime/web.ts";
import { trainChain, trainSmall } from "./small-training.ts";

const provider = process.argv[2] as Provider;
const backend = provider === "wasm" ? webBackend : nodeBackend;

/** A residual chain of three convolutions in the given number of dimensions. */
function chain(spatial: readonly number[]) {
  const kernel = spatial.map(() => 3);
  const shapes: Record<string, number[]> = {
    image: [2, 1, ...spatial],
    target: [2, 1, ...spatial],
    w0: [16, 1, ...kernel],
    b0: [16],
    w1: [16, 16, ...kernel],
    b1: [16],
    w2: [1, 16, ...kernel],
  };
  const nodes = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, input(name, shape)]),
  ) as Record<string, Node>;
  const padding = "same" as const;
  let x = relu(conv(nodes["image"]!, nodes["w0"]!, { padding, bias: nodes["b0"]! }));
  x = relu(conv(x, nodes["w1"]!, { padding, bias: nodes["b1"]! }));
  const difference = subtract(
    subtract(nodes["image"]!, conv(x, nodes["w2"]!, { padding })),
    nodes["target"]!,
  );
  const loss = mean(multiply(difference, difference));
  const weights = Object.keys(shapes).filter((name) => /^[wb]\d/.test(name));
  return { shapes, loss, nodes, weights };
}

/** Greatest distance, relative to the largest magnitude. */
function distance(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let scale = 1e-12;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    scale = Math.max(scale, Math.abs(wanted[i]!));
    worst = Math.max(worst, Math.abs(Number(got[i]) - wanted[i]!));
  }
  return worst / scale;
}

async function compare(spatial: readonly number[]): Promise<number> {
  const { shapes, loss, nodes, weights } = chain(spatial);
  const stream = streamOf(1, "providers", spatial.length);
  const values: Record<string, Tensor> = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((n, s) => n * s, 1);
      const data = Float64Array.from(stream.normals(count), (v) => Math.fround(0.2 * v));
      return [name, { shape, data }];
    }),
  );
  const gradients = gradient(
    loss,
    weights.map((name) => nodes[name]!),
  );
  const next = weights.map((name, i) =>
    subtract(nodes[name]!, multiply(constant(0.1), gradients[i]!)),
  );
  const fed = (name: string) => floats(Float32Array.from(values[name]!.data), shapes[name]!);
  const program = await compile(
    {
      outputs: { loss },
      state: Object.fromEntries(
        weights.map((name, i) => [name, { initial: fed(name), next: next[i]! }]),
      ),
    },
    { backend, provider, threads: 1 },
  );
  const inputs = { image: fed("image"), target: fed("target") };
  let current = values;
  let worst = 0;
  for (let step = 0; step < 3; step++) {
    const { loss: got } = await program.run(inputs);
    const [wanted, ...moved] = interpret([loss, ...next], current);
    worst = Math.max(worst, distance(Array.from(got!.data, Number), wanted!.data));
    current = { ...current, ...Object.fromEntries(weights.map((name, i) => [name, moved[i]!])) };
  }
  for (const name of weights) {
    const { data } = await program.state(name);
    worst = Math.max(worst, distance(Array.from(data, Number), current[name]!.data));
  }
  await program.dispose();
  return worst;
}

const result = {
  planar: await compare([9, 10]),
  volume: await compare([4, 6, 5]),
  // The software driver of WebGPU takes minutes for so many kinds of operators.
  losses: provider === "webgpu" ? [] : await trainSmall({ backend, provider, threads: 1 }),
  chain: await trainChain({ backend, provider, threads: 1 }),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
// The WebGPU driver's threads outlive its sessions.
process.exit(0);
