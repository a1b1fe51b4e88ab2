/**
 * Transfer function from a measured edge response.
 *
 * An edge-spread function sampled at many sub-pixel distances is binned, differentiated and
 * transformed; the curve is normalised at zero frequency and corrected for the averaging over a bin and
 * for the central difference (both known sinc factors) [samei1998method]. For a denoiser the result
 * depends on contrast and noise (hence "task transfer function", [richard2012towards]): state both.
 */
import { InputError } from "../core/errors.ts";
import { layoutOf } from "../core/image.ts";
import type { Image } from "../core/image.ts";

export interface TransferFunction {
  /** 1/mm, from 0. */
  readonly frequency: Float64Array;
  /** 1 at zero frequency. */
  readonly transfer: Float64Array;
  /** Frequencies in 1/mm at which the curve first falls to one half and to one tenth; NaN when it does not. */
  readonly f50: number;
  readonly f10: number;
  /** Edge-spread function: distance in mm and mean value. */
  readonly edge: { readonly distance: Float64Array; readonly value: Float64Array };
  /** Height of the edge in the image's unit, with its sign. */
  readonly contrast: number;
  /** Root mean square of the samples about their bin's mean: noise of a single pixel along the edge. */
  readonly noise: number;
}

/** First frequency at which a curve falls below a level, by linear interpolation. */
export function crossing(x: Float64Array, y: Float64Array, level: number): number {
  for (let i = 1; i < y.length; i++) {
    if (y[i]! < level && y[i - 1]! >= level) {
      return x[i - 1]! + ((y[i - 1]! - level) / (y[i - 1]! - y[i]!)) * (x[i]! - x[i - 1]!);
    }
  }
  return NaN;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Bins at a small radius may stay empty: up to two in a row are interpolated, more are refused. */
function fillGaps(
  value: Float64Array,
  count: Float64Array,
  options: { bin: number; half: number },
): void {
  const { bin, half } = options;
  for (let i = 0; i < value.length; i++) {
    if (count[i]! > 0) continue;
    let next = i;
    while (next < value.length && count[next] === 0) next++;
    if (i === 0 || next === value.length || next - i > 2) {
      throw new InputError(
        `Cannot measure a transfer function: found no sample ${((i - half) * bin).toFixed(3)} mm from the edge, wanted some in every bin of ${bin} mm; widen the bin or shorten the reach`,
      );
    }
    for (let k = i; k < next; k++) {
      value[k] = value[i - 1]! + ((k - i + 1) / (next - i + 1)) * (value[next]! - value[i - 1]!);
    }
    i = next;
  }
}

export interface EdgeSamples {
  /** Signed distance from the edge in mm. */
  readonly distance: ArrayLike<number>;
  readonly value: ArrayLike<number>;
}

/**
 * Transfer function of edge samples at arbitrary distances.
 *
 * @param options.bin bin width in mm; `reach` half-width of the profile in mm; `nyquist` highest frequency reported
 * @throws InputError when a bin near the edge stays empty
 */
export function transferOfEdge(
  samples: EdgeSamples,
  options: { bin: number; reach: number; nyquist: number },
): TransferFunction {
  const { bin, reach, nyquist } = options;
  const half = Math.floor(reach / bin);
  const n = 2 * half + 1;
  const sum = new Float64Array(n);
  const count = new Float64Array(n);
  const square = new Float64Array(n);
  for (let i = 0; i < samples.distance.length; i++) {
    const b = Math.round(samples.distance[i]! / bin) + half;
    if (b < 0 || b >= n) continue;
    const v = samples.value[i]!;
    sum[b]! += v;
    square[b]! += v * v;
    count[b]!++;
  }
  const value = sum.map((s, i) => s / count[i]!);
  fillGaps(value, count, { bin, half });
  let within = 0;
  let degrees = 0;
  for (let i = 0; i < n; i++) {
    if (count[i] === 0) continue;
    within += square[i]! - count[i]! * value[i]! ** 2;
    degrees += count[i]! - 1;
  }
  const distance = Float64Array.from({ length: n }, (_, i) => (i - half) * bin);
  const tail = Math.max(1, Math.floor(n / 10));
  const mean = (from: number, to: number) =>
    value.slice(from, to).reduce((a, b) => a + b, 0) / (to - from);
  const contrast = mean(0, tail) - mean(n - tail, n);
  const spread = new Float64Array(n);
  for (let i = 1; i < n - 1; i++) {
    // Hann window: the far ends hold noise alone.
    const window = 0.5 * (1 + Math.cos((Math.PI * (i - half)) / (half + 1)));
    spread[i] = ((value[i + 1]! - value[i - 1]!) / (2 * bin)) * window;
  }
  const points = Math.max(2, Math.ceil(nyquist * 2 * reach * 2) + 1);
  const frequency = Float64Array.from({ length: points }, (_, i) => (nyquist * i) / (points - 1));
  const transfer = frequency.map((f) => {
    let re = 0;
    let im = 0;
    for (let i = 0; i < n; i++) {
      re += spread[i]! * Math.cos(2 * Math.PI * f * distance[i]!);
      im += spread[i]! * Math.sin(2 * Math.PI * f * distance[i]!);
    }
    return Math.hypot(re, im) / Math.max(0.1, Math.abs(sinc(f * bin) * sinc(2 * f * bin)));
  });
  const zero = transfer[0]!;
  for (let i = 0; i < points; i++) transfer[i]! /= zero;
  return {
    frequency,
    transfer,
    f50: crossing(frequency, transfer, 0.5),
    f10: crossing(frequency, transfer, 0.1),
    edge: { distance, value },
    contrast,
    noise: degrees > 0 ? Math.sqrt(Math.max(0, within) / degrees) : NaN,
  };
}

function planeOf(image: Image): { ny: number; nx: number; dy: number; dx: number } {
  const { blocks, nz, ny, nx } = layoutOf(image);
  if (blocks * nz !== 1) {
    throw new InputError(
      `Cannot measure a transfer function: found shape ${image.shape.join("×")}, wanted one plane`,
    );
  }
  return { ny, nx, dy: image.spacing[1], dx: image.spacing[2] };
}

/**
 * Transfer function along the radius of a disk.
 *
 * @param image one plane, or the mean of many at the same dose
 * @param options.x `x, y`: centre in pixels; `radius` in mm; `reach` half-width of the profile in mm (default 0.8 radius); `bin` in mm (default a fifth of a pixel)
 */
export function transferFromDisk(
  image: Image,
  options: { x: number; y: number; radius: number; reach?: number; bin?: number },
): TransferFunction {
  const { ny, nx, dy, dx } = planeOf(image);
  const { x, y, radius, reach = 0.8 * radius, bin = Math.min(dx, dy) / 5 } = options;
  const distance: number[] = [];
  const value: number[] = [];
  for (let j = 0; j < ny; j++) {
    for (let i = 0; i < nx; i++) {
      const d = Math.hypot((i - x) * dx, (j - y) * dy) - radius;
      if (Math.abs(d) > reach + bin) continue;
      distance.push(d);
      value.push(image.data[j * nx + i]!);
    }
  }
  return transferOfEdge({ distance, value }, { bin, reach, nyquist: 1 / (2 * Math.max(dx, dy)) });
}

/**
 * Transfer function across a slightly tilted straight edge: the edge is found as the least-squares line
 * through the centroids of each row's (or column's) derivative.
 *
 * @param options.reach half-width of the profile in mm (default a quarter of the shorter side); `bin` in mm (default a quarter of a pixel); `inside` 1 where pixels count (default everywhere); `highest` frequency in 1/mm (default Nyquist's: the tilt samples finer than the pixels, so that higher ones mean something up to 1/pixel)
 * @throws InputError when no edge is found, or a bin near it stays empty, as where the edge runs along the pixels
 */
export function transferFromEdge(
  image: Image,
  options: { reach?: number; bin?: number; inside?: Uint8Array; highest?: number } = {},
): TransferFunction & { angleRad: number } {
  const { ny, nx, dy, dx } = planeOf(image);
  const { inside } = options;
  const counts = (j: number, i: number) => !inside || inside[j * nx + i] === 1;
  const at = (j: number, i: number) => image.data[j * nx + i]!;
  let gx = 0;
  let gy = 0;
  for (let j = 0; j < ny - 1; j++) {
    for (let i = 0; i < nx - 1; i++) {
      if (!counts(j, i) || !counts(j, i + 1) || !counts(j + 1, i)) continue;
      gx += at(j, i + 1) - at(j, i);
      gy += at(j + 1, i) - at(j, i);
    }
  }
  const upright = Math.abs(gx) >= Math.abs(gy);
  const lines = upright ? ny : nx;
  const along = upright ? nx : ny;
  const value = (l: number, a: number) => (upright ? at(l, a) : at(a, l));
  const real = (l: number, a: number) => (upright ? counts(l, a) : counts(a, l));
  let fit = { slope: 0, offset: (along - 1) / 2 };
  // Twice: the second pass weighs the derivative by a window about the line that the first one found.
  for (let pass = 0; pass < 3; pass++) {
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let t0 = 0;
    let t1 = 0;
    for (let l = 0; l < lines; l++) {
      let mass = 0;
      let moment = 0;
      const centre = fit.offset + fit.slope * l;
      for (let a = 0; a + 1 < along; a++) {
        if (!real(l, a) || !real(l, a + 1)) continue;
        const from = a + 0.5 - centre;
        const width = pass === 0 ? along : Math.max(6, along / 4);
        if (Math.abs(from) > width) continue;
        const w = pass === 0 ? 1 : 0.5 * (1 + Math.cos((Math.PI * from) / width));
        const d = (value(l, a + 1) - value(l, a)) * w;
        mass += d;
        moment += d * (a + 0.5);
      }
      if (mass === 0) continue;
      const c = moment / mass;
      s0++;
      s1 += l;
      s2 += l * l;
      t0 += c;
      t1 += c * l;
    }
    const det = s0 * s2 - s1 * s1;
    if (!(det > 0))
      throw new InputError(
        "Cannot measure a transfer function: found no edge, wanted one across the image",
      );
    const slope = (s0 * t1 - s1 * t0) / det;
    fit = { slope, offset: (t0 - slope * s1) / s0 };
  }
  const step = upright ? { along: dx, across: dy } : { along: dy, across: dx };
  const tilt = (fit.slope * step.along) / step.across;
  const cosine = 1 / Math.hypot(1, tilt);
  const bin = options.bin ?? Math.min(dx, dy) / 4;
  const reach = options.reach ?? Math.min(ny * dy, nx * dx) / 4;
  const distances: number[] = [];
  const values: number[] = [];
  for (let l = 0; l < lines; l++) {
    for (let a = 0; a < along; a++) {
      if (!real(l, a)) continue;
      distances.push((a - fit.offset - fit.slope * l) * step.along * cosine);
      values.push(value(l, a));
    }
  }
  const found = transferOfEdge(
    { distance: distances, value: values },
    { bin, reach, nyquist: options.highest ?? 1 / (2 * Math.max(dx, dy)) },
  );
  return { ...found, angleRad: Math.atan(tilt) };
}

/**
 * Noise-equivalent quanta per mm²: NEQ(f) = MTF²(f) · mean² / NPS(f), for images on a linear scale whose
 * mean is a signal (not HU). NaN where the noise power is 0.
 */
export function noiseEquivalentQuanta(
  spectrum: { frequency: Float64Array; power: Float64Array },
  options: { transfer: TransferFunction; mean: number },
): Float64Array {
  const { transfer, mean } = options;
  const last = transfer.frequency.length - 1;
  const stepSize = transfer.frequency[last]! / last;
  return spectrum.frequency.map((f, i) => {
    const at = f / stepSize;
    const low = Math.floor(at);
    if (low >= last)
      return at === last ? (transfer.transfer[last]! * mean) ** 2 / spectrum.power[i]! : NaN;
    const t =
      transfer.transfer[low]! +
      (at - low) * (transfer.transfer[low + 1]! - transfer.transfer[low]!);
    const p = spectrum.power[i]!;
    return p > 0 ? (t * mean) ** 2 / p : NaN;
  });
}
