/** The range of an image's content, for thresholds that were published for 8-bit images. */
import { type Image, layoutOf } from "../../core/image.ts";

/**
 * Largest minus smallest mean over 4×4 pixels within 0.1 % and 99.9 % of their order, in the image's
 * unit. Averaging keeps white noise of the size of the range from widening it.
 */
export function intensityRange(image: Image): number {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const side = Math.min(4, ny, nx);
  const means: number[] = [];
  for (let plane = 0; plane < blocks * nz; plane++) {
    for (let y = 0; y + side <= ny; y += side) {
      for (let x = 0; x + side <= nx; x += side) {
        let sum = 0;
        for (let j = 0; j < side; j++) {
          const row = (plane * ny + y + j) * nx + x;
          for (let i = 0; i < side; i++) sum += image.data[row + i]!;
        }
        means.push(sum / (side * side));
      }
    }
  }
  const sorted = Float64Array.from(means).sort();
  const at = (q: number) => sorted[Math.round(q * (sorted.length - 1))]!;
  return at(0.999) - at(0.001);
}
