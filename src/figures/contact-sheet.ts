/** Thumbnails of many planes in one picture. */
import { type Image, layoutOf } from "../core/image.ts";
import { type RenderOptions, renderPlane, shrink } from "./bitmap.ts";
import { type Panel, type PanelsOptions, panelsSvg } from "./panels.ts";
import { windowFor } from "./window.ts";

export interface ContactSheetOptions extends PanelsOptions, Omit<RenderOptions, "slice"> {
  /** How many planes at most, evenly spread. Defaults to 16. */
  readonly limit?: number;
}

/** SVG sheet of evenly spread planes of one image, all in the same window. */
export function contactSheetSvg(image: Image, options: ContactSheetOptions = {}): string {
  const { blocks, nz } = layoutOf(image);
  const planes = blocks * nz;
  const count = Math.min(planes, options.limit ?? 16);
  const window = options.window ?? windowFor(image);
  const width = options.panelWidth ?? 192;
  const panels: Panel[] = Array.from({ length: count }, (_, i) => {
    const slice = count === 1 ? 0 : Math.round((i * (planes - 1)) / (count - 1));
    return {
      title: `${slice + 1} of ${planes}`,
      bitmap: shrink(renderPlane(image, { slice, window, map: options.map }), width * 2),
    };
  });
  return panelsSvg(panels, {
    pixelAspect: image.spacing[1] / image.spacing[2],
    ...options,
    panelWidth: width,
  });
}
