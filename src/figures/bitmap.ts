/** Planes as 8-bit colour bitmaps. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf } from "../core/image.ts";
import { type ColourMap, gray, lookupTable, noNumber } from "./colour-map.ts";
import { checkWindow, type Window, windowFor } from "./window.ts";

export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** RGB, row-major, three bytes a pixel. */
  readonly data: Uint8Array;
}

export interface RenderOptions {
  /** Which plane of a volume or series, counted over all of them. Defaults to the middle one. */
  readonly slice?: number;
  /** Defaults to `windowFor(image)`. */
  readonly window?: Window;
  /** Defaults to `gray`. */
  readonly map?: ColourMap;
}

/** Index of the plane shown when nobody says which: the middle one of the first block. */
export function middleSlice(image: Pick<Image, "axes" | "shape">): number {
  return Math.floor(layoutOf(image).nz / 2);
}

/** One plane of an image in a display window; values that are no numbers become magenta. */
export function renderPlane(image: Image, options: RenderOptions = {}): Bitmap {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const slice = options.slice ?? middleSlice(image);
  if (!Number.isInteger(slice) || slice < 0 || slice >= blocks * nz) {
    throw new InputError(
      `Cannot show slice ${slice}: found ${blocks * nz} slices, wanted an index from 0 to ${blocks * nz - 1}`,
    );
  }
  const { low, high } = checkWindow(options.window ?? windowFor(image));
  const table = lookupTable(options.map ?? gray);
  const data = new Uint8Array(3 * ny * nx);
  const base = slice * ny * nx;
  for (let i = 0; i < ny * nx; i++) {
    const value = image.data[base + i]!;
    if (Number.isNaN(value)) data.set(noNumber, 3 * i);
    else {
      const level = Math.round(Math.min(255, Math.max(0, ((value - low) * 255) / (high - low))));
      data[3 * i] = table[3 * level]!;
      data[3 * i + 1] = table[3 * level + 1]!;
      data[3 * i + 2] = table[3 * level + 2]!;
    }
  }
  return { width: nx, height: ny, data };
}

/** A bitmap made smaller by averaging whole blocks of pixels, so that neither side exceeds `limit`. */
export function shrink(bitmap: Bitmap, limit: number): Bitmap {
  const factor = Math.ceil(Math.max(bitmap.width, bitmap.height) / limit);
  if (factor <= 1) return bitmap;
  const width = Math.max(1, Math.floor(bitmap.width / factor));
  const height = Math.max(1, Math.floor(bitmap.height / factor));
  const fy = Math.min(factor, bitmap.height);
  const fx = Math.min(factor, bitmap.width);
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let v = 0; v < fy; v++) {
          const row = (y * fy + v) * bitmap.width;
          for (let u = 0; u < fx; u++) sum += bitmap.data[3 * (row + x * fx + u) + c]!;
        }
        data[3 * (y * width + x) + c] = Math.round(sum / (fx * fy));
      }
    }
  }
  return { width, height, data };
}
