/** Before, after, difference: what a denoiser did to one plane. */
import { InputError } from "../core/errors.ts";
import { type Image, withData } from "../core/image.ts";
import { middleSlice, renderPlane } from "./bitmap.ts";
import { diverging, gray } from "./colour-map.ts";
import { type Panel, type PanelsOptions, panelsSvg } from "./panels.ts";
import { type Window, windowFor } from "./window.ts";

export interface ComparisonOptions extends PanelsOptions {
  /** Which plane; defaults to the middle one. */
  readonly slice?: number;
  /** Defaults to `windowFor(before)`. */
  readonly window?: Window;
  /** Shown as a fourth panel when given, such as the noise-free truth. */
  readonly reference?: Image;
  /** Half-width of the difference map in the image's unit. Defaults to four standard deviations of the difference. */
  readonly differenceLimit?: number;
  readonly titles?: { before?: string; after?: string; difference?: string; reference?: string };
  /** Lines below each panel, such as its PSNR. */
  readonly notes?: {
    before?: readonly string[];
    after?: readonly string[];
    difference?: readonly string[];
    reference?: readonly string[];
  };
}

/**
 * SVG figure of an image before and after denoising, of their difference (after − before, diverging
 * colours around 0) and, when given, of a reference, all in one display window.
 *
 * @throws InputError when the images differ in shape
 */
export function comparisonSvg(
  images: { readonly before: Image; readonly after: Image },
  options: ComparisonOptions = {},
): string {
  const { before, after } = images;
  for (const other of [after, options.reference]) {
    if (other !== undefined && other.shape.join() !== before.shape.join()) {
      throw new InputError(
        `Cannot compare images: found shapes [${before.shape.join(", ")}] and [${other.shape.join(", ")}], wanted equal ones`,
      );
    }
  }
  const slice = options.slice ?? middleSlice(before);
  const window = options.window ?? windowFor(before);
  const unit =
    before.unit === "arbitrary" || before.unit === "normalised" ? undefined : before.unit;
  const { titles = {}, notes = {} } = options;
  const plain = (image: Image, title: string, lines?: readonly string[]): Panel => ({
    title,
    bitmap: renderPlane(image, { slice, window }),
    bar: { map: gray, window, unit },
    notes: lines,
  });
  const difference = differenceOf(before, after);
  const limit = options.differenceLimit ?? differenceLimit(difference);
  const around = { low: -limit, high: limit };
  const panels: Panel[] = [
    plain(before, titles.before ?? "Before", notes.before),
    plain(after, titles.after ?? "After", notes.after),
    {
      title: titles.difference ?? "Difference (after − before)",
      bitmap: renderPlane(difference, { slice, window: around, map: diverging }),
      bar: { map: diverging, window: around, unit },
      notes: notes.difference,
    },
  ];
  if (options.reference !== undefined) {
    panels.push(plain(options.reference, titles.reference ?? "Truth", notes.reference));
  }
  return panelsSvg(panels, {
    pixelAspect: before.spacing[1] / before.spacing[2],
    ...options,
  });
}

/** after − before, value by value. */
export function differenceOf(before: Image, after: Image): Image {
  const data = new Float32Array(before.data.length);
  for (let i = 0; i < data.length; i++) data[i] = after.data[i]! - before.data[i]!;
  return withData(before, data);
}

/** Four root mean squares of a difference: noise fills the colours, and few values are cut off. */
function differenceLimit(difference: Image): number {
  let sum = 0;
  let count = 0;
  for (const value of difference.data) {
    if (Number.isFinite(value)) {
      sum += value * value;
      count++;
    }
  }
  const rms = Math.sqrt(sum / Math.max(1, count));
  return rms > 0 ? 4 * rms : 1;
}
