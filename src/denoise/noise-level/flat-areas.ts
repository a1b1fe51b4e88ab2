/**
 * Noise level from the areas without structure: the mode, over all windows of 9 × 9 px, of the standard
 * deviation inside the window about its least-squares plane. Windows over edges and texture scatter upwards and do
 * not form a mode. Correlation between pixels does not bias it as long as it is shorter than the window,
 * which is why CT noise is measured this way.
 */
import type { Image } from "../../core/image.ts";
import { halfSampleMode } from "./mode.ts";
import { windowResiduals } from "./window-residuals.ts";

/**
 * σ in the image's unit from windows that are usable as a whole.
 *
 * @param options.radius half width of the windows in px; default 4
 * @returns `undefined` for fewer than 200 windows
 */
export function flatAreasSigma(
  image: Image,
  options: { usable: Uint8Array; radius?: number },
): { readonly sigma: number; readonly count: number } | undefined {
  const { usable, radius = 4 } = options;
  const { sd } = windowResiduals(image, { usable, radius });
  if (sd.length < 200) return undefined;
  return { sigma: halfSampleMode(sd.sort()), count: sd.length };
}
