/**
 * Level of multiplicative noise: the coefficient of variation (standard deviation over mean) inside
 * homogeneous areas. Windows with structure have a larger one, so the estimate is the mode of the local
 * values, found by halving the shortest interval that holds half of them (half-sample mode
 * [bickel2006fast]).
 */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import { localMoments } from "../neighbourhood/local-moments.ts";
import { halfSampleMode } from "./mode.ts";
import { sampledPlanes } from "./sampled-planes.ts";
import { usablePixels } from "./usable-pixels.ts";

export interface SpeckleEstimate {
  /** Coefficient of variation of the noise; 1/√looks for an intensity image. */
  readonly variation: number;
  /** Windows that took part. */
  readonly count: number;
}

/**
 * Speckle level of an image with values ≥ 0.
 *
 * @param options.radius half width of the windows in px; default 3
 * @throws InputError when values are negative
 */
export function estimateSpeckle(image: Image, options: { radius?: number } = {}): SpeckleEstimate {
  const { radius = 3 } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  let least = Infinity;
  for (const v of image.data) if (v < least) least = v;
  if (least < 0) {
    throw new InputError(
      `Cannot estimate speckle: found the value ${least}, wanted none below 0 (multiplicative noise)`,
    );
  }
  const usable = usablePixels(image);
  const values: number[] = [];
  const size = ny * nx;
  const n = (2 * radius + 1) ** 2;
  for (const p of sampledPlanes(layout)) {
    const data = image.data.subarray(p * size, (p + 1) * size);
    const { mean, variance } = localMoments({ data, nz: 1, ny, nx }, radius);
    for (let y = radius; y < ny - radius; y += 2) {
      for (let x = radius; x < nx - radius; x += 2) {
        const i = y * nx + x;
        if (usable[p * size + i] && mean[i]! > 0 && variance[i]! > 0) {
          values.push(Math.sqrt((variance[i]! * n) / (n - 1)) / mean[i]!);
        }
      }
    }
  }
  if (values.length === 0) return { variation: 0, count: 0 };
  const sorted = Float64Array.from(values).sort();
  return { variation: halfSampleMode(sorted), count: values.length };
}
