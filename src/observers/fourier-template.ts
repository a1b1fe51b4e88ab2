/**
 * Linear observers of stationary ensembles on a torus, exact in the Fourier domain [barrett2004foundations]:
 * the covariance is circulant, its eigenvalues are a power spectrum P(k), and with white noise of
 * variance σ² added
 *
 *   W(k) = S(k) / (P(k) + σ²),   d'² = (1/N) Σ |S(k)|² / (P(k) + σ²).
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { fftN } from "../math/fft.ts";
import { aucOfDetectability } from "./detectability.ts";

export interface FourierTask {
  /** Mean signal, row-major over `shape`. */
  readonly signal: ArrayLike<number>;
  /** Eigenvalues of the background's covariance, zero frequency first (as `fftN` orders them); their mean is a voxel's variance. */
  readonly powerSpectrum: ArrayLike<number>;
  /** Standard deviation of white noise; 0 for none. */
  readonly sigma: number;
  /** Sizes; a square plane by default. */
  readonly shape?: readonly number[];
}

export interface FourierObserver {
  readonly template: Float64Array;
  readonly detectability: number;
  readonly auc: number;
}

function check(task: FourierTask): readonly number[] {
  const n = task.signal.length;
  const side = Math.round(Math.sqrt(n));
  const shape = task.shape ?? [side, side];
  if (sizeOf(shape) !== n || task.powerSpectrum.length !== n) {
    throw new InputError(
      `Cannot compute a Fourier observer: found ${n} signal values and ${task.powerSpectrum.length} spectrum values, wanted ${sizeOf(shape)} of each`,
    );
  }
  for (let i = 0; i < n; i++) {
    const total = task.powerSpectrum[i]! + task.sigma ** 2;
    if (!(total > 0) || !Number.isFinite(total)) {
      throw new InputError(
        `Cannot compute a Fourier observer: found total power ${total} at place ${i}, wanted a finite number above 0; add white noise or a floor`,
      );
    }
  }
  return shape;
}

/**
 * Population Hotelling observer of a stationary ensemble.
 *
 * @throws InputError on sizes that disagree, or total power that is not positive everywhere
 */
export function hotellingFourier(task: FourierTask): FourierObserver {
  const shape = [...check(task)];
  const n = task.signal.length;
  const { re, im } = fftN(Float64Array.from(task.signal), new Float64Array(n), { shape });
  let d2 = 0;
  for (let k = 0; k < n; k++) {
    const power = task.powerSpectrum[k]! + task.sigma ** 2;
    d2 += (re[k]! ** 2 + im[k]! ** 2) / power / n;
    re[k]! /= power;
    im[k]! /= power;
  }
  const template = fftN(re, im, { shape, inverse: true }).re;
  return { template, detectability: Math.sqrt(d2), auc: aucOfDetectability(Math.sqrt(d2)) };
}

/** d' of any template in a stationary ensemble: wᵀs / √((1/N) Σ |W(k)|² (P(k) + σ²)). */
export function fourierDetectability(template: ArrayLike<number>, task: FourierTask): number {
  const shape = [...check(task)];
  const n = task.signal.length;
  if (template.length !== n) {
    throw new InputError(
      `Cannot compute d': found a template of ${template.length} values, wanted ${n}`,
    );
  }
  const { re, im } = fftN(Float64Array.from(template), new Float64Array(n), { shape });
  let power = 0;
  let response = 0;
  for (let k = 0; k < n; k++) {
    power += ((re[k]! ** 2 + im[k]! ** 2) * (task.powerSpectrum[k]! + task.sigma ** 2)) / n;
    response += template[k]! * task.signal[k]!;
  }
  return response / Math.sqrt(power);
}
