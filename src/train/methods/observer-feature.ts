/** Features of an observer that was trained on the task, in the loss [han2021observer]. */
import { featureDistance } from "../../losses/feature-distance.ts";
import { featuresOf } from "./features.ts";
import { lossNode, weighted, weightOption } from "./terms.ts";
import { type TrainingMethod, trainingMethod } from "./training-method.ts";

export const observerFeature: TrainingMethod = trainingMethod({
  name: "observer-feature",
  title: "Observer features",
  summary: "Denoises so that features of a trained observer are as the clean image's.",
  references: ["han2021observer"],
  options: {
    features: weightOption(0.1, "Weight of the features' difference."),
    fidelity: weightOption(1, "Weight of the loss against the clean image."),
  },
  roles: {
    denoiser: { gives: "image", about: "Denoises." },
    observer: {
      gives: "scores",
      about:
        "Gives the features; trained before to tell images with the signal from those without.",
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
          features: weighted(options.features, () =>
            lossNode(featureDistance, [denoised, clean], {
              context: { features: featuresOf(observer, "observer-feature") },
            }),
          ),
          fidelity: weighted(options.fidelity, () => loss(denoised, clean)),
        },
      },
    ];
  },
});
