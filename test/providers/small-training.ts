/** A short training that runs everywhere: a U-Net with batch normalisation, by Adam, on images drawn from a seed. */
import { resolveParameters } from "../../src/core/parameters.ts";
import { streamOf } from "../../src/core/random.ts";
import { input } from "../../src/graph/ops/input.ts";
import { mean } from "../../src/graph/ops/mean.ts";
import { square } from "../../src/graph/ops/power.ts";
import { subtract } from "../../src/graph/ops/subtract.ts";
import { initialValues } from "../../src/layers/scope.ts";
import { adam } from "../../src/learn/optimisers/adam.ts";
import { traineeOf } from "../../src/learn/trainee.ts";
import { openTrainer } from "../../src/learn/trainer.ts";
import { unetDenoiser } from "../../src/nets/unet-denoiser.ts";
import type { CompileOptions } from "../../src/runtime/program.ts";

export const steps = 8;

/** Losses of all steps. */
export async function trainSmall(options: CompileOptions): Promise<number[]> {
  const shape = [2, 1, 16, 16];
  const count = shape.reduce((n, s) => n * s, 1);
  const [noisy, clean] = [input("noisy", shape), input("clean", shape)];
  const network = { width: 16, levels: 1, norm: "batch" };
  const denoiser = traineeOf({
    build: (x, { scope }) => unetDenoiser.build(x, { scope, options: network }),
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
  for (let step = 0; step < steps; step++) {
    const stream = streamOf(1, "batch", step);
    const base = Float32Array.from({ length: count }, (_, i) => Math.sin(i / 5 + step));
    const noise = stream.normals(count);
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
