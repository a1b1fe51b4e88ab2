/** A trained network as a denoiser like all others. */
import type { Denoiser } from "../denoise/denoiser.ts";
import { noiseLevelFor } from "../denoise/input.ts";
import { wellPosed } from "../denoise/well-posed.ts";
import { applyModel } from "./apply-model.ts";
import type { DenoisingModel } from "./denoising-model.ts";

/**
 * The denoiser that runs a model, plane by plane; the noise level is estimated when it is not given.
 *
 * @param name what the denoiser is called; the model's own name when absent
 */
export function learnedDenoiser(model: DenoisingModel, name: string = model.name): Denoiser {
  return wellPosed({
    name,
    title: model.name,
    summary: "A trained network.",
    references: [],
    noise: "gaussian",
    dimensions: [2],
    parameters: {},
    trainedOn: model.trainedOn,
    reach: () => 0,
    denoise(image, _parameters, context = {}) {
      const { sample, signal, onProgress } = context;
      const sigma = noiseLevelFor(name, image, context);
      return applyModel(image, model, { sigma, sample, signal, onProgress });
    },
  });
}
