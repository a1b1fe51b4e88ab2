/**
 * Fourier-ring correlation of patches against a reference, drawn as a map: where a denoiser's patch
 * loses correlation with the truth at a frequency at which the rest of the image keeps it, structure was
 * invented or erased [kc2024fourier].
 *
 *   FRC(ring) = Re Σ A B* / √(Σ|A|² Σ|B|²), patches windowed by Hann after their mean is taken away.
 */
import { InputError } from "../core/errors.ts";
import type { Image } from "../core/image.ts";
import { layoutOf } from "../core/image.ts";
import { fftN, signedFrequency } from "../math/fft.ts";
import { checkPair } from "./planes.ts";
import { crossing } from "./transfer.ts";

export interface RingCorrelation {
  /** Cycles per pixel at the middle of each ring. */
  readonly frequency: Float64Array;
  readonly correlation: Float64Array;
  /** First frequency at which the curve falls below the level; the highest ring's when it never does. */
  readonly cutoff: number;
}

export interface RingOptions {
  /** Side of the square patch in pixels. */
  readonly side: number;
  /** Level at which a patch counts as lost; defaults to 0.5. */
  readonly level?: number;
}

/** Fourier-ring correlation of two square patches (row-major, `side`² values). */
export function ringCorrelation(
  a: Float64Array,
  b: Float64Array,
  options: RingOptions,
): RingCorrelation {
  const { side, level = 0.5 } = options;
  const prepareEdge = (v: Float64Array): Float64Array => {
    const mean = v.reduce((s, x) => s + x, 0) / v.length;
    const hann = (i: number) => 0.5 * (1 - Math.cos((2 * Math.PI * (i + 0.5)) / side));
    return v.map((x, i) => (x - mean) * hann(i % side) * hann(Math.floor(i / side)));
  };
  const shape = [side, side];
  const fa = fftN(prepareEdge(a), new Float64Array(a.length), { shape });
  const fb = fftN(prepareEdge(b), new Float64Array(b.length), { shape });
  const rings = Math.floor(side / 2);
  const ab = new Float64Array(rings);
  const aa = new Float64Array(rings);
  const bb = new Float64Array(rings);
  for (let i = 0; i < a.length; i++) {
    const r = Math.round(
      Math.hypot(signedFrequency(i % side, side), signedFrequency(Math.floor(i / side), side)),
    );
    if (r < 1 || r > rings) continue;
    ab[r - 1]! += fa.re[i]! * fb.re[i]! + fa.im[i]! * fb.im[i]!;
    aa[r - 1]! += fa.re[i]! ** 2 + fa.im[i]! ** 2;
    bb[r - 1]! += fb.re[i]! ** 2 + fb.im[i]! ** 2;
  }
  const correlation = ab.map((v, i) => {
    const scale = Math.sqrt(aa[i]! * bb[i]!);
    // Two flat patches agree; a flat one against a structured one does not.
    return scale > 0 ? v / scale : aa[i] === bb[i] ? 1 : 0;
  });
  const frequency = Float64Array.from({ length: rings }, (_, i) => (i + 1) / side);
  const first = crossing(frequency, correlation, level);
  const cutoff =
    correlation[0]! < level ? frequency[0]! : Number.isNaN(first) ? frequency[rings - 1]! : first;
  return { frequency, correlation, cutoff };
}

export interface RingMap {
  /** Cut-off in cycles per pixel of each patch, row-major `[rows, columns]`; NaN for patches that leave the mask. */
  readonly cutoff: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** Left upper corners in pixels of patches whose cut-off is below the limit. */
  readonly suspicious: readonly {
    readonly x: number;
    readonly y: number;
    readonly cutoff: number;
  }[];
  readonly limit: number;
  readonly side: number;
  readonly step: number;
}

/**
 * Map of Fourier-ring cut-offs over one plane.
 *
 * @param options.limit patches below this cut-off (cycles per pixel) are listed as suspicious; defaults to
 * the median minus three times the median absolute deviation
 * @param options.step distance of patches in pixels, by default half a side
 * @param options.mask 1 for pixels that count, row-major; patches must lie inside
 */
export function ringCorrelationMap(
  image: Image,
  reference: Image,
  options: Partial<RingOptions> & { step?: number; limit?: number; mask?: Uint8Array } = {},
): RingMap {
  checkPair(image, reference, "the ring correlation map");
  const { blocks, nz, ny, nx } = layoutOf(image);
  const { side = 32, level = 0.5 } = options;
  const step = options.step ?? Math.max(1, Math.floor(side / 2));
  if (blocks * nz !== 1 || Math.min(ny, nx) < side) {
    throw new InputError(
      `Cannot map ring correlations: found shape ${image.shape.join("×")}, wanted one plane of at least ${side}×${side} pixels`,
    );
  }
  const rows = Math.floor((ny - side) / step) + 1;
  const columns = Math.floor((nx - side) / step) + 1;
  const patch = (data: Float32Array, y: number, x: number) =>
    Float64Array.from(
      { length: side * side },
      (_, i) => data[(y + Math.floor(i / side)) * nx + x + (i % side)]!,
    );
  const { mask } = options;
  const counts = (y: number, x: number): boolean => {
    for (let i = 0; mask && i < side * side; i++) {
      if (mask[(y + Math.floor(i / side)) * nx + x + (i % side)] === 0) return false;
    }
    return true;
  };
  const cutoff = new Float64Array(rows * columns).fill(NaN);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      if (!counts(r * step, c * step)) continue;
      const a = patch(image.data, r * step, c * step);
      const b = patch(reference.data, r * step, c * step);
      cutoff[r * columns + c] = ringCorrelation(a, b, { side, level }).cutoff;
    }
  }
  const median = (v: Float64Array) => {
    const s = v.filter((x) => !Number.isNaN(x)).sort();
    return (s[Math.floor((s.length - 1) / 2)]! + s[Math.ceil((s.length - 1) / 2)]!) / 2;
  };
  const middle = median(cutoff);
  const limit = options.limit ?? middle - 3 * median(cutoff.map((v) => Math.abs(v - middle)));
  const suspicious: { x: number; y: number; cutoff: number }[] = [];
  for (let i = 0; i < cutoff.length; i++) {
    if (cutoff[i]! < limit) {
      suspicious.push({
        x: (i % columns) * step,
        y: Math.floor(i / columns) * step,
        cutoff: cutoff[i]!,
      });
    }
  }
  return { cutoff, rows, columns, suspicious, limit, side, step };
}
