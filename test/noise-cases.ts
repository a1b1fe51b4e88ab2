/** Noise of known level and correlation on known backgrounds, for estimates of the noise level. */
import { type Image, makeImage } from "../src/core/image.ts";
import { type Stream, streamOf } from "../src/core/random.ts";
import { phantoms } from "../src/phantoms/index.ts";
import { drawField, radialFrequencies, scaleSpectrum } from "../src/phantoms/power-law-field.ts";
import { scene } from "./denoise-scene.ts";

/** Pixels along each side. */
export const side = 256;

/** Power spectrum as a function of the radial frequency in cycles per pixel. */
type Spectrum = (f: number) => number;

const blurred =
  (width: number): Spectrum =>
  (f) =>
    Math.exp(-((2 * Math.PI * f * width) ** 2));

/** Unit-variance noise: name, and its power spectrum over the bins of a square of `side`. */
export const noises: Readonly<Record<string, (n: number) => Float64Array>> = {
  white: (n) => radial(n, () => 1),
  "blurred, 0.5 px": (n) => radial(n, blurred(0.5)),
  "blurred, 0.8 px": (n) => radial(n, blurred(0.8)),
  "blurred, 1.2 px": (n) => radial(n, blurred(1.2)),
  "blurred, 1.6 px": (n) => radial(n, blurred(1.6)),
  // Filtered backprojection: |f| times the square of the filter's window.
  ramp: (n) => radial(n, (f) => Math.min(f, 0.5)),
  "ramp, Hann": (n) => radial(n, (f) => ramp(f, (c) => (1 + Math.cos(2 * Math.PI * c)) / 2)),
  "ramp, soft": (n) => radial(n, (f) => f * Math.exp(-((f / 0.12) ** 2))),
  // Zero filling of k-space to half as many pixels again, and to twice as many.
  "zero-filled, 1.5": (n) => box(n, 1 / 3),
  "zero-filled, 2": (n) => box(n, 1 / 4),
};

/** Noise of unit variance that a Gaussian kernel correlates; white at a width of 0 px. */
export function correlatedField(
  stream: Stream,
  options: { readonly side: number; readonly blur: number },
): ArrayLike<number> {
  const { side: n, blur } = options;
  if (blur === 0) return stream.normals(n * n);
  return drawField(stream, { shape: [n, n], spectrum: radial(n, blurred(blur)) });
}

function ramp(f: number, window: (f: number) => number): number {
  const cut = Math.min(f, 0.5);
  return cut * window(cut) ** 2;
}

function radial(n: number, spectrum: Spectrum): Float64Array {
  return scaleSpectrum(radialFrequencies([n, n]).map(spectrum));
}

function box(n: number, limit: number): Float64Array {
  const inside = (k: number) => Math.min(k, n - k) / n < limit;
  return scaleSpectrum(
    Float64Array.from({ length: n * n }, (_, i) =>
      inside(i % n) && inside(Math.floor(i / n)) ? 1 : 0,
    ),
  );
}

function texture(seed: number, amplitude: number): Float32Array {
  const spectrum = scaleSpectrum(
    radialFrequencies([side, side]).map((f) => Math.max(f, 1 / side) ** -3),
  );
  const field = drawField(streamOf(seed, "texture"), { shape: [side, side], spectrum });
  return Float32Array.from(field, (v) => 100 + amplitude * v);
}

async function drawn(name: keyof typeof phantoms, seed: number, scale: number) {
  const phantom = await phantoms[name]();
  const { image } = phantom.draw(streamOf(seed, "noise-case"), { size: side });
  return image.data.map((v) => scale * v);
}

/** Backgrounds for noise of standard deviation 10, by a seed. */
export const backgrounds: Readonly<Record<string, (seed: number) => Promise<Float32Array>>> = {
  flat: async () => new Float32Array(side * side).fill(100),
  "edges and bars": async () => scene(side).data,
  "texture f⁻³ of 1 σ": async (seed) => texture(seed, 10),
  "texture f⁻³ of 3 σ": async (seed) => texture(seed, 30),
  abdomen: (seed) => drawn("abdomen", seed, 1),
  thorax: (seed) => drawn("thorax", seed, 1),
  head: (seed) => drawn("head", seed, 1),
  "brain, T1": (seed) => drawn("brain-mr", seed, 200),
};

/** Standard deviation of the noise of `noiseCase`. */
export const caseSigma = 10;

/** One image without a unit. */
export async function noiseCase(background: string, noise: string, seed: number): Promise<Image> {
  const truth = await backgrounds[background]!(seed);
  const field = drawField(streamOf(seed, "noise", noise), {
    shape: [side, side],
    spectrum: noises[noise]!(side),
  });
  return makeImage(
    truth.map((v, i) => v + caseSigma * field[i]!),
    [side, side],
  );
}
