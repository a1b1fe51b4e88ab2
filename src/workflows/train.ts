/** A denoising network trained on images in memory. */
import type { z } from "zod";
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import type { SettingsOf } from "../core/member.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { noiseLevelFor } from "../denoise/input.ts";
import { noiseOfImage } from "../denoise/noise-level/noise-of-image.ts";
import type { TrainedOn } from "../denoise/trained-on.ts";
import { modelUnits } from "../inference/apply-model.ts";
import { openDenoisingModel, trainedOnKey } from "../inference/denoising-model.ts";
import { learnedDenoiser } from "../inference/learned-denoiser.ts";
import { exportNetwork } from "../learn/export-network.ts";
import type { LossOptions } from "../losses/catalogue.ts";
import type { NetworkOptions } from "../nets/catalogue.ts";
import type { BatchSource } from "../train/batch.ts";
import { parseTrainingConfig, type TrainingConfig, type trainingSchema } from "../train/config.ts";
import { type GivenSources, givenBatches } from "../train/given-batches.ts";
import { runTraining as trainNetworks, type TrainingRow } from "../train/loop.ts";
import type { TrainingMethodOptions } from "../train/methods/catalogue.ts";
import { planeData } from "../train/plane-batches.ts";
import { planesOf, sourceOfImage } from "../train/sources.ts";
import { rangeOf, trainedOnOf } from "../train/training-range.ts";

/**
 * Images to learn from; each list by itself of any number of images, each at least a patch large.
 *
 * `noisy`, `clean` and `again` hold the same objects in the same order, image by image of one shape and unit:
 * `clean` without noise (or with the reference's), `again` with other noise. `other` holds images without noise of
 * other objects. `clean` alone gets white noise.
 */
export type TrainingImages = Readonly<
  Partial<Record<"noisy" | "clean" | "again" | "other", readonly Image[]>>
>;

/** @typeParam Names of network, method and loss, whose options are checked by the compiler */
export interface TrainImagesOptions<
  Network extends string = string,
  Method extends string = string,
  Loss extends string = string,
> extends WorkOptions {
  /** Member of the networks' catalogue. Defaults to `dncnn`. */
  readonly network?: Network;
  readonly networkOptions?: SettingsOf<NetworkOptions, Network>;
  /**
   * Member of the training methods' catalogue that needs no more than these images. Defaults to `supervised`, without
   * clean images to `noise2noise`, with noisy images alone to `noise2void`.
   */
  readonly method?: Method;
  readonly methodOptions?: SettingsOf<TrainingMethodOptions, Method>;
  /** Member of the losses' catalogue, for methods that take one. Defaults to `mse`. */
  readonly loss?: Loss;
  readonly lossOptions?: SettingsOf<LossOptions, Loss>;
  /** Networks and settings of the method's further roles, such as a critic. */
  readonly roles?: z.input<typeof trainingSchema>["roles"];
  readonly steps: number;
  /** Patches of one step. Defaults to 16. */
  readonly batch?: number;
  /** Side of the square patches in pixels. Defaults to 64. */
  readonly patch?: number;
  /** Learning rate at its highest. Defaults to 1e-3. */
  readonly rate?: number;
  /**
   * Standard deviation of the noise that is added to clean images, from and to, relative to the window. Defaults to 0
   * to 0.2.
   */
  readonly noise?: { readonly low: number; readonly high: number };
  /** Noise level of the noisy images in their unit; estimated for each image when absent. */
  readonly sigma?: number;
  /** Values that become 0 and 1; by default those that the model will see as 0 and 1 in use. */
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
 * Trains a network to denoise images like those given: clean ones, which get white noise; noisy ones with clean ones
 * of the same objects; or noisy ones alone, by a method that needs no others.
 *
 * @param images a list is one of clean images
 * @throws InputError naming the option that is wrong, images that do not go together, and a method that needs others;
 *   RunError when the loss is not finite or explodes; CancelledError
 */
export async function train<
  const Network extends string = "dncnn",
  const Method extends string = "supervised",
  const Loss extends string = "mse",
>(
  images: readonly Image[] | TrainingImages,
  options: TrainImagesOptions<Network, Method, Loss>,
): Promise<TrainedModel> {
  const given: TrainingImages = "length" in images ? { clean: images } : images;
  checkImages(given);
  const config = configOf(given, options);
  const { seed = 0, threads = 0, signal, onProgress, onRow } = options;
  const data = batchesOf(given, config, options);
  const trainedOn = await rangesIn(given, { data, window: options.window });
  const result = await trainNetworks(config, {
    data,
    compile: { threads },
    signal,
    onProgress,
    ...(onRow === undefined ? {} : { onRow }),
  });
  const onnx = exportNetwork(result.network, {
    options: result.options,
    weights: result.best,
    shape: result.shape,
    metadata: {
      name: config.name,
      seed: String(seed),
      [trainedOnKey]: JSON.stringify(trainedOn),
    },
  });
  const model = await openDenoisingModel(onnx, { threads });
  return {
    denoiser: learnedDenoiser(model),
    onnx,
    history: result.history,
    dispose: () => model.dispose(),
  };
}

/** What the images span; the grain of noisy ones alone is estimated, that of pairs measured. */
async function rangesIn(
  { noisy, clean, again }: TrainingImages,
  { data, window }: { data: BatchSource; window: TrainImagesOptions["window"] },
): Promise<TrainedOn> {
  const ranges = await trainedOnOf(data);
  const grains =
    noisy === undefined || (clean ?? again) !== undefined
      ? []
      : noisy.flatMap((image) => noiseOfImage(image).grain ?? []);
  return {
    ...ranges,
    ...(grains.length === 0 ? {} : { grain: rangeOf(grains) }),
    // Windows that were taken from the images are those that any image gets in use.
    windows: window === undefined ? [] : ranges.windows,
  };
}

function configOf(given: TrainingImages, options: TrainImagesOptions): TrainingConfig {
  const { network = "dncnn", networkOptions = {}, steps, seed = 0 } = options;
  const { batch, patch, noise, rate, roles, loss, lossOptions = {} } = options;
  const usual = given.clean ? "supervised" : given.again ? "noise2noise" : "noise2void";
  const { method = usual, methodOptions = {} } = options;
  return parseTrainingConfig(
    {
      name: "own-images",
      seed,
      network: { name: network, options: networkOptions },
      method: { name: method, options: methodOptions },
      loss: { ...(loss === undefined ? {} : { name: loss }), options: lossOptions },
      steps,
      ...(roles === undefined ? {} : { roles }),
      ...(batch === undefined ? {} : { batch }),
      ...(patch === undefined ? {} : { patch }),
      ...(noise === undefined ? {} : { noise }),
      ...(rate === undefined ? {} : { schedule: { rate } }),
      sources: [
        {
          kind: "files",
          paths: ["given in memory"],
          licence: "the caller's",
          windows: [{ percentiles: [1, 99] }],
        },
      ],
    },
    { what: "the options" },
  );
}

/** @throws InputError on no images, and on lists of one place that do not match */
function checkImages(given: TrainingImages): void {
  const { noisy, clean, again, other } = given;
  const first = noisy ?? clean;
  if (first === undefined || first.length === 0) {
    throw new InputError(
      `Cannot train: found ${first === undefined ? "neither clean nor noisy images" : "no image"}, wanted at least one`,
    );
  }
  if (noisy === undefined && (again ?? other) !== undefined) {
    throw new InputError(
      `Cannot train: found ${again === undefined ? "other" : "again"} without noisy images, wanted noisy beside it`,
    );
  }
  for (const [name, list] of Object.entries({ clean, again })) {
    if (list === undefined || list === first) continue;
    if (list.length !== first.length) {
      throw new InputError(
        `Cannot train: found ${list.length} images ${name} for ${first.length} noisy, wanted one for each`,
      );
    }
    for (const [i, image] of list.entries()) {
      const like = first[i]!;
      if (image.shape.join() !== like.shape.join() || image.unit !== like.unit) {
        throw new InputError(
          `Cannot train: found image ${i + 1} of ${name} with ${image.shape.join(" × ")} values in ${image.unit}, wanted ${like.shape.join(" × ")} in ${like.unit} as its noisy one has`,
        );
      }
    }
  }
}

function batchesOf(
  given: TrainingImages,
  config: TrainingConfig,
  { sigma, window }: TrainImagesOptions,
): BatchSource {
  const { noisy, clean, again, other } = given;
  const windowOf = (image: Image, level: number) => {
    const { offset, scale } = modelUnits(image, level);
    return { ...(window ?? { low: offset, high: offset + scale }), clip: false, weight: 1 };
  };
  const sourcesOf = (images: readonly Image[], like: readonly Image[], levels: readonly number[]) =>
    images.map((image, i) =>
      sourceOfImage(image, {
        windows: [windowOf(like[i]!, levels[i]!)],
        weight: 1 / images.length,
      }),
    );
  if (noisy === undefined) {
    const none = clean!.map(() => 0);
    return planeData(config, { sources: sourcesOf(clean!, clean!, none) }).data;
  }
  const levels = noisy.map((image) => noiseLevelFor("training", image, { sigma }));
  const sources: GivenSources = {
    noisy: sourcesOf(noisy, noisy, levels),
    ...(clean ? { clean: sourcesOf(clean, noisy, levels) } : {}),
    ...(again ? { again: sourcesOf(again, noisy, levels) } : {}),
    ...(other
      ? {
          other: sourcesOf(
            other,
            other,
            other.map(() => 0),
          ),
        }
      : {}),
    sigma: noisy.map((image, i) => {
      const { low, high } = windowOf(image, levels[i]!);
      return planesOf(image).map(() => levels[i]! / (high - low));
    }),
  };
  const { seed, batch: count, patch: side } = config;
  return givenBatches(sources, { seed, count, side });
}
