/** What every noise model is: a file of this folder exporting one such object. */
import type { Image } from "../core/image.ts";
import type { ParameterTable, ParameterValues } from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";

/**
 * Covariance of the noise given the clean image, where the model has a closed form: `white` (one
 * variance), `diagonal` (one variance per pixel), or `stationary` (periodic, given by its power
 * spectrum P with cov(n) = IDFT(P), so that the variance is the mean of P).
 */
export type NoiseCovariance =
  | { readonly kind: "white"; readonly variance: number }
  | { readonly kind: "diagonal"; readonly variance: Float64Array }
  | {
      readonly kind: "stationary";
      readonly spectrum: Float64Array;
      readonly shape: readonly number[];
    };

/** @typeParam P what its parameters may be; the catalogue gives it for each member */
export interface NoiseModel<P extends ParameterValues = ParameterValues> {
  /** File name, registry name, CLI argument and page name at once. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it does and where it is met. */
  readonly summary: string;
  /** Keys of docs/references.bib. */
  readonly references: readonly string[];
  /** Clean values that the model accepts. */
  readonly domain: "any" | "non-negative";
  /** Whether noisy = clean + noise with noise independent of the clean image. */
  readonly additive: boolean;
  readonly parameters: ParameterTable;
  /**
   * A noisy version of the image, of the same geometry and unit. Draws come from `stream`, pixel after pixel.
   *
   * @throws InputError on parameters out of range and on values outside the model's domain
   */
  add(image: Image, stream: Stream, parameters?: P): Image;
  /** E[noisy | clean] of each pixel. */
  mean(image: Image, parameters?: P): Float64Array;
  /** Var[noisy | clean] of each pixel. */
  variance(image: Image, parameters?: P): Float64Array;
  /** Cov[noisy | clean], where the model states it, so that observers can use K = K_b + K_n. */
  covariance?(image: Image, parameters?: P): NoiseCovariance;
}
