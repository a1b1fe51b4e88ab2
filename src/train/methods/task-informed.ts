/**
 * Task-informed training [li2022taskinformed]: a denoiser and an observer of its result learn together,
 *
 *   min  fidelity · loss(D(x), y) + task · BCE(O(D(x)), signal present).
 *
 * The usual course starts from a denoiser trained before (`roles.denoiser.from`) and moves its last layers alone
 * (`roles.denoiser.last`). The observer that learns here knows the denoiser too well to judge it: measure with one
 * trained afterwards.
 */
import { binaryCrossEntropy } from "../../losses/binary-cross-entropy.ts";
import { lossNode, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const taskInformed: TrainingMethod = trainingMethod({
  name: "task-informed",
  title: "Task-informed",
  summary: "Denoises for fidelity and for an observer that looks for the signal and learns along.",
  references: ["li2022taskinformed"],
  options: {
    task: weightOption(
      0.1,
      "Weight of the observer's cross-entropy; more keeps the signal better.",
    ),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    observer: { gives: "scores", about: "Says whether the signal is there." },
  },
  reads: ["noisy", "clean", "present"],
  product: "denoiser",
  loss: "images",
  updates({ denoiser, observer }, { noisy, clean, present }, { options, loss }) {
    const denoised = denoiser(noisy);
    const judged = () => lossNode(binaryCrossEntropy, [observer(denoised), present]);
    if (options.task === 0) {
      // The observer learns all the same, from a denoiser that takes no notice of it.
      return [
        {
          name: "denoiser",
          trains: ["denoiser"],
          terms: { fidelity: weighted(options.fidelity, () => loss(denoised, clean)) },
        },
        { name: "observer", trains: ["observer"], terms: { task: judged() } },
      ];
    }
    return [
      {
        name: "joint",
        trains: ["denoiser", "observer"],
        terms: {
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
          task: weighted(options.task, judged),
        },
      },
    ];
  },
});
