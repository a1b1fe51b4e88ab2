/** Batches of patches cut from images whose noise is their acquisition's own. */
import type { BatchSource, ValidationSource } from "../train/batch.ts";
import { type GivenSources, givenBatches, givenValidation } from "../train/given-batches.ts";
import type { PlaneSource } from "../train/patches.ts";
import { planesOf } from "../train/sources.ts";
import type { DrawnImages } from "./drawn-cases.ts";
import type { NetworkWindow } from "./network-file.ts";

/** A drawn case with its class, where a training asks for it. */
export interface PairedImages extends DrawnImages {
  /** Number of its class, the first being that without the signal. */
  readonly classNumber?: number;
}

function pairSources(images: readonly PairedImages[], window: NetworkWindow): GivenSources {
  const source = (field: "noisy" | "clean"): PlaneSource => ({
    planes: images.flatMap((one) => planesOf(one[field])),
    windows: [{ ...window, clip: false, weight: 1 }],
    weight: 1,
  });
  const sigma = images.flatMap((one) =>
    planesOf(one.noisy).map(() => one.sigma / (window.high - window.low)),
  );
  const classes = images.flatMap((one) => planesOf(one.noisy).flatMap(() => one.classNumber ?? []));
  return {
    noisy: [source("noisy")],
    clean: [source("clean")],
    sigma: [sigma],
    ...(classes.length === sigma.length ? { classes: [classes] } : {}),
  };
}

/**
 * Batches and validation patches from drawn images.
 *
 * @throws InputError when an image cannot hold a patch
 */
export function pairData(
  images: {
    readonly training: readonly PairedImages[];
    readonly validation: readonly PairedImages[];
  },
  options: {
    readonly seed: number;
    readonly count: number;
    readonly side: number;
    readonly window: NetworkWindow;
  },
): { data: BatchSource; validation: ValidationSource } {
  const { window, ...rest } = options;
  return {
    data: givenBatches(pairSources(images.training, window), rest),
    validation: givenValidation(pairSources(images.validation, window), rest),
  };
}
