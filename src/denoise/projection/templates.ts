import { InputError } from "../../core/errors.ts";
import { sizeOf } from "../../core/image.ts";

/** A template by its non-zero values: `values[k]` stands at flat position `index[k]`. */
export interface SparseTemplate {
  readonly index: Uint32Array;
  readonly values: Float64Array;
}

/** A small pattern (channel profile, signal) to be put at places. */
export interface Profile {
  readonly values: ArrayLike<number>;
  /** Sizes `[ny, nx]` or `[nz, ny, nx]`; the pattern's centre is the element ⌊size/2⌋ of each axis. */
  readonly shape: readonly number[];
}

/** The non-zero values of a template, checked against the image size. */
export function sparseTemplate(
  template: ArrayLike<number> | SparseTemplate,
  size: number,
): SparseTemplate {
  if ("index" in template) {
    for (const i of template.index) {
      if (i >= size) {
        throw new InputError(
          `Cannot use a template: found a value at position ${i}, wanted positions below ${size}`,
        );
      }
    }
    return template;
  }
  if (template.length !== size) {
    throw new InputError(
      `Cannot use a template: found ${template.length} values, wanted ${size}, one for each pixel`,
    );
  }
  const positions: number[] = [];
  for (let i = 0; i < size; i++) {
    const v = template[i]!;
    if (!Number.isFinite(v)) {
      throw new InputError(
        `Cannot use a template: found ${v} at position ${i}, wanted finite values`,
      );
    }
    if (v !== 0) positions.push(i);
  }
  return {
    index: Uint32Array.from(positions),
    values: Float64Array.from(positions, (i) => template[i]!),
  };
}

/**
 * Templates for the planes of an image, checked.
 *
 * @param action what cannot be done without, for the error's sentence
 * @throws InputError when one has not as many values as a plane, holds one that is not finite, or is zero
 */
export function planeTemplates(
  action: string,
  templates: readonly ArrayLike<number>[],
  { ny, nx }: { readonly ny: number; readonly nx: number },
): readonly ArrayLike<number>[] {
  for (const template of templates) {
    if (template.length !== ny * nx) {
      throw new InputError(
        `Cannot ${action}: found a template of ${template.length} pixels, wanted ${ny} x ${nx} as the image has`,
      );
    }
    if (sparseTemplate(template, ny * nx).index.length === 0) {
      throw new InputError(`Cannot ${action}: found a template of zeros, wanted a signal in it`);
    }
  }
  return templates;
}

/**
 * Every profile at every place, cut off at the image's border.
 *
 * @param profiles patterns with as many axes as the image
 * @param options.places pixel indices `[y, x]` or `[z, y, x]` of the patterns' centres
 * @param options.shape image shape
 * @throws InputError when the number of axes differs
 */
export function templatesAt(
  profiles: readonly Profile[],
  options: { readonly places: readonly (readonly number[])[]; readonly shape: readonly number[] },
): SparseTemplate[] {
  const { places, shape } = options;
  const out: SparseTemplate[] = [];
  for (const place of places) {
    for (const profile of profiles) {
      if (place.length !== shape.length || profile.shape.length !== shape.length) {
        throw new InputError(
          `Cannot place a profile: found ${profile.shape.length} axes at a place of ${place.length}, wanted ${shape.length}`,
        );
      }
      if (profile.values.length !== sizeOf(profile.shape)) {
        throw new InputError(
          `Cannot place a profile: found ${profile.values.length} values, wanted ${sizeOf(profile.shape)}`,
        );
      }
      out.push(placed(profile, place, shape));
    }
  }
  return out;
}

function placed(
  profile: Profile,
  place: readonly number[],
  shape: readonly number[],
): SparseTemplate {
  const index: number[] = [];
  const values: number[] = [];
  const at = new Array<number>(shape.length).fill(0);
  for (let k = 0; k < profile.values.length; k++) {
    let rest = k;
    for (let a = shape.length - 1; a >= 0; a--) {
      at[a] = rest % profile.shape[a]!;
      rest = Math.floor(rest / profile.shape[a]!);
    }
    const v = profile.values[k]!;
    let flat = 0;
    let inside = v !== 0;
    for (let a = 0; a < shape.length && inside; a++) {
      const position = place[a]! + at[a]! - Math.floor(profile.shape[a]! / 2);
      if (position < 0 || position >= shape[a]!) inside = false;
      flat = flat * shape[a]! + position;
    }
    if (!inside) continue;
    index.push(flat);
    values.push(v);
  }
  return { index: Uint32Array.from(index), values: Float64Array.from(values) };
}

/** Places on a regular grid, `step` pixels apart and at least `margin` pixels inside the image. */
export function gridPlaces(
  shape: readonly number[],
  options: { readonly step: number; readonly margin?: number },
): number[][] {
  const { step, margin = 0 } = options;
  if (!(Number.isInteger(step) && step >= 1 && margin >= 0)) {
    throw new InputError(
      `Cannot lay a grid: found step ${step} and margin ${margin}, wanted a whole step >= 1 and margin >= 0`,
    );
  }
  let places: number[][] = [[]];
  for (const size of shape) {
    const along: number[] = [];
    for (let p = margin; p < size - margin; p += step) along.push(p);
    places = places.flatMap((place) => along.map((p) => [...place, p]));
  }
  return places;
}
