/** A trained network as the blob of a piece, and opened for use. */
import type { ParameterValues } from "../core/parameters.ts";
import { input } from "../graph/ops/input.ts";
import { declare } from "../layers/scope.ts";
import type { Network } from "../nets/network.ts";
import { floats } from "../runtime/backend.ts";
import { compile } from "../runtime/program.ts";
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

/** Compiles a network for planes of one size, on one thread. */
export async function openNetwork(
  { network, options, weights }: TrainedNetwork,
  { ny, nx, sigma }: { ny: number; nx: number; sigma: number },
): Promise<OpenNetwork> {
  const { scope, parameters } = declare();
  const shape = [most, 1, ny, nx];
  const image = input("image", shape);
  const level = input("sigma", [most, 1, 1, 1]);
  const denoised = network.build(image, { scope, options, sigma: level });
  const program = await compile(
    {
      outputs: { denoised },
      state: Object.fromEntries(
        parameters.map(({ name, shape: own }) => [
          name,
          { initial: floats(weights.get(name)!, own) },
        ]),
      ),
    },
    { threads: 1 },
  );
  const area = ny * nx;
  return {
    async denoise(planes) {
      const out = new Float32Array(planes.length);
      for (let start = 0; start < planes.length; start += most * area) {
        const part = planes.subarray(start, start + most * area);
        const batch = new Float32Array(most * area);
        batch.set(part);
        const result = await program.run({
          image: floats(batch, shape),
          ...(network.takesSigma
            ? { sigma: floats(new Float32Array(most).fill(sigma), [most, 1, 1, 1]) }
            : {}),
        });
        out.set((result["denoised"]!.data as Float32Array).subarray(0, part.length), start);
      }
      return out;
    },
    dispose: () => program.dispose(),
  };
}
