/** A network with its weights, compiled for images of one shape and opened for use. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { input } from "../graph/ops/input.ts";
import { shapeOf, topologicalOrder } from "../graph/node.ts";
import { concrete } from "../graph/dimension.ts";
import { declare } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { floats } from "../runtime/backend.ts";
import { compile, type CompileOptions } from "../runtime/program.ts";
import type { Weights } from "./flat-weights.ts";
import type { NamedArray } from "./tensor-file.ts";
import type { Build } from "./trainee.ts";

/** A network as a function of its image and of conditions by name, `sigma` among them. */
export function buildOf(network: Network, options: ParameterValues): Build {
  return (x, { scope, conditions }) =>
    network.build(x, { scope, options, sigma: conditions["sigma"], conditions });
}

/** Shapes of a network's conditions for a batch. */
export function conditionShapes(
  network: Pick<Network, "takesSigma" | "conditions">,
  { options, shape }: { options: ParameterValues; shape: readonly number[] },
): Readonly<Record<string, readonly number[]>> {
  const [count = 1, ...rest] = shape;
  return {
    ...(network.takesSigma ? { sigma: [count, ...rest.map(() => 1)] } : {}),
    ...Object.fromEntries(
      Object.entries(network.conditions ?? {}).map(([name, condition]) => [
        name,
        [count, ...condition.shape(options)],
      ]),
    ),
  };
}

export interface OpenNetworkSpec {
  readonly build: Build;
  readonly weights: Weights;
  /** Shape of a batch, `[N, C, …]`. */
  readonly shape: readonly number[];
  /** Shapes of the conditions that the network takes. */
  readonly conditions?: Readonly<Record<string, readonly number[]>>;
}

export interface OpenedNetwork {
  /** Shape of the result of a whole batch. */
  readonly shape: readonly number[];
  /**
   * Applies the network to any number of images laid one after the other.
   *
   * @param conditions as many rows as there are images
   */
  run(
    images: Float32Array,
    conditions?: Readonly<Record<string, Float32Array>>,
  ): Promise<NamedArray>;
  setWeights(weights: Weights): void;
  dispose(): Promise<void>;
}

/** Compiles a network in its form for use: running moments, no dropout. */
export async function openNetwork(
  { build, weights, shape, conditions: given = {} }: OpenNetworkSpec,
  options: CompileOptions = {},
): Promise<OpenedNetwork> {
  const { scope, parameters: declared } = declare();
  const conditions = Object.fromEntries(
    Object.entries(given).map(([name, own]) => [name, input(`condition ${name}`, own)]),
  );
  const image = input("images to apply the network to", shape);
  const result = build(image, { scope, conditions });
  const read = new Set(topologicalOrder([result]));
  const parameters = declared.filter(({ node }) => read.has(node));
  const value = (from: Weights, { name, shape: own }: (typeof parameters)[number]) => {
    const data = from.get(name);
    if (data?.length !== sizeOf(own)) {
      throw new InputError(
        `Cannot open a network: found ${data === undefined ? "no weights" : `${data.length} numbers`} for ${name}, wanted ${sizeOf(own)}`,
      );
    }
    return floats(data, own);
  };
  const program = await compile(
    {
      outputs: { result },
      state: Object.fromEntries(parameters.map((p) => [p.name, { initial: value(weights, p) }])),
    },
    { ...options, signal: undefined },
  );
  const resultShape = concrete(shapeOf(result), "open a network");
  const perBatch = shape[0]!;
  const perImage = sizeOf(shape) / perBatch;
  const perResult = sizeOf(resultShape) / resultShape[0]!;
  return {
    shape: resultShape,
    async run(images, values = {}) {
      const count = images.length / perImage;
      if (!Number.isInteger(count)) {
        throw new InputError(
          `Cannot apply a network: found ${images.length} values, wanted a multiple of ${perImage}`,
        );
      }
      const out = new Float32Array(count * perResult);
      for (let start = 0; start < count; start += perBatch) {
        const part = Math.min(perBatch, count - start);
        // The last batch is filled up with zeros: networks in use treat every image by itself.
        const block = (data: Float32Array, each: number, own: readonly number[]) => {
          const whole = new Float32Array(perBatch * each);
          whole.set(data.subarray(start * each, (start + part) * each));
          return floats(whole, own);
        };
        const inputs = {
          "images to apply the network to": block(images, perImage, shape),
          ...Object.fromEntries(
            Object.entries(given).map(([name, own]) => [
              `condition ${name}`,
              block(values[name] ?? new Float32Array(0), sizeOf(own) / own[0]!, own),
            ]),
          ),
        };
        const used = Object.fromEntries(
          Object.entries(inputs).filter(([name]) => program.inputs[name] !== undefined),
        );
        const { result: found } = await program.run(used);
        out.set((found!.data as Float32Array).subarray(0, part * perResult), start * perResult);
      }
      return { shape: [count, ...resultShape.slice(1)], data: out };
    },
    setWeights(next) {
      for (const parameter of parameters) program.setState(parameter.name, value(next, parameter));
    },
    dispose: () => program.dispose(),
  };
}
