/** Small simulated worlds with closed forms, for the tests of observers. */
import { streamOf } from "../../src/core/random.ts";
import { fftN } from "../../src/math/fft.ts";
import type { Cases } from "../../src/observers/cases.ts";
import { casesOfRows } from "../../src/observers/cases.ts";
import type { Known } from "../../src/observers/observer.ts";

export interface World {
  readonly shape: readonly number[];
  readonly known: Required<Pick<Known, "signal" | "sigma" | "powerSpectrum" | "background">>;
  /** Draws of one class; the same seed and label give the same images. */
  draw(count: number, options: { present: boolean; label: string; signalGain?: number }): Cases;
}

/**
 * Stationary Gaussian background on a torus with a power-law-like spectrum, white noise, and a Gaussian
 * blob in the middle.
 */
export function gaussianWorld(options: {
  shape: readonly number[];
  sigma: number;
  /** Standard deviation of the background; 0 leaves white noise alone. */
  background: number;
  amplitude: number;
  width: number;
  seed?: number;
}): World {
  const { shape, sigma, background, amplitude, width, seed = 1 } = options;
  const size = shape.reduce((a, b) => a * b, 1);
  const coordinates = (i: number): number[] => {
    const out: number[] = [];
    let rest = i;
    for (let a = shape.length - 1; a >= 0; a--) {
      out.unshift(rest % shape[a]!);
      rest = Math.floor(rest / shape[a]!);
    }
    return out;
  };
  const signal = Float64Array.from({ length: size }, (_, i) => {
    const r2 = coordinates(i).reduce((s, v, a) => s + (v - Math.floor(shape[a]! / 2)) ** 2, 0);
    return amplitude * Math.exp(-r2 / (2 * width * width));
  });
  const raw = Float64Array.from({ length: size }, (_, i) => {
    const f2 = coordinates(i).reduce((s, v, a) => {
      const u = Math.min(v, shape[a]! - v) / shape[a]!;
      return s + u * u;
    }, 0);
    return 1 / (0.02 + f2) ** 1.5;
  });
  const mean = raw.reduce((a, b) => a + b, 0) / size;
  const powerSpectrum = raw.map((v) => (v / mean) * background ** 2);
  const level = 50;
  return {
    shape,
    known: { signal, sigma, powerSpectrum, background: new Float64Array(size).fill(level) },
    draw: (count, { present, label, signalGain = 1 }) => {
      const rows = new Float32Array(count * size);
      for (let k = 0; k < count; k++) {
        const s = streamOf(seed, label, present ? 1 : 0, k);
        const { re, im } = fftN(s.normals(size), new Float64Array(size), { shape: [...shape] });
        for (let i = 0; i < size; i++) {
          const c = Math.sqrt(powerSpectrum[i]!);
          re[i]! *= c;
          im[i]! *= c;
        }
        const field = background > 0 ? fftN(re, im, { shape: [...shape], inverse: true }).re : re;
        for (let i = 0; i < size; i++) {
          rows[k * size + i] =
            level +
            (background > 0 ? field[i]! : 0) +
            sigma * s.normal() +
            (present ? signalGain * signal[i]! : 0);
        }
      }
      return casesOfRows(rows, {
        shape,
        ids: Array.from(
          { length: count },
          (_, k) => `${label}-${present ? "present" : "absent"}-${k}`,
        ),
      });
    },
  };
}
