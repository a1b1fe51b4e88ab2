/** A trained network as a standard ONNX model that any tool opens. */
import type { ParameterValues } from "../core/parameters.ts";
import { lower } from "../graph/lower.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { substitute } from "../graph/substitute.ts";
import { declare } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { usualShape } from "./network-parameters.ts";
import { buildOf, conditionShapes } from "./open-network.ts";
import { encodeModel } from "../onnx/encode.ts";

export interface ExportOptions {
  readonly options: ParameterValues;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /**
   * Shape of a batch `[N, C, …]` as the network was trained on: its channels and dimensions, and its sizes where
   * weights depend on them. One plane where absent.
   */
  readonly shape?: readonly number[];
  /** Facts that travel with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What a model's result is called, by what its network gives. */
export const resultNames = { image: "denoised", scores: "scores", labels: "labels" } as const;

const axisNames = { 2: ["h", "w"], 3: ["d", "h", "w"] } as const;

/**
 * Encodes a network with its weights as constants under the parameters' names: inputs `image` `[N, C, …]`, `sigma`
 * `[N, 1, …]` where the network takes it, and its further conditions; one output, `denoised`, `scores` or `labels`.
 * Spatial sizes are multiples of the network's own unit, any batch.
 */
export function exportNetwork(
  network: Network,
  { options, weights, shape = usualShape(network, options), metadata = {} }: ExportOptions,
): Uint8Array {
  const { scope, parameters } = declare();
  const multiple = network.multipleOf(options);
  const symbol = (name: string) => (multiple === 1 ? name : `${multiple}*${name}`);
  const [, channels = 1, ...space] = shape;
  const fixed = network.fixedSize === true;
  const names = axisNames[space.length as 2 | 3];
  const image = input("image", ["N", channels, ...(fixed ? space : names.map(symbol))]);
  const conditions = Object.fromEntries(
    Object.entries(conditionShapes(network, { options, shape })).map(([name, [, ...rest]]) => [
      name,
      input(name, ["N", ...rest]),
    ]),
  );
  const gives = network.gives ?? "image";
  const result = buildOf(network, options)(image, { scope, conditions });
  const [whole] = substitute(
    [result],
    new Map(
      parameters.map(({ name, shape: own, node }) => [
        node,
        constant(weights.get(name)!, own, { name }),
      ]),
    ),
  );
  return encodeModel(lower({ [resultNames[gives]]: whole! }), {
    name: network.name,
    metadata: {
      network: network.name,
      options: JSON.stringify(options),
      multipleOf: String(multiple),
      reach: String(network.reach(options)),
      takesSigma: String(network.takesSigma),
      gives,
      shape: JSON.stringify([1, channels, ...(fixed ? space : space.map(() => multiple * 8))]),
      ...metadata,
    },
  });
}
