/** What is known of images beside their values. */
import type { Image } from "../core/image.ts";
import type { TrainedWindow } from "../denoise/trained-on.ts";

/** What a source of images says of them. */
export interface ImageFacts extends Pick<Image, "unit"> {
  /** Pixel pitches within the plane in mm, where they are known. */
  readonly spacing?: readonly number[];
  /** Windows with how often each is drawn. */
  readonly windows: readonly { readonly window: TrainedWindow; readonly weight: number }[];
}
