/**
 * Structure that appears from nothing: noise power of signal-free regions after a method over that before, in octaves of
 * frequency. A method that only takes noise away raises no octave; where one rises, the ensemble varies in a way that
 * the images did not show. The ratio's interval is that of a ratio of means over regions,
 *
 *   var R = Σ (aᵢ − R bᵢ)² / (n (n − 1) b̄²).
 */
import type { Image } from "../../core/image.ts";
import { studentTQuantile } from "../../math/distributions.ts";
import { fftN } from "../../math/fft.ts";
import { frequencyLength } from "../../metrics/noise-power.ts";

export interface Octave {
  /** 1/mm. */
  readonly from: number;
  readonly to: number;
  /** Power after over power before. */
  readonly ratio: number;
  readonly lower: number;
  readonly upper: number;
  /** Share of the variance before by which the variance in this octave rose. */
  readonly rise: number;
}

export interface Invented {
  readonly octaves: readonly Octave[];
  /** The octave that rose most beyond doubt; undefined where none did. */
  readonly worst?: Octave;
}

/** Octaves are looked at together: the level of each is higher than that of other intervals. */
const level = 0.99;
/** A rise below this share of an octave's power, or of all variance, is no structure worth a warning. */
const [leastRatio, leastRise] = [1.1, 0.01];
const mostOctaves = 4;

export function inventedStructure(
  before: readonly Float32Array[],
  after: readonly Float32Array[],
  at: { readonly side: number; readonly spacing: Image["spacing"] },
): Invented {
  const { side, spacing } = at;
  const shape = [side, side];
  const length = frequencyLength(shape, spacing.slice(1));
  const nyquist = 1 / (2 * Math.max(spacing[1], spacing[2]));
  const lowest = Math.max(1 / (side * spacing[1]), 1 / (side * spacing[2]));
  const edges = [Math.SQRT2 * nyquist];
  while (edges.length <= mostOctaves && edges.at(-1)! / 2 > 1.5 * lowest) {
    edges.push((edges.length === 1 ? nyquist : edges.at(-1)!) / 2);
  }
  edges.push(0.5 * lowest);
  edges.reverse();
  const bandOf = length.map((f) => {
    for (let b = 0; b + 1 < edges.length; b++) if (f >= edges[b]! && f < edges[b + 1]!) return b;
    return -1;
  });
  const window = hann(side);
  const powers = (regions: readonly Float32Array[]) =>
    regions.map((region) => bandPowers(region, { side, window, bandOf, bands: edges.length - 1 }));
  const [b, a] = [powers(before), powers(after)];
  const n = b.length;
  const total = b.reduce((s, p) => s + p.reduce((x, v) => x + v, 0), 0) / n;
  const factor = studentTQuantile((1 + level) / 2, { df: Math.max(1, n - 1) });
  const octaves = edges.slice(0, -1).map((from, band): Octave => {
    const meanBefore = b.reduce((s, p) => s + p[band]!, 0) / n;
    const meanAfter = a.reduce((s, p) => s + p[band]!, 0) / n;
    const ratio = meanAfter / meanBefore;
    const squares = b.reduce((s, p, i) => s + (a[i]![band]! - ratio * p[band]!) ** 2, 0);
    const half = factor * Math.sqrt(squares / (n * (n - 1)) / meanBefore ** 2);
    return {
      from,
      to: edges[band + 1]!,
      ratio,
      lower: ratio - half,
      upper: ratio + half,
      rise: (meanAfter - meanBefore) / total,
    };
  });
  const risen = octaves
    .filter((o) => o.lower > 1 && o.ratio > leastRatio && o.rise > leastRise)
    .sort((p, q) => q.rise - p.rise);
  return { octaves, ...(risen[0] ? { worst: risen[0] } : {}) };
}

function hann(side: number): Float64Array {
  return Float64Array.from(
    { length: side },
    (_, i) => 0.5 * (1 - Math.cos((2 * Math.PI * (i + 0.5)) / side)),
  );
}

/** Power of a region in each band; tapered, so that steps at its borders do not spread over all of them. */
function bandPowers(
  region: Float32Array,
  options: {
    readonly side: number;
    readonly window: Float64Array;
    readonly bandOf: ArrayLike<number>;
    readonly bands: number;
  },
): Float64Array {
  const { side, window, bandOf, bands } = options;
  const mean = region.reduce((s, v) => s + v, 0) / region.length;
  const v = Float64Array.from(
    region,
    (x, i) => (x - mean) * window[Math.floor(i / side)]! * window[i % side]!,
  );
  const { re, im } = fftN(v, new Float64Array(v.length), { shape: [side, side] });
  const out = new Float64Array(bands);
  for (let i = 0; i < v.length; i++) {
    const band = bandOf[i]!;
    if (band >= 0) out[band]! += re[i]! ** 2 + im[i]! ** 2;
  }
  return out;
}

/**
 * Where variance appeared in a plane: local variance after less local variance before of what lies in the octave, as
 * multiples of the whole noise variance before; mean over squares of `side` pixels.
 */
export function inventedMap(
  before: Float32Array,
  after: Float32Array,
  options: {
    readonly ny: number;
    readonly nx: number;
    readonly side: number;
    readonly spacing: Image["spacing"];
    readonly octave: Pick<Octave, "from" | "to">;
    readonly sd: number;
  },
): Float32Array {
  const { ny, nx, side, spacing, octave, sd } = options;
  const length = frequencyLength([ny, nx], spacing.slice(1));
  const filtered = (plane: Float32Array): Float64Array => {
    const { re, im } = fftN(Float64Array.from(plane), new Float64Array(plane.length), {
      shape: [ny, nx],
    });
    for (let i = 0; i < re.length; i++) {
      const inside = length[i]! >= octave.from && length[i]! < octave.to;
      if (!inside) re[i] = im[i] = 0;
    }
    return fftN(re, im, { shape: [ny, nx], inverse: true }).re;
  };
  const [b, a] = [filtered(before), filtered(after)];
  const out = new Float32Array(ny * nx);
  const sums = new Float64Array((ny + 1) * (nx + 1));
  for (let j = 0; j < ny; j++) {
    let row = 0;
    for (let i = 0; i < nx; i++) {
      const at = j * nx + i;
      row += (a[at]! ** 2 - b[at]! ** 2) / sd ** 2;
      sums[(j + 1) * (nx + 1) + i + 1] = sums[j * (nx + 1) + i + 1]! + row;
    }
  }
  const half = Math.floor(side / 2);
  for (let j = 0; j < ny; j++) {
    const [j0, j1] = [Math.max(0, j - half), Math.min(ny, j + half + 1)];
    for (let i = 0; i < nx; i++) {
      const [i0, i1] = [Math.max(0, i - half), Math.min(nx, i + half + 1)];
      const w = nx + 1;
      const sum = sums[j1 * w + i1]! - sums[j0 * w + i1]! - sums[j1 * w + i0]! + sums[j0 * w + i0]!;
      out[j * nx + i] = sum / ((j1 - j0) * (i1 - i0));
    }
  }
  return out;
}
