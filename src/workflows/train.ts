/** A denoising network trained on images in memory. */
import type { Image } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { openDenoisingModel } from "../inference/denoising-model.ts";
import { learnedDenoiser } from "../inference/learned-denoiser.ts";
import { exportNetwork } from "../learn/export-network.ts";
import { parseTrainingConfig } from "../train/config.ts";
import { train as trainNetworks, type TrainingRow } from "../train/loop.ts";
import { planeData } from "../train/plane-batches.ts";
import { sourceOfImage } from "../train/sources.ts";

export interface TrainImagesOptions extends WorkOptions {
  /** Member of the networks' catalogue. Defaults to `dncnn`. */
  readonly network?: string;
  readonly networkOptions?: ParameterValues;
  readonly steps: number;
  /** Patches of one step. Defaults to 16. */
  readonly batch?: number;
  /** Side of the square patches in pixels. Defaults to 64. */
  readonly patch?: number;
  /** Learning rate at its highest. Defaults to 1e-3. */
  readonly rate?: number;
  /** Standard deviation of the noise that is added, from and to, relative to the window. Defaults to 0 to 0.2. */
  readonly noise?: { readonly low: number; readonly high: number };
  /** Values that become 0 and 1; by default each image's own 1st and 99th percentile. */
  readonly window?: { readonly low: number; readonly high: number };
  /** Defaults to 0. */
  readonly seed?: number;
  /** Threads inside one operator; all cores when absent. */
  readonly threads?: number;
  readonly onRow?: (row: TrainingRow) => void;
}

export interface TrainedModel {
  /** For `denoise`. */
  readonly denoiser: Denoiser;
  /** The model as an ONNX file, which any other tool opens. */
  readonly onnx: Uint8Array;
  readonly history: readonly TrainingRow[];
  dispose(): Promise<void>;
}

/**
 * Trains a network to remove white noise from patches of the images.
 *
 * @param images clean, of any axes; each at least a patch large
 * @throws InputError naming the option that is wrong; RunError when the loss is not finite or explodes;
 *   CancelledError
 */
export async function train(
  images: readonly Image[],
  options: TrainImagesOptions,
): Promise<TrainedModel> {
  const { network = "dncnn", networkOptions = {}, steps, seed = 0, threads = 0 } = options;
  const { batch, patch, noise, rate, signal, onProgress, onRow } = options;
  const windows = [options.window ?? { percentiles: [1, 99] }];
  const config = parseTrainingConfig({
    name: "own-images",
    seed,
    network: { name: network, options: networkOptions },
    steps,
    ...(batch === undefined ? {} : { batch }),
    ...(patch === undefined ? {} : { patch }),
    ...(noise === undefined ? {} : { noise }),
    ...(rate === undefined ? {} : { schedule: { rate } }),
    sources: [{ kind: "files", paths: ["given in memory"], licence: "the caller's", windows }],
  });
  const [source] = config.sources;
  const result = await trainNetworks(config, {
    ...planeData(config, {
      sources: images.map((image) =>
        sourceOfImage(image, { windows: source!.windows, weight: 1 / images.length }),
      ),
    }),
    compile: { threads },
    signal,
    onProgress,
    ...(onRow === undefined ? {} : { onRow }),
  });
  const onnx = exportNetwork(result.network, {
    options: result.options,
    weights: result.best,
    shape: result.shape,
    metadata: { name: config.name, seed: String(seed) },
  });
  const model = await openDenoisingModel(onnx, { threads });
  return {
    denoiser: learnedDenoiser(model),
    onnx,
    history: result.history,
    dispose: () => model.dispose(),
  };
}
