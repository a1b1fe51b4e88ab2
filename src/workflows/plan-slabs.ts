/** How many planes of a large image are denoised at a time. */
import { InputError } from "../core/errors.ts";
import { type Image, layoutOf, sizeOf } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";
import { type Denoiser, unknownReach } from "../denoise/denoiser.ts";

/** Bytes of a voxel held as a whole: its file, its stored element, and float32 before and after. */
const wholeBytes = 16;

/** Bytes of a voxel of a slab: as above, and what a method keeps beside them. */
const slabBytes = 48;

/** Slabs take no more MiB than this even where more is allowed: larger ones are no faster. */
const slabMemory = 768;

/** Voxels of the largest image that is held as a whole. */
export function wholeVoxels(memory: number): number {
  return Math.min(2 ** 28, Math.floor((memory * 2 ** 20) / wholeBytes));
}

export interface SlabPlan {
  /** Planes written at a time. */
  readonly depth: number;
  /** Planes seen on each side of them. */
  readonly halo: number;
  /** MiB that a slab takes at most. */
  readonly boundMiB: number;
}

/**
 * Slabs of an image for a method.
 *
 * @throws InputError when the method needs more planes at once than the memory holds, with the reason
 */
export function planSlabs(
  image: Omit<Image, "data">,
  options: {
    readonly name: string;
    readonly denoiser: Denoiser;
    readonly parameters: ParameterValues;
    readonly memory: number;
    readonly planes: boolean;
  },
): SlabPlan {
  const { denoiser, parameters, memory, planes, name } = options;
  if (denoiser.joins === "series") {
    throw new InputError(
      `Cannot denoise ${name} by ${denoiser.name} within ${memory} MiB: found ${sizeOf(image.shape)} voxels and a method that joins the members of a series, wanted option memory ${Math.ceil((sizeOf(image.shape) * wholeBytes) / 2 ** 20)}`,
    );
  }
  const { nz, ny, nx } = layoutOf(image);
  const { spacing } = image;
  const reach =
    planes || nz === 1 ? 0 : (denoiser.reach?.({ parameters, spacing }) ?? unknownReach);
  const voxels = sizeOf(image.shape);
  const held = (mib: number) => Math.floor((mib * 2 ** 20) / slabBytes / (ny * nx));
  const bound = (depth: number) => Math.ceil((depth * ny * nx * slabBytes) / 2 ** 20);
  const fits = held(Math.min(memory, slabMemory));
  const begun = `Cannot denoise ${name} by ${denoiser.name} within ${memory} MiB`;
  const other = `or option planes for each plane by itself`;
  if (typeof reach === "string") {
    // Members of a series that fit are denoised one after the other.
    if (nz <= held(memory)) return { depth: nz, halo: 0, boundMiB: bound(nz) };
    const more =
      voxels > 2 ** 28 ? "" : `, option memory ${Math.ceil((voxels * wholeBytes) / 2 ** 20)}`;
    throw new InputError(
      `${begun}: found ${voxels} voxels and a method that has to see all planes at once (${reach}), wanted one that goes slab by slab, such as a trained model, median or non-local-means${more}, ${other}`,
    );
  }
  if (nz <= fits) return { depth: nz, halo: 0, boundMiB: bound(nz) };
  // Slabs begin at even planes, as methods with a grid of their own want it.
  const halo = reach === 0 ? 0 : reach + (reach % 2);
  const depth = reach === 0 ? fits : 2 * Math.floor((fits - 2 * halo) / 2);
  if (depth < 1) {
    const least = bound(2 * halo + 2);
    throw new InputError(
      `${begun}: found a reach of ${reach} ${reach === 1 ? "plane" : "planes"} of ${nx} × ${ny} on each side, for which slabs take ${least} MiB, wanted ${memory < least && least <= slabMemory ? `option memory ${least}` : "parameters that reach less far"}, ${other}`,
    );
  }
  return { depth, halo, boundMiB: bound(depth + 2 * halo) };
}
