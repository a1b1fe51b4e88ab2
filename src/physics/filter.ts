/**
 * Ramp filters of filtered backprojection. The ramp is sampled in space,
 *
 *   h(0) = 1/4τ²,  h(n) = −1/(π n τ)² for odd n, 0 for even n ≠ 0,
 *
 * and transformed at twice the length or more, which leaves no bias at zero frequency
 * [kak1988principles]; a window then shapes noise and resolution.
 */
import { InputError } from "../core/errors.ts";
import { fft } from "../math/fft.ts";

/** A reconstruction kernel: gain on the ramp at a frequency given as a fraction of Nyquist's. */
export type KernelName =
  | "ram-lak"
  | "shepp-logan"
  | "cosine"
  | "hamming"
  | "hann"
  | "smooth"
  | "sharp";

/** Hann window whose zero lies at `cutoff` times Nyquist's frequency. */
const hannTo =
  (cutoff: number) =>
  (f: number): number =>
    f < cutoff ? 0.5 * (1 + Math.cos((Math.PI * f) / cutoff)) : 0;

const windows: Readonly<Record<KernelName, (f: number) => number>> = {
  "ram-lak": () => 1,
  "shepp-logan": (f) => (f === 0 ? 1 : Math.sin((Math.PI * f) / 2) / ((Math.PI * f) / 2)),
  cosine: (f) => Math.cos((Math.PI * f) / 2),
  hamming: (f) => 0.54 + 0.46 * Math.cos(Math.PI * f),
  hann: hannTo(1),
  // Near a vendor's body-smooth kernel.
  smooth: hannTo(0.85),
  // Near a vendor's medium-sharp kernel: the window is still at one half on Nyquist's frequency.
  sharp: hannTo(2.05),
};

/** Names of the kernels, smoothest use first in none. */
export const kernelNames: readonly KernelName[] = Object.keys(windows) as KernelName[];

/** Gain of a kernel on the ramp at `f` times Nyquist's frequency, 0 ≤ f ≤ 1. */
export function kernelWindow(name: KernelName, f: number): number {
  const window = windows[name];
  if (window === undefined) {
    throw new InputError(
      `Cannot filter: found kernel "${String(name)}", wanted one of ${kernelNames.join(", ")}`,
    );
  }
  return f > 1 ? 0 : Math.max(0, window(f));
}

/** Spatial samples h(−n … n) of the ramp for pitch 1 (divide by τ²), transformed at length `m`, real. */
function rampTransform(m: number, weight: (n: number) => number): Float64Array {
  const h = new Float64Array(m);
  h[0] = 0.25 * weight(0);
  for (let n = 1; n <= m / 2; n += 2) {
    const value = -weight(n) / (Math.PI * n) ** 2;
    h[n] = value;
    h[m - n] = value;
  }
  return fft(h, new Float64Array(m)).re;
}

export interface FilterOptions {
  readonly kernel: KernelName;
  /** Channels in a row. */
  readonly channels: number;
  /** Channel pitch: mm (parallel, flat: at the axis) or radians (arc). */
  readonly pitch: number;
  /** Arc detectors: the ramp is weighted with (γ/sin γ)². */
  readonly arc?: boolean;
}

/** Smallest power of two at least `n`. */
function paddedLength(n: number): number {
  let m = 1;
  while (m < n) m *= 2;
  return m;
}

/** Frequency response at the padded length, for rows in units of the pitch: includes τ·h. */
export function filterResponse({
  kernel,
  channels,
  pitch,
  arc = false,
}: FilterOptions): Float64Array {
  const m = paddedLength(2 * channels);
  const ramp = rampTransform(m, (n) => {
    if (!arc || n === 0) return 1;
    const gamma = n * pitch;
    // Beyond the widest difference of channels the ramp is never used.
    return gamma < 3 ? (gamma / Math.sin(gamma)) ** 2 : 1;
  });
  // τ Σ h p with h ∝ 1/τ² leaves 1/τ.
  return ramp.map((v, k) => (v * kernelWindow(kernel, Math.min(k, m - k) / (m / 2))) / pitch);
}

/**
 * Filters every row: τ Σ h(n − n′) p(n′), zero-padded to twice the length or more. Two rows go through
 * one transform as real and imaginary part, since the response is real.
 */
export function filterRows(rows: Float32Array, options: FilterOptions): Float32Array {
  const { channels } = options;
  const count = rows.length / channels;
  if (!Number.isInteger(count)) {
    throw new InputError(
      `Cannot filter: found ${rows.length} values, wanted whole rows of ${channels} channels`,
    );
  }
  const response = filterResponse(options);
  const m = response.length;
  const out = new Float32Array(rows.length);
  const re = new Float64Array(m);
  const im = new Float64Array(m);
  for (let v = 0; v < count; v += 2) {
    re.fill(0);
    im.fill(0);
    const paired = v + 1 < count;
    for (let c = 0; c < channels; c++) {
      re[c] = rows[v * channels + c]!;
      if (paired) im[c] = rows[(v + 1) * channels + c]!;
    }
    const spectrum = fft(re, im);
    for (let k = 0; k < m; k++) {
      spectrum.re[k] = spectrum.re[k]! * response[k]!;
      spectrum.im[k] = spectrum.im[k]! * response[k]!;
    }
    const filtered = fft(spectrum.re, spectrum.im, { inverse: true });
    for (let c = 0; c < channels; c++) {
      out[v * channels + c] = filtered.re[c]!;
      if (paired) out[(v + 1) * channels + c] = filtered.im[c]!;
    }
  }
  return out;
}
