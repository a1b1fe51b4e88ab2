/**
 * Noise power spectrum [siewerdsen2002framework] of regions of equal size, in two or three dimensions:
 *
 *   NPS(f) = Π Δᵢ/Nᵢ · ⟨ |DFT(region − trend)|² ⟩,   Σ NPS · Π Δfᵢ = variance,   Δfᵢ = 1/(Nᵢ Δᵢ).
 *
 * The trend taken away is the region's mean, its least-squares plane (hyperplane), or the mean of all
 * regions at each position, which removes structure that they share and is corrected by n/(n−1).
 * A non-linear denoiser's noise depends on object, contrast and dose: measure at the same ones.
 */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/image.ts";
import { choleskySolve, cholesky } from "../math/cholesky.ts";
import { fftN, signedFrequency } from "../math/fft.ts";
import type { MetricCurve } from "./metric.ts";

export interface NoisePower {
  /** Values in unit²·mm^dimensions, zero frequency first, row-major over `shape`. */
  readonly power: Float64Array;
  readonly shape: readonly number[];
  /** Pitch along each axis in mm. */
  readonly spacing: readonly number[];
  readonly regions: number;
  readonly detrend: Detrend;
  /** Integral of the spectrum over frequency. */
  readonly integral: number;
  /** Mean over regions of the mean square of the detrended values (times n/(n−1) for `ensemble`). */
  readonly variance: number;
}

export type Detrend = "mean" | "plane" | "ensemble";

/** Removes the least-squares hyperplane from values over a grid. */
function removePlane(values: Float64Array, shape: readonly number[]): void {
  const d = shape.length;
  const n = values.length;
  const rows = d + 1;
  const gram = new Float64Array(rows * rows);
  const right = new Float64Array(rows);
  const basis = (i: number): Float64Array => {
    const b = new Float64Array(rows);
    b[0] = 1;
    let rest = i;
    for (let a = d - 1; a >= 0; a--) {
      const size = shape[a]!;
      b[a + 1] = size > 1 ? (rest % size) / (size - 1) - 0.5 : 0;
      rest = Math.floor(rest / size);
    }
    return b;
  };
  for (let i = 0; i < n; i++) {
    const b = basis(i);
    for (let p = 0; p < rows; p++) {
      right[p]! += b[p]! * values[i]!;
      for (let q = 0; q < rows; q++) gram[p * rows + q]! += b[p]! * b[q]!;
    }
  }
  for (let p = 1; p < rows; p++) if (gram[p * rows + p] === 0) gram[p * rows + p] = 1;
  const solved = cholesky(gram, rows);
  if (solved.status !== "ok") return;
  const c = choleskySolve(solved.factor, right);
  for (let i = 0; i < n; i++) {
    const b = basis(i);
    for (let p = 0; p < rows; p++) values[i]! -= c[p]! * b[p]!;
  }
}

/**
 * Noise power spectrum of regions.
 *
 * @param regions values of each region, row-major over `shape`
 * @param options.shape two or three sizes; `spacing` the pitch in mm along the same axes
 * @throws InputError on no region, differing sizes, values that are not finite, or fewer than two regions for `ensemble`
 */
export function noisePower(
  regions: readonly ArrayLike<number>[],
  options: { shape: readonly number[]; spacing: readonly number[]; detrend?: Detrend },
): NoisePower {
  const { shape, spacing, detrend = "mean" } = options;
  const n = sizeOf(shape);
  if (regions.length === 0 || (detrend === "ensemble" && regions.length < 2)) {
    throw new InputError(
      `Cannot measure a noise power spectrum: found ${regions.length} regions, wanted at least ${detrend === "ensemble" ? 2 : 1}`,
    );
  }
  if (spacing.length !== shape.length) {
    throw new InputError(
      `Cannot measure a noise power spectrum: found ${spacing.length} spacings, wanted ${shape.length}`,
    );
  }
  const mean = new Float64Array(n);
  for (const r of regions) {
    if (r.length !== n) {
      throw new InputError(
        `Cannot measure a noise power spectrum: found a region of ${r.length} values, wanted ${n}`,
      );
    }
    for (let i = 0; i < n; i++) {
      if (!Number.isFinite(r[i]!)) {
        throw new InputError(
          "Cannot measure a noise power spectrum: found values that are not finite, wanted none",
        );
      }
      mean[i]! += r[i]! / regions.length;
    }
  }
  const correction = detrend === "ensemble" ? regions.length / (regions.length - 1) : 1;
  const cell = spacing.reduce((a, b) => a * b, 1);
  const power = new Float64Array(n);
  let variance = 0;
  for (const r of regions) {
    const v = Float64Array.from(r);
    if (detrend === "ensemble") for (let i = 0; i < n; i++) v[i]! -= mean[i]!;
    else if (detrend === "plane") removePlane(v, shape);
    else {
      const m = v.reduce((a, b) => a + b, 0) / n;
      for (let i = 0; i < n; i++) v[i]! -= m;
    }
    const { re, im } = fftN(v, new Float64Array(n), { shape: [...shape] });
    for (let i = 0; i < n; i++) power[i]! += re[i]! ** 2 + im[i]! ** 2;
    variance += v.reduce((a, b) => a + b * b, 0) / n;
  }
  const scale = (correction * cell) / n / regions.length;
  for (let i = 0; i < n; i++) power[i]! *= scale;
  const integral = power.reduce((a, b) => a + b, 0) / (n * cell);
  return {
    power,
    shape,
    spacing,
    regions: regions.length,
    detrend,
    integral,
    variance: (correction * variance) / regions.length,
  };
}

/** Length of the frequency vector in 1/mm at each place of a spectrum, zero frequency first. */
export function frequencyLength(
  shape: readonly number[],
  spacing: readonly number[],
): Float64Array {
  const n = sizeOf(shape);
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let rest = i;
    let sum = 0;
    for (let a = shape.length - 1; a >= 0; a--) {
      const size = shape[a]!;
      const f = signedFrequency(rest % size, size) / (size * spacing[a]!);
      sum += f * f;
      rest = Math.floor(rest / size);
    }
    out[i] = Math.sqrt(sum);
  }
  return out;
}

/** Means over rings (shells) of width 1/(N Δ) of the coarsest axis, up to its Nyquist frequency. */
export function radialMean(
  values: Float64Array,
  options: { shape: readonly number[]; spacing: readonly number[] },
): { frequency: Float64Array; mean: Float64Array; count: Float64Array } {
  const { shape, spacing } = options;
  const length = frequencyLength(shape, spacing);
  const step = Math.max(...shape.map((s, i) => (s > 1 ? 1 / (s * spacing[i]!) : 0)));
  const nyquist = Math.min(...shape.map((s, i) => (s > 1 ? 1 / (2 * spacing[i]!) : Infinity)));
  const bins = Math.floor(nyquist / step + 1e-9) + 1;
  const mean = new Float64Array(bins);
  const frequency = new Float64Array(bins);
  const count = new Float64Array(bins);
  for (let i = 0; i < length.length; i++) {
    const b = Math.round(length[i]! / step);
    if (b >= bins) continue;
    mean[b]! += values[i]!;
    frequency[b]! += length[i]!;
    count[b]!++;
  }
  for (let b = 0; b < bins; b++) {
    mean[b]! /= count[b]!;
    frequency[b]! /= count[b]!;
  }
  return { frequency, mean, count };
}

/** Radial mean of a noise power spectrum as a curve. */
export function radialNoisePower(nps: NoisePower, unit: string): MetricCurve {
  const { frequency, mean } = radialMean(nps.power, nps);
  return {
    x: frequency,
    y: mean,
    xLabel: "Spatial frequency (1/mm)",
    yLabel: `NPS (${unit}²·mm${nps.shape.length === 3 ? "³" : "²"})`,
  };
}
