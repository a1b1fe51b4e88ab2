/**
 * Periodic Gaussian random fields with a stated power spectrum, made by filtering white noise:
 *
 *   G = IDFT( √P(k) · DFT(w) ),  w white and standard normal,
 *
 * so that cov(G) = IDFT(P) exactly and the variance is the mean of P over frequencies.
 */
import type { Stream } from "../core/random.ts";
import { sizeOf } from "../core/image.ts";
import { fftN, signedFrequency } from "../math/fft.ts";

/** How an exponent λ is meant: the field's amplitude ∝ f^−λ, or its power ∝ f^−λ. */
export type ExponentConvention = "amplitude" | "power";

/**
 * Radial frequency of every bin in cycles per pixel, row-major over `shape`.
 */
export function radialFrequencies(shape: readonly number[]): Float64Array {
  const radii = new Float64Array(sizeOf(shape));
  for (let i = 0; i < radii.length; i++) {
    let rest = i;
    let squared = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = shape[axis]!;
      const f = signedFrequency(rest % n, n) / n;
      squared += f * f;
      rest = Math.floor(rest / n);
    }
    radii[i] = Math.sqrt(squared);
  }
  return radii;
}

/** Spectrum scaled so that its mean over bins, the field's variance, is `variance`. */
export function scaleSpectrum(spectrum: Float64Array, variance = 1): Float64Array {
  let sum = 0;
  for (const p of spectrum) sum += p;
  const factor = sum > 0 ? (variance * spectrum.length) / sum : 0;
  return spectrum.map((p) => p * factor);
}

export interface PowerLawOptions {
  readonly shape: readonly number[];
  readonly exponent: number;
  readonly convention: ExponentConvention;
}

/** Power-law spectrum with zero mean term and unit ensemble variance; bins row-major over `shape`. */
export function powerLawSpectrum({ shape, exponent, convention }: PowerLawOptions): Float64Array {
  const power = convention === "amplitude" ? 2 * exponent : exponent;
  return scaleSpectrum(radialFrequencies(shape).map((f) => (f === 0 ? 0 : f ** -power)));
}

/**
 * Draws one real periodic Gaussian field with power spectrum `spectrum` (symmetric, row-major over
 * `shape`, mean = variance).
 */
export function drawField(
  stream: Stream,
  { spectrum, shape }: { spectrum: Float64Array; shape: readonly number[] },
): Float64Array {
  const white = stream.normals(spectrum.length);
  const { re, im } = fftN(white, new Float64Array(white.length), { shape });
  for (let i = 0; i < re.length; i++) {
    const amplitude = Math.sqrt(spectrum[i]!);
    re[i] = re[i]! * amplitude;
    im[i] = im[i]! * amplitude;
  }
  return fftN(re, im, { shape, inverse: true }).re;
}

/** Autocovariance over shifts (row-major over `shape`) of a field with the given spectrum: IDFT(P). */
export function covarianceOf(spectrum: Float64Array, shape: readonly number[]): Float64Array {
  return fftN(spectrum, new Float64Array(spectrum.length), { shape, inverse: true }).re;
}

/** Spectrum of a field with the given periodic autocovariance: DFT(C), rounding below zero cut off. */
export function spectrumOf(covariance: Float64Array, shape: readonly number[]): Float64Array {
  const { re } = fftN(covariance, new Float64Array(covariance.length), { shape });
  return re.map((p) => Math.max(0, p));
}
