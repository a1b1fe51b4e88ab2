/** Supervised training: the denoised image against the clean one, by any loss. */
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const supervised: TrainingMethod = trainingMethod({
  name: "supervised",
  title: "Supervised",
  summary: "Learns the clean image from pairs of noisy and clean ones, by any loss.",
  references: ["zhang2017dncnn"],
  options: {},
  roles: { denoiser: { gives: "image", about: "Denoises." } },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates: ({ denoiser }, { noisy, clean }, { loss }) => [
    { name: "denoiser", trains: ["denoiser"], terms: { loss: loss(denoiser(noisy), clean) } },
  ],
});
