/** A trained network as the blob of a piece, and opened for use. */
import type { ParameterValues } from "../core/parameters.ts";
import { buildOf, conditionShapes, openNetwork as open } from "../learn/open-network.ts";
import type { Network } from "../nets/network.ts";
import { decodeTensors, encodeTensors } from "../learn/tensor-file.ts";
import { networkOf } from "../nets/open-network.ts";
import { type Weights } from "../learn/flat-weights.ts";

export interface TrainedNetwork {
  readonly network: Network;
  readonly options: ParameterValues;
  readonly weights: Weights;
}

export function encodeNetwork({ network, options, weights }: TrainedNetwork): Uint8Array {
  return encodeTensors({
    arrays: Object.fromEntries(
      [...weights].map(([name, data]) => [name, { shape: [data.length], data }]),
    ),
    metadata: { network: network.name, options: JSON.stringify(options) },
  });
}

export async function decodeNetwork(bytes: Uint8Array): Promise<TrainedNetwork> {
  const { arrays, metadata } = decodeTensors(bytes);
  const given = JSON.parse(metadata["options"]!) as Record<string, number | string | boolean>;
  const opened = await networkOf({ name: metadata["network"]!, options: given });
  const weights = new Map(Object.entries(arrays).map(([name, { data }]) => [name, data]));
  return { ...opened, weights };
}

export interface OpenNetwork {
  /** Denoises planes laid one after the other. */
  denoise(planes: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Planes per run: enough to keep one thread busy, few enough to stay in its cache. */
const most = 8;

/** Opens a network for planes of one size, on one thread. */
export async function openNetwork(
  { network, options, weights }: TrainedNetwork,
  { ny, nx, sigma }: { ny: number; nx: number; sigma: number },
): Promise<OpenNetwork> {
  const shape = [most, 1, ny, nx];
  const opened = await open(
    {
      build: buildOf(network, options),
      weights,
      shape,
      conditions: conditionShapes(network, { options, shape }),
    },
    { threads: 1 },
  );
  return {
    async denoise(planes) {
      const level = new Float32Array(planes.length / (ny * nx)).fill(sigma);
      return (await opened.run(planes, { sigma: level })).data;
    },
    dispose: () => opened.dispose(),
  };
}
