/**
 * Wasserstein GAN with gradient penalty and a loss of features, as WGAN-VGG [yang2018wganvgg] and SA-WGAN [li2020sacnn]
 * have it, the features those of a network trained here (an autoencoder of clean images for SA-WGAN):
 *
 *   denoiser: min  adversarial · (−mean C(D(x))) + features · ‖φ(D(x)) − φ(y)‖² + fidelity · loss(D(x), y)
 *
 * Deviation from WGAN-VGG: its features are those of VGG-19, trained on photographs.
 */
import { featureDistance } from "../../losses/feature-distance.ts";
import { featuresOf } from "./features.ts";
import { criticTerm, penalisedCritic, penaltyOptions } from "./penalised-critic.ts";
import { lossNode, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const perceptualWgan: TrainingMethod = trainingMethod({
  name: "perceptual-wgan",
  title: "Wasserstein GAN with a loss of features",
  summary: "Denoises for a critic of slope 1 and for the features of a network trained here.",
  references: ["yang2018wganvgg", "li2020sacnn", "gulrajani2017improved"],
  options: {
    adversarial: weightOption(1, "Weight of the critic's score."),
    features: weightOption(0.1, "Weight of the features' difference."),
    fidelity: weightOption(0, "Weight of the loss against the clean image; 0 as published."),
    ...penaltyOptions,
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Tells denoised from clean images." },
    features: {
      gives: "image",
      about: "Gives the features; trained before, such as an autoencoder.",
      frozen: true,
    },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, critic, features }, { noisy, clean }, { options, loss, random }) {
    const denoised = denoiser(noisy);
    return [
      penalisedCritic(critic, { denoised, clean }, { options, random }),
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          adversarial: weighted(options.adversarial, () => criticTerm(critic, denoised)),
          features: weighted(options.features, () =>
            lossNode(featureDistance, [denoised, clean], {
              context: { features: featuresOf(features, "perceptual-wgan") },
            }),
          ),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
