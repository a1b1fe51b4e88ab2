/** A trained network adapted to one image in memory and to what a reader looks for in it. */
import { type AdaptedPlane, adaptedDenoiser } from "../adapt/adapted-denoiser.ts";
import type { AdaptationWeights } from "../adapt/problem.ts";
import type { Image } from "../core/image.ts";
import { type ParameterValue, settingsOf } from "../core/parameters.ts";
import type { Denoiser } from "../denoise/denoiser.ts";
import { readModel } from "../inference/files.ts";
import { importNetwork } from "../learn/import-network.ts";
import { adaptSettings } from "./adapt-settings.ts";
import { denoise, type Denoised, type DenoiseOptions } from "./denoise.ts";

export interface AdaptationOptions extends Partial<Omit<AdaptationWeights, "reduction">> {
  /** Whether the norms of pixels and weights are sums, as published, or means. */
  readonly reduction?: "sum" | "mean";
  /** A shipped model or an .onnx file that dprime trained; the default model when absent. */
  readonly model?: string | undefined;
  /** Damped least squares, the network linearised once, or Adam as published. Defaults to `gauss-newton`. */
  readonly solver?: "gauss-newton" | "path" | "adam" | undefined;
  /** Beginnings of the names of weights that may change; all when there is none. */
  readonly weights?: readonly string[];
  /** Steps and learning rate of Adam. */
  readonly steps?: number | undefined;
  readonly rate?: number | undefined;
  /** Puts the task-preserving projection after the adaptation. */
  readonly project?: boolean;
  /** Threads inside one operator; all cores when absent. */
  readonly threads?: number | undefined;
}

export interface AdaptOptions
  extends AdaptationOptions,
    Omit<DenoiseOptions, "method" | "parameters" | "guide" | "provider"> {
  /** What is looked for, one value for each pixel of a plane, in the image's unit; at least one. */
  readonly templates: readonly ArrayLike<number>[];
}

export interface AdaptedImage extends Denoised {
  readonly planes: readonly AdaptedPlane[];
}

/** A denoiser that adapts to every plane it is given, and what metadata say of it. */
export interface OpenAdaptation {
  readonly denoiser: Denoiser;
  readonly recorded: Readonly<Record<string, ParameterValue>>;
  /** One entry for each plane denoised so far. */
  readonly planes: readonly AdaptedPlane[];
}

/** @throws InputError when there is no such model, or it holds no network of dprime */
export async function openAdaptation(options: AdaptationOptions): Promise<OpenAdaptation> {
  const imported = await importNetwork(await readModel(options.model));
  const { steps, rate, ...settings } = settingsOf("the adaptation", adaptSettings, options);
  const { weights = [] } = options;
  const denoiser = adaptedDenoiser(imported, {
    ...settings,
    steps,
    rate,
    ...(weights.length === 0
      ? {}
      : { adapts: (name: string) => weights.some((start) => name.startsWith(start)) }),
    compile: { threads: options.threads ?? 0 },
  });
  return {
    denoiser,
    recorded: { ...settings, ...(weights.length === 0 ? {} : { weights: weights.join(" ") }) },
    planes: denoiser.planes,
  };
}

/**
 * Adapts a network to every plane of an image and denoises with it.
 *
 * @throws InputError without templates, on templates that do not fit, and whatever `denoise` throws
 */
export async function adapt(image: Image, options: AdaptOptions): Promise<AdaptedImage> {
  const { denoiser, planes } = await openAdaptation(options);
  const { weights: _, ...shared } = options;
  const denoised = await denoise(image, { ...shared, method: denoiser });
  return { ...denoised, planes };
}
