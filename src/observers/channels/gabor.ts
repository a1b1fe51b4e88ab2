/**
 * Gabor channels [eckstein1998human]: exp(−4 ln2 r²/w_s²) cos(2π f_c (x cosθ + y sinθ) + φ), with
 * w_s = 4 ln2/(π w_f) for a band of width w_f (octaves here) and centre f_c in cycles per pixel.
 */
import type { Centre, ChannelSet } from "./channel-set.ts";
import { channelRows } from "./channel-set.ts";

export interface GaborOptions {
  readonly centre: Centre;
  /** Lowest band edge in cycles per pixel; each band is one octave wide. */
  readonly lowest: number;
  readonly bands: number;
  /** Orientations, evenly spread over half a turn. */
  readonly angles: number;
  /** Phases in radians. */
  readonly phases: readonly number[];
}

/** Gabor channels over the last two axes; in volumes each covers the middle slice alone. */
export function gabor(shape: readonly number[], options: GaborOptions): ChannelSet {
  const { centre, lowest, bands, angles, phases } = options;
  const functions: ((offset: readonly number[]) => number)[] = [];
  for (let b = 0; b < bands; b++) {
    const low = lowest * 2 ** b;
    const fc = 1.5 * low;
    const ws = (4 * Math.LN2) / (Math.PI * low);
    for (let a = 0; a < angles; a++) {
      const theta = (Math.PI * a) / angles;
      for (const phase of phases) {
        functions.push((offset) => {
          const y = offset[offset.length - 2]!;
          const x = offset[offset.length - 1]!;
          if (offset.length === 3 && offset[0] !== 0) return 0;
          return (
            Math.exp((-4 * Math.LN2 * (x * x + y * y)) / (ws * ws)) *
            Math.cos(2 * Math.PI * fc * (x * Math.cos(theta) + y * Math.sin(theta)) + phase)
          );
        });
      }
    }
  }
  return channelRows("gabor", { shape, centre, functions });
}
