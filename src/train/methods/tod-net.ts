/**
 * TOD-Net [zhang2021todnet]: a Wasserstein GAN with clipped weights whose generator is also led by the Dice loss
 * of a frozen segmenter on the denoised image.
 *
 *   critic:   min  mean C(D(x)) − mean C(y),  |weights| ≤ limit
 *   denoiser: min  adversarial · (−mean C(D(x))) + task · (1 − Dice(S(D(x)), labels)) + fidelity · loss(D(x), y)
 *
 * Deviations: (1) the published script leaves the Dice term out, the paper has it; here it is in. (2) The loss
 * is the description's; the paper's is the mean squared error with weight 0.5.
 */
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { dice } from "../../losses/dice.ts";
import { wasserstein } from "../../losses/wasserstein.ts";
import { limitOption, lossNode, runsOption, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const todNet: TrainingMethod = trainingMethod({
  name: "tod-net",
  title: "TOD-Net",
  summary: "Denoises so that a frozen segmenter finds the organs and a critic sees a clean image.",
  references: ["zhang2021todnet"],
  options: {
    adversarial: weightOption(1, "Weight of the critic's score."),
    task: weightOption(1, "Weight of the segmenter's Dice loss."),
    fidelity: weightOption(0.5, "Weight of the loss against the clean image."),
    limit: limitOption,
    criticRuns: runsOption(1),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    critic: { gives: "scores", about: "Tells denoised from clean images." },
    segmenter: {
      gives: "labels",
      about: "Segments; trained before, on clean images.",
      frozen: true,
    },
  },
  reads: ["noisy", "clean", "labels"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, critic, segmenter }, { noisy, clean, labels }, { options, loss }) {
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
          task: weighted(options.task, () =>
            lossNode(dice, [segmenter(denoised), labels], { options: { pool: "batch" } }),
          ),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
