/** What every classical denoiser is: a file of this folder exporting one such object. */
import type { Image } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";

export interface DenoiseContext extends WorkOptions {
  /**
   * Noise standard deviation in the image's intensity unit; denoisers that need it estimate it from
   * the image when it is absent. For multiplicative noise models the parameter table says what it means.
   */
  readonly sigma?: number;
  /** Image of the same shape that guides the filter (joint bilateral), where the method has one. */
  readonly guide?: Image;
  /** Worker threads to use for volumes; the result never depends on it. Defaults to 1. */
  readonly threads?: number;
}

/** The noise that a method is made for. */
export type NoiseKind = "gaussian" | "impulse" | "rician" | "speckle" | "poisson-gaussian" | "any";

export interface Denoiser {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  /** The method's name as the field writes it. */
  readonly title: string;
  /** One sentence: what it does and what it is good for. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  readonly noise: NoiseKind;
  /** Spatial dimensions that it filters jointly; a volume given to a 2-D method goes slice by slice. */
  readonly dimensions: readonly (2 | 3)[];
  readonly parameters: ParameterTable;
  /**
   * Denoises one image (axes `yx` or `zyx`), in its own intensity unit, and returns a new image of
   * the same geometry. The input is never changed.
   *
   * @throws InputError on values that are not finite or parameters out of range; CancelledError
   */
  denoise(image: Image, parameters?: ParameterValues, context?: DenoiseContext): Promise<Image>;
}
