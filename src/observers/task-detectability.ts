/**
 * Detectability of a task from a noise power spectrum and a task transfer function, without images of the task
 * [samei2019performance]. With the task's spectrum W, transfer T, noise power N and eye filter E, all radial,
 *
 *   NPW    d'² = (∫ |W T|² E² f df · 2π)² / (∫ |W T|² N E⁴ f df · 2π),
 *   ideal  d'² = ∫ |W T|²/N f df · 2π,
 *
 * NPW without eye filter having E = 1. Both take image and noise for linear and stationary: a non-linear denoiser's
 * T and N must have been measured at the task's own contrast and dose, and its d' is an estimate all the same.
 */
import { InputError } from "../core/errors.ts";
import { type EyeFilter, eyeResponse } from "./eye-filter.ts";

/** A radial curve: frequency in 1/mm, rising from 0, and value. */
export interface RadialCurve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export interface FourierDetectionTask {
  /** `disk` with sharp edges, or `gaussian` exp(−r²/2s²) whose width at half height is the diameter. */
  readonly shape: "disk" | "gaussian";
  readonly diameterMm: number;
  /** Height above the background, in the unit of the noise. */
  readonly contrast: number;
}

/** J₁(x) = (1/π) ∫₀^π cos(θ − x sin θ) dθ; the rectangle rule converges faster than any power. */
function bessel1(x: number): number {
  const points = Math.ceil(Math.abs(x)) + 32;
  let sum = 0;
  for (let i = 0; i < points; i++) {
    const theta = (Math.PI * (i + 0.5)) / points;
    sum += Math.cos(theta - x * Math.sin(theta));
  }
  return sum / points;
}

/** Fourier transform of a task's profile at a frequency in 1/mm, in unit·mm². */
export function taskSpectrum(task: FourierDetectionTask, frequency: number): number {
  const { shape, diameterMm, contrast } = task;
  if (shape === "gaussian") {
    const s = diameterMm / (2 * Math.sqrt(2 * Math.log(2)));
    return contrast * 2 * Math.PI * s * s * Math.exp(-2 * (Math.PI * s * frequency) ** 2);
  }
  const radius = diameterMm / 2;
  const x = 2 * Math.PI * radius * frequency;
  // 2 J₁(x)/x is 1 at 0.
  return contrast * Math.PI * radius ** 2 * (x < 1e-8 ? 1 : (2 * bessel1(x)) / x);
}

function reader({ x, y }: RadialCurve): (f: number) => number {
  let k = 0;
  return (f) => {
    while (k + 2 < x.length && x[k + 1]! < f) k++;
    while (k > 0 && x[k]! > f) k--;
    const share = (f - x[k]!) / (x[k + 1]! - x[k]!);
    return y[k]! + Math.min(1, Math.max(0, share)) * (y[k + 1]! - y[k]!);
  };
}

function requireCurve({ x, y }: RadialCurve, what: string): void {
  const rises = Array.from({ length: x.length - 1 }, (_, i) => x[i + 1]! > x[i]!).every(Boolean);
  if (x.length < 2 || x.length !== y.length || !rises || !Array.from(y).every(Number.isFinite)) {
    throw new InputError(
      `Cannot estimate a detectability: found a ${what} of ${x.length} frequencies and ${y.length} values, wanted two or more of each, frequencies rising, values finite`,
    );
  }
}

const intervals = 4000;

/**
 * d' of a task, up to the highest frequency that both curves have.
 *
 * @param options.noise NPS in unit²·mm²; below its second frequency, where the trend was taken away, its value there
 * @param options.transfer TTF, 1 at zero frequency
 * @param options.observer `npw` (default) or `ideal`; `eye` puts a filter before the former
 * @param options.pixelMm side of an image pixel, which the eye filter's display pixel shows; needed with `eye`
 * @throws InputError on curves that are none, or a task without size
 */
export function taskDetectability(
  task: FourierDetectionTask,
  options: {
    readonly noise: RadialCurve;
    readonly transfer: RadialCurve;
    readonly observer?: "npw" | "ideal";
    readonly eye?: EyeFilter;
    readonly pixelMm?: number;
  },
): number {
  const { noise, transfer, observer = "npw", eye, pixelMm } = options;
  requireCurve(noise, "noise power spectrum");
  requireCurve(transfer, "transfer function");
  if (!(task.diameterMm > 0) || !Number.isFinite(task.contrast)) {
    throw new InputError(
      `Cannot estimate a detectability: found a task of ${task.diameterMm} mm and contrast ${task.contrast}, wanted a diameter above 0 and a finite contrast`,
    );
  }
  if (eye && !(pixelMm! > 0)) {
    throw new InputError(
      `Cannot put an eye filter before an observer: found pixels of ${pixelMm} mm, wanted their side`,
    );
  }
  const response = eye ? eyeResponse(eye) : () => 1;
  const [noiseAt, transferAt] = [reader(noise), reader(transfer)];
  const lowest = noise.x[1]!;
  const top = Math.min(noise.x[noise.x.length - 1]!, transfer.x[transfer.x.length - 1]!);
  let [signal, spread, ideal] = [0, 0, 0];
  // Midpoints: f df vanishes at 0 with the width.
  for (let i = 0; i < intervals; i++) {
    const f = ((i + 0.5) * top) / intervals;
    const ring = (2 * Math.PI * f * top) / intervals;
    const seen = (taskSpectrum(task, f) * transferAt(f)) ** 2;
    const n = noiseAt(Math.max(f, lowest));
    const e = response(f * (pixelMm ?? 1));
    signal += seen * e ** 2 * ring;
    spread += seen * n * e ** 4 * ring;
    ideal += n > 0 ? (seen / n) * ring : 0;
  }
  return observer === "ideal" ? Math.sqrt(ideal) : signal / Math.sqrt(spread);
}
