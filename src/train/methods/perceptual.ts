/** Perceptual loss [johnson2016perceptual] with the features of a network trained on the images themselves: no photographs. */
import { featureDistance } from "../../losses/feature-distance.ts";
import { featuresOf } from "./features.ts";
import { lossNode, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const perceptual: TrainingMethod = trainingMethod({
  name: "perceptual",
  title: "Perceptual",
  summary:
    "Denoises so that features of a network trained here, not pixels alone, are as the clean image's.",
  references: ["johnson2016perceptual"],
  options: {
    features: weightOption(0.1, "Weight of the features' difference."),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    features: {
      gives: "image",
      about: "Gives the features; trained before, such as an autoencoder.",
      frozen: true,
    },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, features }, { noisy, clean }, { options, loss }) {
    const denoised = denoiser(noisy);
    return [
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          features: weighted(options.features, () =>
            lossNode(featureDistance, [denoised, clean], {
              context: { features: featuresOf(features, "perceptual") },
            }),
          ),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
