/**
 * Wasserstein GAN with clipped weights [arjovsky2017wgan], with the description's loss beside it.
 *
 *   critic:   min  mean C(D(x)) − mean C(y),  |weights| ≤ limit
 *   denoiser: min  adversarial · (−mean C(D(x))) + fidelity · loss(D(x), y)
 */
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { wasserstein } from "../../losses/wasserstein.ts";
import { limitOption, lossNode, runsOption, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const wgan: TrainingMethod = trainingMethod({
  name: "wgan",
  title: "Wasserstein GAN",
  summary:
    "Denoises so that a critic with limited weights cannot tell the result from clean images.",
  references: ["arjovsky2017wgan"],
  options: {
    adversarial: weightOption(
      1e-3,
      "Weight of the critic's score; more looks more like clean images, less like this one.",
    ),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
    limit: limitOption,
    criticRuns: runsOption(5),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Tells denoised from clean images." },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, critic }, { noisy, clean }, { options, loss }) {
    const denoised = denoiser(noisy);
    const judges = { real: critic(clean), generated: critic(stopGradient(denoised)) };
    return [
      {
        name: "critic",
        trains: ["critic"],
        terms: { critic: lossNode(wasserstein, [judges.generated, judges.real]) },
        times: options.criticRuns,
        limit: options.limit,
        judges,
      },
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          adversarial: weighted(options.adversarial, () => {
            const scores = critic(denoised);
            return lossNode(wasserstein, [scores, scores], { options: { side: "generator" } });
          }),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
