/** Validation: mean PSNR over fixed patches at fixed noise levels. */
import type { ParameterValues } from "../core/parameters.ts";
import { streamOf } from "../core/random.ts";
import { input } from "../graph/ops/input.ts";
import { declare } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions } from "../runtime/program.ts";
import type { ProgramCache } from "../runtime/program-cache.ts";
import type { TrainingConfig } from "./config.ts";
import { drawPatch, type PlaneSource } from "./patches.ts";

export interface ValidationResult {
  /** Mean over patches and levels of 10 log10(1 / MSE), in dB; peak 1 is the window's width. */
  readonly psnr: number;
  /** The same for each level. */
  readonly bySigma: Readonly<Record<string, number>>;
}

interface ValidationInputs {
  readonly network: Network;
  readonly networkOptions: ParameterValues;
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly sources: readonly PlaneSource[];
  readonly compile: CompileOptions;
  /** Keeps the compiled network from one validation of a training to the next. */
  readonly programs: ProgramCache;
}

/** Measures weights on the description's validation patches, which depend on its seed alone. */
export async function validate(
  config: TrainingConfig,
  { network, networkOptions, weights, sources, compile: options, programs }: ValidationInputs,
): Promise<ValidationResult> {
  const { patches, sigmas } = config.validation!;
  const side = config.patch;
  const area = side * side;
  const batch = Math.min(16, patches);
  const { scope, parameters } = declare();
  const image = input("image", [batch, 1, side, side]);
  const sigma = input("sigma", [batch, 1, 1, 1]);
  const denoised = network.build(image, { scope, options: networkOptions, sigma });
  const value = (name: string, shape: readonly number[]) => floats(weights.get(name)!, shape);
  const program = await programs.get(`validation ${batch}x${side}`, () =>
    compile(
      {
        outputs: { denoised },
        state: Object.fromEntries(
          parameters.map(({ name, shape }) => [name, { initial: value(name, shape) }]),
        ),
      },
      { ...options, signal: undefined },
    ),
  );
  for (const { name, shape } of parameters) program.setState(name, value(name, shape));
  const stream = streamOf(config.seed, "validation");
  const bySigma: Record<string, number> = {};
  for (const level of sigmas) {
    let total = 0;
    for (let start = 0; start < patches; start += batch) {
      const clean = new Float32Array(batch * area);
      const noisy = new Float32Array(batch * area);
      for (let n = 0; n < batch; n++) {
        const own = stream.child("patch", start + n);
        drawPatch(sources, { side, stream: own }, { out: clean, offset: n * area });
        const noise = own.child("noise");
        for (let i = n * area; i < (n + 1) * area; i++) {
          noisy[i] = clean[i]! + level * noise.normal();
        }
      }
      const inputs = {
        image: floats(noisy, [batch, 1, side, side]),
        ...(network.takesSigma
          ? { sigma: floats(new Float32Array(batch).fill(level), [batch, 1, 1, 1]) }
          : {}),
      };
      const result = (await program.run(inputs)).denoised!.data as Float32Array;
      for (let n = 0; n < Math.min(batch, patches - start); n++) {
        let error = 0;
        for (let i = n * area; i < (n + 1) * area; i++) error += (result[i]! - clean[i]!) ** 2;
        total += -10 * Math.log10(Math.max(error / area, 1e-12));
      }
    }
    bySigma[level] = total / patches;
  }
  const means = Object.values(bySigma);
  return { psnr: means.reduce((s, v) => s + v, 0) / means.length, bySigma };
}
