/** A network and its weights out of an ONNX file that `exportNetwork` wrote. */
import { InputError } from "../core/errors.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { Network } from "../nets/network.ts";
import { decodeModel } from "../onnx/decode.ts";
import { networkOf } from "../nets/open-network.ts";
import { type Weights } from "./flat-weights.ts";
import { usedParameters } from "./network-parameters.ts";

export interface ImportedNetwork {
  readonly network: Network;
  readonly options: ParameterValues;
  readonly weights: Weights;
}

/**
 * Recovers a network with its weights by name, so that it can be trained or adapted further.
 *
 * @throws InputError on a model of another program, or one whose weights do not fit its network;
 *   FormatError on bytes that are no model
 */
export async function importNetwork(bytes: Uint8Array): Promise<ImportedNetwork> {
  const { metadata, constants } = decodeModel(bytes);
  const name = metadata["network"];
  if (name === undefined) {
    throw new InputError(
      "Cannot adapt the model: found no name of a network in its metadata, wanted a model trained by dprime",
    );
  }
  const { network, options } = await networkOf({
    name,
    options: JSON.parse(metadata["options"] ?? "{}") as ParameterValues,
  });
  const trainedOn =
    metadata["shape"] === undefined ? undefined : (JSON.parse(metadata["shape"]) as number[]);
  const weights = new Map<string, Float32Array>();
  for (const { name: own, shape } of usedParameters(network, options, trainedOn)) {
    const found = constants.find((c) => c.name === own);
    if (found?.data === undefined || found.shape.join() !== shape.join()) {
      throw new InputError(
        `Cannot adapt the model: found ${found === undefined ? "no constant" : `shape [${found.shape.join(", ")}]`} for ${own}, wanted [${shape.join(", ")}] as ${name} has`,
      );
    }
    weights.set(own, found.data);
  }
  return { network, options, weights };
}
