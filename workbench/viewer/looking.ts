/** A view with everything that it leaves to the image. */
import type { View } from "../state/view.ts";
import type { ImagePair } from "../state/workbench-state.ts";
import { centred, type ImageSize, type ViewPlace } from "./view-place.ts";

export interface Looking {
  readonly plane: number;
  readonly window: { readonly low: number; readonly high: number };
  /** Largest change that the difference tells apart, in the image's unit. */
  readonly spread: number;
  readonly size: ImageSize;
  readonly place: ViewPlace;
}

export function lookingOf({ before, after }: ImagePair, view: View): Looking {
  const { rows, columns, planes, spacing, spacingKnown } = before;
  const size = { rows, columns, aspect: spacingKnown ? spacing[1] / spacing[2] : 1 };
  const window = view.window ?? before.window;
  const noise = after?.from?.denoised.rmsChange ?? 0;
  return {
    plane: Math.min(planes - 1, view.plane ?? Math.floor(planes / 2)),
    window,
    spread: noise > 0 ? 3 * noise : (window.high - window.low) / 2,
    size,
    place: view.place ?? centred(size),
  };
}
