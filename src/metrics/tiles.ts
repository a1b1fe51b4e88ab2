/** Square regions of planes, side by side, whose noise is to be measured. */
import type { Plane } from "./planes.ts";

/** Values of one square, less the reference where there is one; undefined when the mask leaves some out. */
function tileOf(
  { values, reference, mask, nx }: Plane,
  { x, y, side }: { x: number; y: number; side: number },
): Float64Array | undefined {
  const region = new Float64Array(side * side);
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const p = (y + j) * nx + x + i;
      if (mask && mask[p] === 0) return undefined;
      region[j * side + i] = values[p]! - (reference.length > 0 ? reference[p]! : 0);
    }
  }
  return region;
}

/**
 * Regions that lie whole inside the masks, less the reference where there is one.
 *
 * @param side in pixels
 * @param options.from first column and row of the tiling; 0, 0 by default
 * @param options.depth planes of a region, consecutive ones; 1 by default
 */
export function tilesOf(
  planes: readonly Plane[],
  side: number,
  { from = [0, 0], depth = 1 }: { from?: readonly [number, number]; depth?: number } = {},
): Float64Array[] {
  const regions: Float64Array[] = [];
  for (let k = 0; k + depth <= planes.length; ) {
    const slab = planes.slice(k, k + depth);
    // A plane that the mask passes over parts what lies above it from what lies below.
    const gap = slab.findIndex((plane, i) => plane.index !== slab[0]!.index + i);
    if (gap > 0) {
      k += gap;
      continue;
    }
    const { ny, nx } = slab[0]!;
    for (let y = from[1]; y + side <= ny; y += side) {
      for (let x = from[0]; x + side <= nx; x += side) {
        const parts = slab.map((plane) => tileOf(plane, { x, y, side }));
        if (parts.includes(undefined)) continue;
        const region = new Float64Array(depth * side * side);
        parts.forEach((part, i) => region.set(part!, i * side * side));
        regions.push(region);
      }
    }
    k += depth;
  }
  return regions;
}
