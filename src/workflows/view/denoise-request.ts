/** A request to denoise an opened image: the workflow `denoise`, its result as facts for a page. */
import type { WorkOptions } from "../../core/progress.ts";
import type { Image } from "../../core/image.ts";
import { modalityOfCode } from "../choice/image-facts.ts";
import { denoise } from "../denoise.ts";
import type { ReadImage } from "../input.ts";
import type { DenoisedFacts, DenoiseRequest } from "./documents.ts";

/** @throws InputError, RunError and CancelledError as `denoise` */
export async function denoiseForView(
  read: Pick<ReadImage, "image" | "padding" | "components" | "modality">,
  request: DenoiseRequest,
  options: WorkOptions & { readonly threads?: number | undefined } = {},
): Promise<{ readonly image: Image; readonly denoised: DenoisedFacts }> {
  const { method, parameters, sigma, strength, keep } = request;
  const { padding, components } = read;
  const modality = read.modality === undefined ? undefined : modalityOfCode(read.modality);
  const done = await denoise(read.image, {
    ...options,
    method,
    parameters,
    sigma,
    strength,
    keep,
    padding,
    components,
    modality,
  });
  const { level, choice } = done;
  return {
    image: done.image,
    denoised: {
      method: done.method,
      parameters: {
        ...choice?.parameters,
        ...(choice !== undefined && choice.keep > 0 ? { keep: choice.keep } : {}),
        ...parameters,
        ...(keep === undefined ? {} : { keep }),
        ...(strength === undefined ? {} : { strength }),
      },
      sigma: level.sigma,
      ...(level.unit === undefined ? {} : { sigmaUnit: level.unit }),
      noiseBefore: done.noiseBefore.sigma,
      noiseAfter: done.noiseAfter.sigma,
      rmsChange: done.rmsChange,
      seconds: done.seconds,
      ...(choice === undefined ? {} : { why: choice.why }),
      notes: [...level.notes, ...done.notes],
    },
  };
}
