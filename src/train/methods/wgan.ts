/**
 * Wasserstein GAN with clipped weights [arjovsky2017wgan], with the description's loss beside it.
 *
 *   critic:   min  mean C(D(x)) − mean C(y),  |weights| ≤ limit
 *   denoiser: min  adversarial · (−mean C(D(x))) + fidelity · loss(D(x), y)
 */
import { negate } from "../../graph/ops/negate.ts";
import { mean } from "../../graph/ops/mean.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { criticLoss, weighted } from "./adversarial.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const wgan: TrainingMethod = trainingMethod({
  name: "wgan",
  title: "Wasserstein GAN",
  summary:
    "Denoises so that a critic with limited weights cannot tell the result from clean images.",
  references: ["arjovsky2017wgan"],
  options: {
    adversarial: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1e6,
      default: 1e-3,
      about: "Weight of the critic's score; more looks more like clean images, less like this one.",
    },
    fidelity: {
      type: "number",
      unit: "1",
      min: 0,
      max: 1e6,
      default: 1,
      about: "Weight of the loss against the clean image.",
    },
    limit: {
      type: "number",
      unit: "1",
      min: 1e-6,
      max: 10,
      default: 0.01,
      about: "Limit of the critic's weights.",
    },
    criticRuns: {
      type: "integer",
      unit: "runs",
      min: 1,
      max: 100,
      default: 5,
      about: "Runs of the critic in each step.",
    },
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Tells denoised from clean images." },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  takesLoss: true,
  updates({ denoiser, critic }, { noisy, clean }, { options, loss }) {
    const denoised = denoiser(noisy);
    const judges = { real: critic(clean), generated: critic(stopGradient(denoised)) };
    return [
      {
        name: "critic",
        trains: ["critic"],
        terms: { critic: criticLoss(judges) },
        times: options.criticRuns,
        limit: options.limit,
        judges,
      },
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          adversarial: weighted(options.adversarial, negate(mean(critic(denoised)))),
          fidelity: weighted(options.fidelity, loss(denoised, clean)),
        },
      },
    ];
  },
});
