/**
 * A training whose forward pass is large, for tests; run by itself it takes three steps and prints its peak memory in MB
 * and its losses:
 *
 *   tsx src/learn/recompute.fixture.ts [MOST BYTES]
 */
import { resolveParameters } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { input } from "../graph/ops/input.ts";
import { mean } from "../graph/ops/mean.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { subtract } from "../graph/ops/subtract.ts";
import { initialValues } from "../layers/scope.ts";
import { drunet } from "../nets/drunet.ts";
import { dncnn } from "../nets/dncnn.ts";
import type { Network } from "../nets/network.ts";
import { adam } from "./optimisers/adam.ts";
import { buildOf } from "./open-network.ts";
import { traineeOf } from "./trainee.ts";
import { openTrainer } from "./trainer.ts";

export interface LargeTraining {
  readonly network: "dncnn" | "drunet";
  readonly batchNorm?: boolean;
  readonly images: number;
  readonly side: number;
  readonly mostBytes?: number | undefined;
}

const networks: Readonly<Record<LargeTraining["network"], Network>> = { dncnn, drunet };

/** Losses of three steps and all vectors afterwards. */
export async function trainLarge({
  network: name,
  batchNorm = false,
  images,
  side,
  mostBytes,
}: LargeTraining) {
  const network = networks[name];
  const options = resolveParameters(
    name,
    network.options,
    name === "dncnn" ? { depth: 12, width: 16, batchNorm } : { width: 4, blocks: 1 },
  );
  const shape = [images, 1, side, side];
  const stream = streamOf(3, "large");
  const [noisy, clean] = [input("noisy", shape), input("clean", shape)];
  const sigma = input("sigma", [images, 1, 1, 1]);
  const trainee = traineeOf({ build: buildOf(network, options) });
  const difference = subtract(trainee.apply(noisy, network.takesSigma ? { sigma } : {}), clean);
  const loss = mean(multiply(difference, difference));
  const rule = { optimiser: adam, options: resolveParameters("adam", adam.options) };
  const weights = initialValues(trainee.parameters, stream.child("weights"));
  const trainer = await openTrainer(
    {
      roles: { denoiser: { trainee, rule, weights } },
      updates: [{ name: "denoiser", trains: ["denoiser"], terms: { loss } }],
      stream,
      mostBytes,
    },
    { threads: 1 },
  );
  const draw = () => ({
    shape,
    data: Float32Array.from({ length: images * side * side }, () => stream.normal()),
  });
  const level = { shape: [images, 1, 1, 1], data: new Float32Array(images).fill(0.1) };
  const batch = { noisy: draw(), clean: draw(), ...(network.takesSigma ? { sigma: level } : {}) };
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    const rows = await trainer.step([batch], { step, rates: { denoiser: 1e-3 } });
    losses.push(rows["denoiser"]!.loss);
  }
  const state = await trainer.state();
  await trainer.dispose();
  return { losses, state };
}

if (process.argv[1]?.endsWith("recompute.fixture.ts")) {
  const mostBytes = process.argv[2] === undefined ? undefined : Number(process.argv[2]);
  const { losses } = await trainLarge({ network: "dncnn", images: 4, side: 256, mostBytes });
  const peak = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(`${JSON.stringify({ peak, losses })}\n`);
}
