/** Grey levels of a region, as texture features count them [zwanenburg2020image]. */
import { InputError } from "../../core/errors.ts";
import type { Image } from "../../core/image.ts";
import { layoutOf } from "../../core/image.ts";
import { checkFinite } from "../planes.ts";
import { checkRegion } from "../region.ts";
import type { Region } from "../region.ts";

export interface Levels {
  /** Levels 1 … count; 0 outside the region. */
  readonly values: Uint16Array;
  readonly shape: readonly [number, number, number];
  readonly count: number;
  /** How intensities became levels. */
  readonly method: string;
}

export interface GreyLevelOptions {
  readonly mask?: Region;
  /** Fixed number of bins between the region's extremes. */
  readonly bins?: number;
  /** Fixed width of a bin in the image's unit, from `origin` (default: the region's minimum). */
  readonly binWidth?: number;
  readonly origin?: number;
}

/** True for voxels that count. */
export function insideOf(image: Image, mask: Region | undefined): (i: number) => boolean {
  if (!mask) return () => true;
  checkRegion(mask, image);
  const plane = mask.inside.length;
  return mask.shape.length === 2
    ? (i) => mask.inside[i % plane] === 1
    : (i) => mask.inside[i] === 1;
}

/**
 * Discretises a region's intensities: a fixed number of bins (default 32), or a fixed bin width.
 *
 * @throws InputError on more than 4096 levels, or values that are not finite
 */
export function levelsOf(image: Image, options: GreyLevelOptions = {}): Levels {
  checkFinite(image, "texture");
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (blocks !== 1)
    throw new InputError(`Cannot take grey levels: found axes "${image.axes}", wanted yx or zyx`);
  const inside = insideOf(image, options.mask);
  let min = Infinity;
  let max = -Infinity;
  image.data.forEach((v, i) => {
    if (!inside(i)) return;
    min = Math.min(min, v);
    max = Math.max(max, v);
  });
  const { binWidth } = options;
  const origin = options.origin ?? min;
  const bins = options.bins ?? 32;
  const level = (v: number): number => {
    if (binWidth !== undefined) return Math.floor((v - origin) / binWidth) + 1;
    return max > min ? Math.min(bins, Math.floor((bins * (v - min)) / (max - min)) + 1) : 1;
  };
  const top = level(max);
  if (!(top >= 1 && top <= 4096) || level(min) < 1) {
    throw new InputError(
      `Cannot take grey levels: found levels ${level(min)} to ${top}, wanted 1 to at most 4096; change bin width or origin`,
    );
  }
  return {
    values: Uint16Array.from(image.data, (v, i) => (inside(i) ? level(v) : 0)),
    shape: [nz, ny, nx],
    count: binWidth !== undefined ? top : max > min ? bins : 1,
    method:
      binWidth !== undefined
        ? `bins of ${binWidth} from ${origin}`
        : `${bins} bins between the extremes`,
  };
}

/** Half of the neighbour directions at distance 1: 4 in a plane, 13 in a volume. */
export function directionsOf(shape: readonly [number, number, number]): [number, number, number][] {
  const out: [number, number, number][] = [];
  for (let z = -1; z <= 1; z++) {
    for (let y = -1; y <= 1; y++) {
      for (let x = -1; x <= 1; x++) {
        const forward = z > 0 || (z === 0 && (y > 0 || (y === 0 && x > 0)));
        if (forward && (shape[0] > 1 || z === 0)) out.push([z, y, x]);
      }
    }
  }
  return out;
}
