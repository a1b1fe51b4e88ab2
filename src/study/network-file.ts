/** A trained network as the blob of a piece, and opened for use. */
import { z } from "zod";
import type { ParameterValues } from "../core/parameters.ts";
import { type Weights } from "../learn/flat-weights.ts";
import { buildOf, conditionShapes, openNetwork as open } from "../learn/open-network.ts";
import { decodeTensors, encodeTensors } from "../learn/tensor-file.ts";
import type { Network } from "../nets/network.ts";
import { networkOf } from "../nets/open-network.ts";

/** Values that a network sees as 0 and 1. */
export interface NetworkWindow {
  readonly low: number;
  readonly high: number;
}

export interface TrainedNetwork {
  readonly network: Network;
  readonly options: ParameterValues;
  readonly weights: Weights;
  readonly window: NetworkWindow;
}

const optionsSchema = z.record(z.string(), z.union([z.number(), z.string(), z.boolean()]));

export function encodeNetwork({ network, options, weights, window }: TrainedNetwork): Uint8Array {
  return encodeTensors({
    arrays: Object.fromEntries(
      [...weights].map(([name, data]) => [name, { shape: [data.length], data }]),
    ),
    metadata: {
      network: network.name,
      options: JSON.stringify(options),
      low: String(window.low),
      high: String(window.high),
    },
  });
}

export async function decodeNetwork(bytes: Uint8Array): Promise<TrainedNetwork> {
  const { arrays, metadata } = decodeTensors(bytes);
  const given = optionsSchema.parse(JSON.parse(metadata["options"] ?? "{}"));
  const opened = await networkOf({ name: metadata["network"] ?? "", options: given });
  const weights = new Map(Object.entries(arrays).map(([name, { data }]) => [name, data]));
  const window = { low: Number(metadata["low"] ?? 0), high: Number(metadata["high"] ?? 1) };
  return { ...opened, weights, window };
}

export interface OpenNetwork {
  /** Denoises planes laid one after the other, all with noise of one level. */
  denoise(planes: Float32Array, sigma: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Planes per run: enough to keep one thread busy, few enough to stay in its cache. */
const most = 8;

/** Opens a network for planes of one size, on one thread. */
export async function openNetwork(
  { network, options, weights, window }: TrainedNetwork,
  { ny, nx }: { ny: number; nx: number },
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
  const { low } = window;
  const width = window.high - low;
  // Images in the network's own window pass through as they are.
  const own = low === 0 && width === 1;
  return {
    async denoise(planes, sigma) {
      const level = new Float32Array(planes.length / (ny * nx)).fill(sigma / width);
      const scaled = own ? planes : planes.map((v) => (v - low) / width);
      const { data } = await opened.run(scaled, { sigma: level });
      return own ? data : data.map((v) => low + width * v);
    },
    dispose: () => opened.dispose(),
  };
}
