/** Regions of images about a place of their own. */
import { type Cases, casesOfRows } from "../observers/cases.ts";

/**
 * Regions of so many voxels along each side about the places, one case after the other; the voxel at half of
 * the side is the place.
 *
 * @returns why not, when one of them leaves its image
 */
export function cutPatches(
  cases: Cases,
  { side, places }: { side: number; places: readonly (readonly number[])[] },
): Cases | string {
  const { shape, size, count, spacing, unit, ids } = cases;
  // A volume may have fewer slices than the region has rows.
  const patch = shape.map((n) => Math.min(n, side));
  const area = patch.reduce((a, b) => a * b, 1);
  const out = new Float32Array(count * area);
  for (let k = 0; k < count; k++) {
    const start = shape.map((n, axis) =>
      patch[axis] === n ? 0 : Math.round(places[k]![axis]!) - Math.floor(patch[axis]! / 2),
    );
    if (start.some((s, axis) => s < 0 || s + patch[axis]! > shape[axis]!)) {
      return `the region of ${side} voxels about the place of ${ids[k]} leaves its image; use a smaller side, or place signals further inside`;
    }
    for (let i = 0; i < area; i++) {
      let rest = i;
      let at = 0;
      let stride = 1;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        at += ((rest % patch[axis]!) + start[axis]!) * stride;
        stride *= shape[axis]!;
        rest = Math.floor(rest / patch[axis]!);
      }
      out[k * area + i] = cases.data[k * size + at]!;
    }
  }
  return casesOfRows(out, { shape: patch, spacing, unit, ids });
}
