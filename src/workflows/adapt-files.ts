/** Per-image adaptation of a file, a series or a folder of images. */
import type { AdaptedPlane } from "../adapt/adapted-denoiser.ts";
import { InputError } from "../core/errors.ts";
import { type AdaptationOptions, openAdaptation } from "./adapt.ts";
import { denoiseFiles, type DenoiseReport, type FigureOptions } from "./denoise-files.ts";
import type { FilesOptions } from "./each-image.ts";
import { namesTask, type TaskOptions } from "./templates.ts";

export interface AdaptFilesOptions extends AdaptationOptions, FilesOptions, FigureOptions {
  readonly task: TaskOptions;
  /** Noise standard deviation in the images' unit; estimated when absent. */
  readonly sigma?: number | undefined;
}

export interface AdaptReport extends DenoiseReport {
  readonly planes: readonly AdaptedPlane[];
}

/**
 * Reads images, adapts the model to each and to the templates, writes the results.
 *
 * @throws InputError without a template, and whatever `denoiseFiles` throws
 */
export async function adaptFiles(
  input: string,
  output: string,
  options: AdaptFilesOptions,
): Promise<AdaptReport> {
  if (!namesTask(options.task)) {
    throw new InputError(
      "Cannot adapt: found no template, wanted a template's file or a signal's name",
    );
  }
  const { denoiser, recorded, planes } = await openAdaptation(options);
  const report = await denoiseFiles(input, output, { ...options, method: denoiser, recorded });
  return { ...report, planes };
}
