/** Display windows: the interval of intensities that is shown from black to white. */
import { InputError } from "../core/errors.ts";
import { type Image, rangeOf } from "../core/image.ts";

export interface Window {
  /** Shown black, in the image's unit. */
  readonly low: number;
  /** Shown white. Larger than `low`. */
  readonly high: number;
}

/** Customary CT windows, in HU. */
export const ctWindows = Object.freeze({
  "soft-tissue": Object.freeze({ low: -160, high: 240 }),
  lung: Object.freeze({ low: -1350, high: 150 }),
  bone: Object.freeze({ low: -500, high: 1300 }),
  brain: Object.freeze({ low: 0, high: 80 }),
});

/**
 * A window fit for an image: soft tissue for HU, [0, 1] for normalised values, and otherwise the
 * 0.5th to 99.5th percentile of the finite values.
 */
export function windowFor(image: Pick<Image, "data" | "unit">): Window {
  if (image.unit === "HU") return ctWindows["soft-tissue"];
  if (image.unit === "normalised") return { low: 0, high: 1 };
  const low = quantile(image.data, 0.005);
  const high = quantile(image.data, 0.995);
  if (high > low) return { low, high };
  const { min, max } = rangeOf(image.data);
  if (max > min) return { low: min, high: max };
  return Number.isFinite(min) ? { low: min - 0.5, high: min + 0.5 } : { low: 0, high: 1 };
}

/** @throws InputError when the window is empty or not finite */
export function checkWindow(window: Window): Window {
  if (!Number.isFinite(window.low) || !Number.isFinite(window.high) || window.low >= window.high) {
    throw new InputError(
      `Cannot show an image: found the window ${window.low} to ${window.high}, wanted two finite numbers, the smaller first`,
    );
  }
  return window;
}

/** Quantile of the finite values, by nearest rank on at most 65,536 evenly spaced samples. */
function quantile(data: Float32Array, q: number): number {
  const step = Math.max(1, Math.floor(data.length / 65_536));
  const sample: number[] = [];
  for (let i = 0; i < data.length; i += step) {
    const v = data[i]!;
    if (Number.isFinite(v)) sample.push(v);
  }
  const sorted = Float64Array.from(sample).sort();
  return sorted[Math.round(q * (sorted.length - 1))] ?? NaN;
}
