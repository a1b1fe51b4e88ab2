/**
 * Wasserstein GAN with gradient penalty [gulrajani2017improved], with the description's loss beside it.
 *
 *   critic:   min  mean C(D(x)) − mean C(y) + penalty · mean (‖∇C(z)‖ − 1)²,  z between D(x) and y
 *   denoiser: min  adversarial · (−mean C(D(x))) + fidelity · loss(D(x), y)
 */
import { shapeOf, sizesOf } from "../../graph/node.ts";
import { stopGradient } from "../../graph/ops/stop-gradient.ts";
import { gradientPenalty } from "../../losses/gradient-penalty.ts";
import { wasserstein } from "../../losses/wasserstein.ts";
import { lossNode, runsOption, weighted, weightOption } from "./terms.ts";
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
    penalty: weightOption(10, "Weight of the gradient penalty."),
    sided: {
      type: "choice",
      choices: ["two", "one"],
      default: "two",
      about:
        "Whether slopes below 1 count as well as those above; two, as published, holds a simple critic on the wrong side for long.",
    },
    criticRuns: runsOption(4),
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
    const generated = stopGradient(denoised);
    const judges = { real: critic(clean), generated: critic(generated) };
    const [count = 1] = sizesOf(clean);
    const mix = random.uniform("mix", [
      count,
      ...shapeOf(clean)
        .slice(1)
        .map(() => 1),
    ]);
    return [
      {
        name: "critic",
        trains: ["critic"],
        terms: {
          critic: lossNode(wasserstein, [judges.generated, judges.real]),
          penalty: weighted(options.penalty, () =>
            lossNode(gradientPenalty, [generated, clean], {
              options: { sided: options.sided },
              context: { critic, mix },
            }),
          ),
        },
        times: options.criticRuns,
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
