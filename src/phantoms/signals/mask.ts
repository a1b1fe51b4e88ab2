import { InputError } from "../../core/errors.ts";
import { sizeOf, type Image } from "../../core/image.ts";

/**
 * A signal from any mask: the mask times an amplitude, at the mask's own place.
 *
 * @param mask image with values from 0 to 1 (shares of a pixel are allowed), any axes
 * @param amplitude height where the mask is 1, in the background's unit
 */
export function maskSignal(mask: Image, amplitude: number): Float32Array {
  for (const v of mask.data) {
    if (!(v >= 0 && v <= 1)) {
      throw new InputError(`Cannot use a mask as a signal: found value ${v}, wanted 0 to 1`);
    }
  }
  return Float32Array.from(mask.data, (v) => v * amplitude);
}

/** A small template (values and sizes) placed with its middle pixel at `centre` of a larger plane or volume. */
export function placeTemplate(
  template: { values: ArrayLike<number>; shape: readonly number[] },
  grid: { shape: readonly number[]; centre: readonly number[] },
): Float32Array {
  const rank = grid.shape.length;
  if (template.shape.length !== rank || grid.centre.length !== rank) {
    throw new InputError(
      `Cannot place a signal: found ${template.shape.length} and ${grid.centre.length} axes, wanted ${rank}`,
    );
  }
  const out = new Float32Array(sizeOf(grid.shape));
  const total = sizeOf(template.shape);
  for (let n = 0; n < total; n++) {
    let rest = n;
    let at = 0;
    let stride = 1;
    let inside = true;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const size = template.shape[axis]!;
      const place = (rest % size) - Math.floor(size / 2) + Math.round(grid.centre[axis]!);
      rest = Math.floor(rest / size);
      if (place < 0 || place >= grid.shape[axis]!) inside = false;
      at += place * stride;
      stride *= grid.shape[axis]!;
    }
    if (inside) out[at] = template.values[n]!;
  }
  return out;
}
