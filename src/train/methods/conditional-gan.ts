/**
 * Conditional GAN [isola2017image]: the critic sees the noisy image beside the denoised or the clean one, as a second
 * channel, and learns by least squares [mao2017least].
 */
import { concat } from "../../graph/ops/concat.ts";
import { add } from "../../graph/ops/add.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import type { Node } from "../../graph/node.ts";
import { runsOption, towards, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const conditionalGan: TrainingMethod = trainingMethod({
  name: "conditional-gan",
  title: "Conditional GAN",
  summary:
    "Denoises so that a critic who knows the noisy image takes the result for the clean one.",
  references: ["isola2017image", "mao2017least"],
  options: {
    adversarial: weightOption(0.01, "Weight of the critic's score."),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
    criticRuns: runsOption(1),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Scores pairs of a noisy and another image." },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, critic }, { noisy, clean }, { options, loss }) {
    const denoised = denoiser(noisy);
    const beside = (image: Node) => critic(concat([noisy, image], 1));
    const judges = { real: beside(clean), generated: beside(stopGradient(denoised)) };
    return [
      {
        name: "critic",
        trains: ["critic"],
        terms: { critic: add(towards(judges.real, 1), towards(judges.generated, 0)) },
        times: options.criticRuns,
        judges,
      },
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          adversarial: weighted(options.adversarial, () => towards(beside(denoised), 1)),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
