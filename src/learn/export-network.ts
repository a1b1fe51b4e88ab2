/** A trained network as a standard ONNX model that any tool opens. */
import type { ParameterValues } from "../core/parameters.ts";
import { lower } from "../graph/lower.ts";
import { constant } from "../graph/ops/constant.ts";
import { input } from "../graph/ops/input.ts";
import { substitute } from "../graph/substitute.ts";
import { declare } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { encodeModel } from "../onnx/encode.ts";

export interface ExportOptions {
  readonly options: ParameterValues;
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Facts that travel with the model. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Encodes a network with its weights as constants under the parameters' names: inputs `image` `[N, 1, H, W]` and, where the
 * network takes it, `sigma` `[N, 1, 1, 1]`; output `denoised`. H and W are multiples of the
 * network's own unit, any batch.
 */
export function exportNetwork(
  network: Network,
  { options, weights, metadata = {} }: ExportOptions,
): Uint8Array {
  const { scope, parameters } = declare();
  const multiple = network.multipleOf(options);
  const symbol = (name: string) => (multiple === 1 ? name : `${multiple}*${name}`);
  const image = input("image", ["N", 1, symbol("h"), symbol("w")]);
  const sigma = input("sigma", ["N", 1, 1, 1]);
  const denoised = network.build(image, { scope, options, sigma });
  const [fixed] = substitute(
    [denoised],
    new Map(
      parameters.map(({ name, shape, node }) => [
        node,
        constant(weights.get(name)!, shape, { name }),
      ]),
    ),
  );
  return encodeModel(lower({ denoised: fixed! }), {
    name: network.name,
    metadata: {
      network: network.name,
      options: JSON.stringify(options),
      multipleOf: String(multiple),
      reach: String(network.reach(options)),
      takesSigma: String(network.takesSigma),
      ...metadata,
    },
  });
}
