/** Noise levels that change over the image, as receiver coils and parallel imaging make them. */
import { layoutOf, type Image } from "../core/image.ts";

/**
 * Relative noise level of each pixel: `variation` in the middle of every slice, 1 at the corners, by a
 * cosine over the distance from the middle; 1 everywhere for variation 1.
 */
export function centreMap(image: Image, variation: number): Float64Array {
  const { ny, nx } = layoutOf(image);
  const map = new Float64Array(image.data.length).fill(1);
  if (variation === 1) return map;
  const plane = ny * nx;
  for (let n = 0; n < plane; n++) {
    const u = nx > 1 ? (2 * (n % nx)) / (nx - 1) - 1 : 0;
    const v = ny > 1 ? (2 * Math.floor(n / nx)) / (ny - 1) - 1 : 0;
    const r = Math.sqrt((u * u + v * v) / 2);
    const level = 1 + (variation - 1) * 0.5 * (1 + Math.cos(Math.PI * r));
    for (let at = n; at < map.length; at += plane) map[at] = level;
  }
  return map;
}
