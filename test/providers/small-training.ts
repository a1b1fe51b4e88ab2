/** Short trainings that run everywhere, by Adam, on images drawn from a seed. */
import { type ParameterValues, resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { square } from "../../src/graph/ops/power.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { initialValues } from "../../src/layers/scope.ts";
import { adam } from "../../src/learn/optimisers/adam.ts";
import { traineeOf } from "../../src/learn/trainee.ts";
import { openTrainer } from "../../src/learn/trainer.ts";
import { dncnn } from "../../src/nets/dncnn.ts";
import type { Network } from "../../src/nets/network.ts";
import { unetDenoiser } from "../../src/nets/unet-denoiser.ts";
import type { CompileOptions } from "../../src/runtime/program.ts";

export const steps = 8;

/** Losses of all steps of a U-Net with batch normalisation. */
export const trainSmall = (options: CompileOptions): Promise<number[]> =>
  trainBy(unetDenoiser, { network: { width: 16, levels: 1, norm: "batch" }, steps, options });

/** Losses of all steps of a chain of convolutions: few kinds of operators, for drivers that take long to build each. */
export const trainChain = (options: CompileOptions): Promise<number[]> =>
  trainBy(dncnn, { network: { depth: 3, width: 8, batchNorm: false }, steps: 20, options });

async function trainBy(
  chosen: Network,
  {
    network,
    steps: count,
    options,
  }: { network: ParameterValues; steps: number; options: CompileOptions },
): Promise<number[]> {
  const shape = [2, 1, 16, 16];
  const pixels = shape.reduce((n, s) => n * s, 1);
  const [noisy, clean] = [input("noisy", shape), input("clean", shape)];
  const denoiser = traineeOf({
    build: (x, { scope }) => chosen.build(x, { scope, options: network }),
  });
  const loss = mean(square(subtract(denoiser.apply(noisy), clean)));
  const trainer = await openTrainer(
    {
      roles: {
        denoiser: {
          trainee: denoiser,
          weights: initialValues(denoiser.parameters, streamOf(1, "weights")),
          rule: { optimiser: adam, options: resolveParameters("adam", adam.options) },
        },
      },
      updates: [{ name: "denoiser", trains: ["denoiser"], terms: { loss } }],
      stream: streamOf(1),
    },
    options,
  );
  const losses: number[] = [];
  for (let step = 0; step < count; step++) {
    const stream = streamOf(1, "batch", step);
    const base = Float32Array.from({ length: pixels }, (_, i) => Math.sin(i / 5 + step));
    const noise = stream.normals(pixels);
    const batch = {
      clean: { data: base, shape },
      noisy: { data: base.map((v, i) => v + 0.3 * noise[i]!), shape },
    };
    const rows = await trainer.step([batch], { step, rates: { denoiser: 3e-3 } });
    losses.push(rows["denoiser"]!.loss);
  }
  await trainer.dispose();
  return losses;
}
