/**
 * The engine against PyTorch: the same networks and sizes, both sides in turn, ratios with spread.
 *
 *   npm run bench -- engine [--rounds 7] [--only train2d]
 *
 * Ratio > 1 means that dprime is faster. Needs Debian's python3-torch; without it our side alone is
 * timed. Run it on a quiet machine. "--smoke" takes one small step of each kind and no peer.
 */
import { parseArgs } from "node:util";
import { resolveParameters } from "../src/core/parameters.ts";
import { streamOf } from "../src/core/random.ts";
import { gradient } from "../src/graph/gradient.ts";
import { lower } from "../src/graph/lower.ts";
import type { Node } from "../src/graph/node.ts";
import { constant } from "../src/graph/ops/constant.ts";
import { input } from "../src/graph/ops/input.ts";
import { mean } from "../src/graph/ops/mean.ts";
import { multiply } from "../src/graph/ops/multiply.ts";
import { relu } from "../src/graph/ops/relu.ts";
import { subtract } from "../src/graph/ops/subtract.ts";
import { substitute } from "../src/graph/substitute.ts";
import { convLayer } from "../src/layers/conv-layer.ts";
import { declare, initialValues } from "../src/layers/scope.ts";
import { encodeModel } from "../src/onnx/encode.ts";
import { floats } from "../src/runtime/backend.ts";
import { nodeBackend } from "../src/runtime/node.ts";
import { compile } from "../src/runtime/program.ts";
import { joinNodes, joinValues, piecesOf } from "../src/learn/flat-weights.ts";
import { adam } from "../src/learn/optimisers/adam.ts";
import { startLineServer } from "./peers/line-server.ts";
import { fileURLToPath } from "node:url";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    only: { type: "string" },
    // One small step of each kind on our side alone: shows that the benchmark itself works.
    smoke: { type: "boolean", default: false },
  },
});
const smoke = values.smoke;
const rounds = smoke ? 1 : Number(values.rounds);

interface Work {
  readonly kind: "train2d" | "train3d" | "infer2d";
  readonly title: string;
  readonly batch: number;
  readonly threads: number;
  /** Steps per measurement, so that one takes about a second. */
  readonly steps: number;
  /** What the issue asks for. */
  readonly wanted: number;
}

const works: readonly Work[] = [
  {
    kind: "train2d",
    title: "training step, DnCNN 17×64, 16 × 64×64",
    batch: 16,
    threads: 1,
    steps: 1,
    wanted: 0.9,
  },
  {
    kind: "train2d",
    title: "training step, DnCNN 17×64, 16 × 64×64",
    batch: 16,
    threads: 2,
    steps: 1,
    wanted: 0.9,
  },
  {
    kind: "train2d",
    title: "training step, DnCNN 17×64, 1 × 64×64",
    batch: 1,
    threads: 1,
    steps: 6,
    wanted: 0.8,
  },
  {
    kind: "train2d",
    title: "training step, DnCNN 17×64, 1 × 64×64",
    batch: 1,
    threads: 2,
    steps: 8,
    wanted: 0.8,
  },
  {
    kind: "train3d",
    title: "3-D training step, 5 layers × 16, 16×64×64",
    batch: 1,
    threads: 1,
    steps: 2,
    wanted: 1.5,
  },
  {
    kind: "train3d",
    title: "3-D training step, 5 layers × 16, 16×64×64",
    batch: 1,
    threads: 2,
    steps: 3,
    wanted: 1.5,
  },
  {
    kind: "infer2d",
    title: "inference, DnCNN 17×64, 512×512",
    batch: 1,
    threads: 1,
    steps: 1,
    wanted: 1.2,
  },
  {
    kind: "infer2d",
    title: "inference, DnCNN 17×64, 512×512",
    batch: 1,
    threads: 2,
    steps: 1,
    wanted: 1.2,
  },
];

function chain(image: Node, depth: number, width: number) {
  const { scope, parameters } = declare();
  let x = image;
  for (let layer = 0; layer < depth; layer++) {
    const last = layer === depth - 1;
    x = convLayer(scope.child(layer), x, {
      channels: last ? 1 : width,
      kernel: 3,
      padding: "same",
    });
    if (!last) x = relu(x);
  }
  return { output: subtract(image, x), parameters };
}

/** Our side: a function that runs some steps and gives the mean time of one in milliseconds. */
async function ours({ kind, batch, threads }: Work) {
  const shape =
    kind === "train3d"
      ? [batch, 1, 16, 64, 64]
      : kind === "train2d"
        ? [batch, 1, 64, 64]
        : [1, 1, 512, 512];
  const count = shape.reduce((n, s) => n * s, 1);
  const stream = streamOf(1, "bench");
  const data = () =>
    floats(
      Float32Array.from({ length: count }, () => stream.uniform()),
      shape,
    );
  const image = input("image", shape);
  const { output, parameters } = kind === "train3d" ? chain(image, 5, 16) : chain(image, 17, 64);
  const weights = initialValues(parameters, stream);
  if (kind === "infer2d") {
    const fixed = new Map(
      parameters.map(({ name, shape: s, node }) => [node, constant(weights.get(name)!, s)]),
    );
    const model = encodeModel(lower({ output: substitute([output], fixed)[0]! }));
    const session = await nodeBackend.open(model, { provider: "cpu", threads });
    const held = { image: session.hold(data()) };
    const once = async () => {
      (await session.run(held, ["output"])).output!.dispose();
    };
    return { once, dispose: () => session.dispose() };
  }
  const difference = subtract(output, input("target", shape));
  const loss = mean(multiply(difference, difference));
  const gradients = gradient(
    loss,
    parameters.map((p) => p.node),
  );
  const flat = joinValues(weights, parameters);
  const theta = input("theta", [flat.length]);
  const [value, ...parts] = substitute([loss, ...gradients], piecesOf(theta, parameters));
  const moments = { first: input("first", [flat.length]), second: input("second", [flat.length]) };
  const next = adam.update({
    theta,
    gradient: joinNodes(parts, parameters),
    rate: constant(1e-4),
    step: input("step", []),
    moments,
    options: resolveParameters("adam", adam.options),
  });
  const vector = (v: Float32Array) => floats(v, [v.length]);
  const program = await compile(
    {
      outputs: { loss: value! },
      state: {
        theta: { initial: vector(flat), next: next.theta },
        first: { initial: vector(new Float32Array(flat.length)), next: next.moments["first"]! },
        second: { initial: vector(new Float32Array(flat.length)), next: next.moments["second"]! },
      },
    },
    { threads },
  );
  const fed = { image: data(), target: data() };
  let step = 0;
  const once = async () => {
    step++;
    await program.run({ ...fed, step: floats(Float32Array.of(step), []) });
  };
  return { once, dispose: () => program.dispose() };
}

const quantile = (sorted: readonly number[], q: number) =>
  sorted[Math.round(q * (sorted.length - 1))]!;
const pause = () => new Promise((resolve) => setTimeout(resolve, 150));

console.log("| work | threads | dprime (ms) | PyTorch (ms) | ratio (median, range) | wanted |");
console.log("|---|---|---|---|---|---|");
for (const work of works) {
  if (values.only !== undefined && work.kind !== values.only) continue;
  if (smoke && (work.threads !== 1 || work.batch !== 1)) continue;
  const peer = smoke
    ? undefined
    : await startLineServer("/usr/bin/python3", [
        fileURLToPath(new URL("peers/torch-steps.py", import.meta.url)),
        work.kind,
        String(work.batch),
        String(work.threads),
      ]);
  const mine = await ours(work);
  await mine.once();
  await mine.once();
  const times: number[] = [];
  const peerTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const began = performance.now();
    for (let i = 0; i < work.steps; i++) await mine.once();
    times.push((performance.now() - began) / work.steps);
    // ONNX Runtime's threads spin for a moment after a run; they would disturb the other side.
    await pause();
    if (peer !== undefined) peerTimes.push(Number(await peer.ask(String(work.steps))));
    await pause();
  }
  peer?.stop();
  await mine.dispose();
  const ratios = peerTimes.map((p, i) => p / times[i]!).sort((a, b) => a - b);
  const middle = (list: readonly number[]) =>
    list.length === 0
      ? "–"
      : quantile(
          [...list].sort((a, b) => a - b),
          0.5,
        ).toFixed(0);
  const ratio =
    ratios.length === 0
      ? "–"
      : `**${quantile(ratios, 0.5).toFixed(2)}** (${ratios[0]!.toFixed(2)}–${ratios.at(-1)!.toFixed(2)})`;
  console.log(
    `| ${work.title} | ${work.threads} | ${middle(times)} | ${middle(peerTimes)} | ${ratio} | ${work.wanted} |`,
  );
}
process.exit(0);
