/** Noisy images of one kind and what a denoised one scores. */
import type { Image } from "../../src/core/image.ts";

export interface NoisyGroup {
  readonly name: string;
  /** What `score` gives, with its unit. */
  readonly figure: string;
  readonly digits: number;
  readonly images: readonly Image[];
  /** Figures of a denoised image by name; `index` is the place of its noisy one in `images`. */
  score(denoised: Image, index: number): readonly number[];
}
