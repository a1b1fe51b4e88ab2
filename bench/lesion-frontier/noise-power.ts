/** The noise power spectrum of square images of noise. */
import type { Transfer } from "../../src/denoise/preserving/band.ts";
import { cosineTransform } from "../../src/math/cosine-transform.ts";

/** N(f) of noise images, by rings, joined linearly. */
export function noisePowerOf(
  noises: readonly Float64Array[],
  { side, pixelMm: pixel }: { readonly side: number; readonly pixelMm: number },
): Transfer {
  const bins = 50;
  const farthest = Math.SQRT1_2 / pixel;
  const sums = new Float64Array(bins);
  const counts = new Float64Array(bins);
  for (const noise of noises) {
    cosineTransform(noise, { shape: [side, side] }).forEach((v, i) => {
      const f = Math.hypot(i % side, Math.floor(i / side)) / (2 * side * pixel);
      const bin = Math.min(bins - 1, Math.floor((f / farthest) * bins));
      sums[bin]! += v * v;
      counts[bin]!++;
    });
  }
  return (f) => {
    const at = Math.min(bins - 1, Math.max(0, (f / farthest) * bins - 0.5));
    const low = Math.min(bins - 2, Math.floor(at));
    const mean = (k: number) => sums[k]! / counts[k]!;
    return mean(low) * (1 - (at - low)) + mean(low + 1) * (at - low);
  };
}
