/**
 * One training step as one program: forward, loss, gradient, clipping, optimiser and weight
 * averaging. Weights and moments are flat vectors that stay inside between steps.
 */
import type { ParameterValues } from "../core/parameters.ts";
import { gradient } from "../graph/gradient.ts";
import { type Node, shapeOf } from "../graph/node.ts";
import { add } from "../graph/ops/add.ts";
import { constant } from "../graph/ops/constant.ts";
import { divide } from "../graph/ops/divide.ts";
import { input } from "../graph/ops/input.ts";
import { minimum } from "../graph/ops/minimum.ts";
import { multiply } from "../graph/ops/multiply.ts";
import { sqrt } from "../graph/ops/sqrt.ts";
import { sum } from "../graph/ops/sum.ts";
import { substitute } from "../graph/substitute.ts";
import { declare, type Parameter } from "../layers/scope.ts";
import type { Loss } from "../losses/loss.ts";
import type { Network } from "../nets/network.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions, type Program } from "../runtime/program.ts";
import { joinNodes, piecesOf } from "./flat-weights.ts";
import type { Optimiser } from "./optimisers/optimiser.ts";

export interface StepSpec {
  readonly network: Network;
  readonly networkOptions: ParameterValues;
  readonly loss: Loss;
  readonly lossOptions: ParameterValues;
  readonly optimiser: Optimiser;
  readonly optimiserOptions: ParameterValues;
  /** `[N, 1, H, W]` of a batch. */
  readonly shape: readonly number[];
  /** Greatest Euclidean norm of the gradient; longer ones are shortened to it. 0 means no limit. */
  readonly clipNorm: number;
  /** Share of the old average kept at each step; 0 means no averaging. */
  readonly averaging: number;
}

/** The state that a training carries along, each a flat vector. */
export interface TrainingState {
  readonly weights: Float32Array;
  readonly buffers: Float32Array;
  /** Averaged weights; equal to `weights` at the start. */
  readonly average: Float32Array;
  readonly moments: Readonly<Record<string, Float32Array>>;
}

export interface StepProgram {
  readonly program: Program;
  readonly trained: readonly Parameter[];
  readonly buffers: readonly Parameter[];
  readState(): Promise<TrainingState>;
}

export interface NetworkParameters {
  readonly trained: readonly Parameter[];
  readonly buffers: readonly Parameter[];
}

/** What a network declares, without compiling anything. */
export function parametersOf(network: Network, options: ParameterValues): NetworkParameters {
  const { scope, parameters } = declare({ training: true });
  const size = network.multipleOf(options);
  const image = input("image", [2, 1, 8 * size, 8 * size]);
  network.build(image, { scope, options, sigma: input("sigma", [2, 1, 1, 1]) });
  return {
    trained: parameters.filter((p) => p.trainable),
    buffers: parameters.filter((p) => !p.trainable),
  };
}

/** A fresh state: weights given, averages equal to them, moments zero. */
export function freshState(
  weights: Float32Array,
  buffers: Float32Array,
  moments: readonly string[],
): TrainingState {
  return {
    weights,
    buffers,
    average: weights.slice(),
    moments: Object.fromEntries(moments.map((name) => [name, new Float32Array(weights.length)])),
  };
}

/**
 * Compiles the step. Inputs of a run: `image`, `target`, `sigma` `[N, 1, 1, 1]` (where the network
 * takes it), `rate` and `step` (scalars); results: `loss`, `norm` (the gradient's, before clipping).
 */
export async function compileStep(
  spec: StepSpec,
  state: TrainingState,
  options: CompileOptions = {},
): Promise<StepProgram> {
  const { scope, parameters, updates } = declare({ training: true });
  const image = input("image", spec.shape);
  const target = input("target", spec.shape);
  const sigma = input("sigma", [spec.shape[0]!, 1, 1, 1]);
  const prediction = spec.network.build(image, {
    scope,
    options: spec.networkOptions,
    sigma,
  });
  const loss = spec.loss.build(prediction, target, spec.lossOptions);
  const trained = parameters.filter((p) => p.trainable);
  const buffers = parameters.filter((p) => !p.trainable);
  const parts = gradient(
    loss,
    trained.map((p) => p.node),
  );

  const theta = input("weights", [state.weights.length]);
  const bufferVector = input("buffers", [Math.max(1, state.buffers.length)]);
  const replacements = new Map([
    ...piecesOf(theta, trained),
    ...(buffers.length > 0 ? piecesOf(bufferVector, buffers) : []),
  ]);
  const updated = buffers.map(
    ({ name, node }) => updates.find((u) => u.name === name)?.next ?? node,
  );
  const [lossOfVector, ...rest] = substitute([loss, ...parts, ...updated], replacements);
  const full = joinNodes(rest.slice(0, parts.length), trained);
  const norm = sqrt(sum(multiply(full, full)));
  const direction = spec.clipNorm > 0 ? multiply(full, shortening(norm, spec.clipNorm)) : full;
  const rate = input("rate", []);
  const step = input("step", []);
  const next = spec.optimiser.update({
    theta,
    gradient: direction,
    rate,
    step,
    moments: Object.fromEntries(
      Object.keys(state.moments).map((name) => [name, input(`moment ${name}`, shapeOf(theta))]),
    ),
    options: spec.optimiserOptions,
  });
  const vector = (data: Float32Array) => floats(data, [data.length]);
  const averaged = (old: Node) =>
    add(
      multiply(constant(spec.averaging), old),
      multiply(constant(1 - spec.averaging), next.theta),
    );
  const program = await compile(
    {
      outputs: { loss: lossOfVector!, norm },
      state: {
        weights: { initial: vector(state.weights), next: next.theta },
        ...(buffers.length > 0
          ? {
              buffers: {
                initial: vector(state.buffers),
                next: joinNodes(rest.slice(parts.length), buffers),
              },
            }
          : {}),
        ...(spec.averaging > 0
          ? {
              average: {
                initial: vector(state.average),
                next: averaged(input("average", shapeOf(theta))),
              },
            }
          : {}),
        ...Object.fromEntries(
          Object.entries(state.moments).map(([name, value]) => [
            `moment ${name}`,
            { initial: vector(value), next: next.moments[name]! },
          ]),
        ),
      },
    },
    options,
  );
  const read = async (name: string) => (await program.state(name)).data as Float32Array;
  return {
    program,
    trained,
    buffers,
    async readState() {
      const weights = await read("weights");
      const moments: Record<string, Float32Array> = {};
      for (const name of Object.keys(state.moments)) moments[name] = await read(`moment ${name}`);
      return {
        weights,
        buffers: buffers.length > 0 ? await read("buffers") : new Float32Array(0),
        average: spec.averaging > 0 ? await read("average") : weights.slice(),
        moments,
      };
    },
  };
}

/** min(1, limit / norm), safe at norm 0. */
function shortening(norm: Node, limit: number): Node {
  return minimum(constant(1), divide(constant(limit), add(norm, constant(1e-12))));
}
