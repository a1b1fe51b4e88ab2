/**
 * Loss inspired by a model observer [lantz2024enhancing]: signals are put into the training pairs, and the denoised
 * image shall give a linear observer what the clean one gives it,
 *
 *   min  fidelity · loss(D(x), y) + response · mean (t(D(x)) − t(y))²,
 *
 * t being the observer's score; it stands still. Deviation: the paper's observer goes with its reconstruction's
 * signals and is not public; here any observer in a file serves, a linear template among them.
 */
import { mean } from "../../graph/ops/mean.ts";
import { multiply } from "../../graph/ops/multiply.ts";
import { subtract } from "../../graph/ops/subtract.ts";
import { weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const observerResponse: TrainingMethod = trainingMethod({
  name: "observer-response",
  title: "Observer response",
  summary: "Denoises so that a linear observer responds to the result as to the clean image.",
  references: ["lantz2024enhancing"],
  options: {
    response: weightOption(0.01, "Weight of the squared difference of the observer's scores."),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    observer: {
      gives: "scores",
      about: "Scores images by a template for the signal, such as a linear observer's.",
      frozen: true,
    },
  },
  reads: ["noisy", "clean"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, observer }, { noisy, clean }, { options, loss }) {
    const denoised = denoiser(noisy);
    return [
      {
        name: "denoiser",
        trains: ["denoiser"],
        terms: {
          response: weighted(options.response, () => {
            const miss = subtract(observer(denoised), observer(clean));
            return mean(multiply(miss, miss));
          }),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
