/**
 * Where in frequency an image's noise lies: the mean periodogram of flat windows about their own plane, in rings,
 *
 *   N(f) ∝ ⟨ |DFT(window − plane)|² ⟩,
 *
 * as multiples of the mean over all frequencies, so that white noise is 1 everywhere. Windows that vary more than the
 * noise does hold structure and are left out. Taking off a plane lowers the first ring by some per cent.
 */
import { type Image, layoutOf } from "../../core/image.ts";
import { fftN, signedFrequency } from "../../math/fft.ts";
import { boxSum, summedArea } from "./usable-pixels.ts";

export interface NoiseSpectrum {
  /** Power density in rings of equal width from 0 to 0.5 cycles/px, as multiples of its mean. */
  readonly rings: readonly number[];
  /** Mean frequency of the noise's power in cycles/px: 0.38 for white noise. */
  readonly meanFrequency: number;
  /** Windows that took part. */
  readonly windows: number;
}

const side = 32;
const step = 16;
const ringCount = 8;
/** Windows that are enough for 15 % in the first ring. */
const fewest = 6;
/** Variance of a window, in multiples of the noise's, above which it holds structure. */
const most = 1.4;

/**
 * @param options.usable one byte per pixel, 1 where it takes part
 * @param options.sigma the noise's standard deviation
 * @returns undefined where too few windows are flat
 */
export function noiseSpectrum(
  image: Image,
  { usable, sigma }: { readonly usable: Uint8Array; readonly sigma: number },
): NoiseSpectrum | undefined {
  const { blocks, nz, ny, nx } = layoutOf(image);
  const power = new Float64Array(side * side);
  let windows = 0;
  for (let p = 0; p < blocks * nz; p++) {
    const from = p * ny * nx;
    const whole = summedArea(ny, nx, (i) => usable[from + i]!);
    for (let y = 0; y + side <= ny; y += step) {
      for (let x = 0; x + side <= nx; x += step) {
        // A few pixels may be clipped or alike by chance.
        if (boxSum(whole, nx, y, x, y + side, x + side) < 0.99 * side * side) continue;
        const values = aboutPlane(image.data, from + y * nx + x, nx);
        const variance = values.reduce((sum, v) => sum + v * v, 0) / (side * side);
        if (!(variance > 0) || variance > most * sigma * sigma) continue;
        const { re, im } = fftN(values, new Float64Array(values.length), { shape: [side, side] });
        for (let k = 0; k < power.length; k++) power[k]! += re[k]! ** 2 + im[k]! ** 2;
        windows++;
      }
    }
  }
  if (windows < fewest) return undefined;
  const sums = new Float64Array(ringCount);
  const counts = new Float64Array(ringCount);
  let [all, first] = [0, 0];
  power.forEach((v, k) => {
    const f = Math.hypot(
      signedFrequency(Math.floor(k / side), side) / side,
      signedFrequency(k % side, side) / side,
    );
    all += v;
    first += v * f;
    const ring = Math.floor(2 * ringCount * f);
    if (k === 0 || ring >= ringCount) return;
    sums[ring]! += v;
    counts[ring]!++;
  });
  const mean = all / (power.length - 1);
  return {
    rings: Array.from(sums, (sum, ring) => sum / counts[ring]! / mean),
    meanFrequency: first / all,
    windows,
  };
}

/** A window's values less the plane that fits them best. */
function aboutPlane(data: Float32Array, start: number, nx: number): Float64Array {
  const middle = (side - 1) / 2;
  const out = new Float64Array(side * side);
  let [sum, alongY, alongX] = [0, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const v = data[start + y * nx + x]!;
      out[y * side + x] = v;
      sum += v;
      alongY += v * (y - middle);
      alongX += v * (x - middle);
    }
  }
  const moment = (side * side * (side * side - 1)) / 12;
  const [level, slopeY, slopeX] = [sum / (side * side), alongY / moment, alongX / moment];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      out[y * side + x]! -= level + slopeY * (y - middle) + slopeX * (x - middle);
    }
  }
  return out;
}
