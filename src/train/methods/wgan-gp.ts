/**
 * Wasserstein GAN with gradient penalty [gulrajani2017improved], with the description's loss beside it.
 *
 *   critic:   min  mean C(D(x)) − mean C(y) + penalty · mean (‖∇C(z)‖ − 1)²,  z between D(x) and y
 *   denoiser: min  adversarial · (−mean C(D(x))) + fidelity · loss(D(x), y)
 */
import { criticTerm, penalisedCritic, penaltyOptions } from "./penalised-critic.ts";
import { weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const wganGp: TrainingMethod = trainingMethod({
  name: "wgan-gp",
  title: "Wasserstein GAN with gradient penalty",
  summary: "Denoises so that a critic of slope 1 cannot tell the result from clean images.",
  references: ["gulrajani2017improved"],
  options: {
    adversarial: weightOption(
      1e-3,
      "Weight of the critic's score; more looks more like clean images, less like this one.",
    ),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
    ...penaltyOptions,
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Tells denoised from clean images." },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, critic }, { noisy, clean }, { options, loss, random }) {
    const denoised = denoiser(noisy);
    return [
      penalisedCritic(critic, { denoised, clean }, { options, random }),
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          adversarial: weighted(options.adversarial, () => criticTerm(critic, denoised)),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
