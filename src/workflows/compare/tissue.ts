/** The tissue of images whose unit does not say what tissue is: what is brighter than the background. */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf } from "../../core/image.ts";
import type { Tissue } from "./terms.ts";

/** Shares of the foreground by its means that count as one tissue. */
const [from, to] = [0.1, 0.98];

/** Means over 8 × 8 px, rising. */
function sortedMeans(image: Image, slices: readonly number[]): Float64Array {
  const { ny, nx } = layoutOf(image);
  const means: number[] = [];
  for (const slice of slices) {
    const base = slice * ny * nx;
    for (let j = 0; j + 8 <= ny; j += 8) {
      for (let i = 0; i + 8 <= nx; i += 8) {
        let sum = 0;
        for (let b = 0; b < 8; b++) {
          for (let a = 0; a < 8; a++) sum += image.data[base + (j + b) * nx + i + a]!;
        }
        means.push(sum / 64);
      }
    }
  }
  return Float64Array.from(means.filter(Number.isFinite)).sort();
}

/**
 * What lies between two percentiles of the means over 8 × 8 px.
 *
 * @param percent from 0 to 100, the smaller first
 * @throws InputError on other numbers, or where both percentiles are the same value
 */
export function percentileTissue(image: Image, slices: readonly number[], percent: Tissue): Tissue {
  const { low, high } = percent;
  if (!(low >= 0 && low < high && high <= 100)) {
    throw new InputError(
      `Cannot find tissue: found the percentiles ${low} to ${high}, wanted two from 0 to 100, the smaller first`,
    );
  }
  const sorted = sortedMeans(image, slices);
  const at = (q: number) => sorted[Math.round((q / 100) * (sorted.length - 1))] ?? NaN;
  const tissue = { low: at(low), high: at(high) };
  if (!(tissue.low < tissue.high)) {
    throw new InputError(
      `Cannot find tissue: found ${tissue.low} at both percentiles ${low} and ${high}, wanted a range`,
    );
  }
  return tissue;
}

/**
 * The middle of the foreground: means over 8 × 8 px above the threshold that parts them best in two [otsu1979threshold].
 *
 * @throws InputError when there is no contrast between foreground and background
 */
export function foregroundTissue(image: Image, slices: readonly number[]): Tissue {
  const sorted = sortedMeans(image, slices);
  const n = sorted.length;
  if (n === 0 || !(sorted[n - 1]! > sorted[0]!)) {
    throw new InputError(
      "Cannot find tissue: found an image without contrast, wanted some; state the tissue's range",
    );
  }
  const cumulative = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) cumulative[i + 1] = cumulative[i]! + sorted[i]!;
  let [best, cut] = [-1, 0];
  for (let k = 1; k < n; k++) {
    const low = cumulative[k]! / k;
    const high = (cumulative[n]! - cumulative[k]!) / (n - k);
    const between = k * (n - k) * (high - low) ** 2;
    if (between > best) [best, cut] = [between, k];
  }
  const foreground = sorted.subarray(cut);
  const at = (q: number) =>
    foreground[Math.min(foreground.length - 1, Math.floor(q * foreground.length))]!;
  return { low: at(from), high: at(to) };
}
