/**
 * Noise2Noise [lehtinen2018noise2noise]: a second noisy image of the same object stands in for the clean one.
 * The squared error's minimiser is the same as with the clean target wherever the target's noise has mean zero
 * and is independent of the input's.
 */
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const noise2noise: TrainingMethod = trainingMethod({
  name: "noise2noise",
  title: "Noise2Noise",
  summary: "Learns from pairs of noisy images of one object, without any clean image.",
  references: ["lehtinen2018noise2noise"],
  options: {},
  roles: { denoiser: { gives: "image", about: "Denoises." } },
  reads: ["noisy", "again"],
  product: "denoiser",
  loss: "images",
  updates: ({ denoiser }, { noisy, again }, { loss }) => [
    { name: "denoiser", trains: ["denoiser"], terms: { loss: loss(denoiser(noisy), again) } },
  ],
});
