/**
 * Noise level from the median absolute wavelet coefficient [donoho1994ideal]: in an orthonormal transform
 * white noise has the same standard deviation in every band, structure is sparse in the finest one, so
 *
 *   σ = median |d_HH1| / Φ⁻¹(3/4).
 *
 * For correlated noise the finest band says little about a pixel's standard deviation. With the same
 * estimate in every band of levels 1 … J (each an orthonormal share of the pixel variance)
 *
 *   σ_pixel² = Σ_j 4^−j (σ_j,LH² + σ_j,HL² + σ_j,HH²) + 4^−J σ_J²,
 *
 * the last term standing for the approximation, which holds the object. Anatomy enters the coarse
 * bands: levels from 3 on are limited to the largest value of levels 1 and 2 (reconstruction filters
 * leave CT noise no more power there).
 */
import { type Image, layoutOf } from "../../core/image.ts";
import { waveletFilter } from "../wavelet-filters.ts";
import { bandsOf, eachRow, type Sizes3, waveletForward } from "../wavelet-transform.ts";
import { medianOf, normalMad } from "./median.ts";
import { sampledPlanes } from "./sampled-planes.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";

/** Noise standard deviation seen in one level's diagonal (HH) and other (LH, HL) bands. */
export interface BandNoise {
  readonly level: number;
  readonly diagonal: number;
  /** Root mean square over the two mixed bands. */
  readonly mixed: number;
  /** Coefficients that took part. */
  readonly count: number;
}

export interface WaveletNoise {
  /** σ of the finest diagonal band: the white-noise estimate, in the image's unit. */
  readonly white: number;
  /** Pixel standard deviation summed over the bands: right for correlated noise as well. */
  readonly pixel: number;
  readonly bands: readonly BandNoise[];
  /** Coefficients of the finest diagonal band that were used. */
  readonly count: number;
}

/**
 * Estimates from the in-plane bands of all (or evenly sampled) planes, using only coefficients whose
 * whole support is usable.
 *
 * @param usable one byte per pixel, from `usablePixels`
 * @returns `undefined` when fewer than 64 coefficients of the finest band can be used
 */
export function waveletMad(
  image: Image,
  options: { usable: Uint8Array; wavelet?: string; levels?: number },
): WaveletNoise | undefined {
  const { usable, wavelet = "db2" } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  const filter = waveletFilter(wavelet);
  const taps = filter.low.length;
  let levels = options.levels ?? 4;
  while (levels > 1 && Math.min(ny, nx) >> levels < 8) levels--;
  const unit = 1 << levels;
  const height = ny - (ny % unit);
  const width = nx - (nx % unit);
  if (height < 8 || width < 8) return undefined;
  const sizes: Sizes3 = [1, height, width];
  const bands = bandsOf(sizes, levels).filter((band) => band.detail !== "");
  const collected = bands.map(() => [] as number[]);
  for (const p of sampledPlanes(layout)) {
    const offset = p * ny * nx;
    const data = new Float64Array(height * width);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const v = image.data[offset + y * nx + x]!;
        data[y * width + x] = Number.isFinite(v) ? v : 0;
      }
    }
    const coefficients = waveletForward(data, { sizes, levels, filter });
    const sums = summedArea(height, width, (i) => {
      const y = Math.floor(i / width);
      return usable[offset + y * nx + (i - y * width)]!;
    });
    bands.forEach((band, b) => {
      const scale = 1 << band.level;
      const support = (taps - 1) * (scale - 1) + 1;
      const kept = collected[b]!;
      let row = 0;
      eachRow(sizes, band, (start, length) => {
        const y0 = row++ * scale;
        if (y0 + support > height) return;
        for (let i = 0; i < length; i++) {
          const x0 = i * scale;
          if (x0 + support > width) break;
          if (boxSum(sums, width, y0, x0, y0 + support, x0 + support) === support * support) {
            kept.push(Math.abs(coefficients[start + i]!));
          }
        }
      });
    });
  }
  const sigmaOf = (level: number, detail: string) => {
    const b = bands.findIndex((band) => band.level === level && band.detail === detail);
    return { sigma: medianOf(collected[b]!) / normalMad, count: collected[b]!.length };
  };
  const finest = sigmaOf(1, "xy");
  if (finest.count < 64) return undefined;
  const noise: BandNoise[] = [];
  for (let level = 1; level <= levels; level++) {
    const hh = sigmaOf(level, "xy");
    const [a, b] = [sigmaOf(level, "x"), sigmaOf(level, "y")];
    if (hh.count < 64) break;
    const mixed = Math.sqrt(0.5 * (a.sigma ** 2 + b.sigma ** 2));
    noise.push({ level, diagonal: hh.sigma, mixed, count: hh.count });
  }
  return {
    white: finest.sigma,
    pixel: pixelSigma(noise),
    bands: noise,
    count: finest.count,
  };
}

function pixelSigma(bands: readonly BandNoise[]): number {
  const variances = bands.map((band) => (2 * band.mixed ** 2 + band.diagonal ** 2) / 3);
  const cap = Math.max(variances[0]!, variances[1] ?? 0);
  let total = 0;
  let share = 1;
  let last = 0;
  variances.forEach((variance, j) => {
    last = j < 2 ? variance : Math.min(variance, cap);
    total += (3 * share * last) / 4;
    share /= 4;
  });
  return Math.sqrt(total + share * last);
}
