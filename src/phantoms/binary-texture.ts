/**
 * Binary texture: a power-law Gaussian field through a sigmoid, two tissue classes with smooth edges
 * [abbey2008ideal, chen2025adaptive].
 *
 *   G  periodic Gaussian field, |F(k)| ∝ f^−λ (amplitude) or |F(k)|² ∝ f^−λ (power), F(0) = 0,
 *      unit ensemble standard deviation
 *   b  = base + contrast / (1 + exp(−slope·(G − offset)))
 *
 * The published description says "1/f^2.5 noise" and no more. The defaults (amplitude 2.5, slope 5,
 * contrast 0.9) are those whose noisy SSIM, PLS-TV PSNR and PLS-TV SSIM come near the published
 * table; power 2.5 does not.
 */
import { makeImage } from "../core/image.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
} from "../core/parameters.ts";
import type { Stream } from "../core/random.ts";
import { fftN } from "../math/fft.ts";
import type { BackgroundPopulation, Phantom } from "./phantom.ts";
import {
  covarianceOf,
  drawField,
  powerLawSpectrum,
  spectrumOf,
  type ExponentConvention,
} from "./power-law-field.ts";

const parameters = {
  size: {
    type: "integer",
    unit: "px",
    min: 4,
    max: 4096,
    default: 64,
    about: "Side of the square image and period of the field",
  },
  exponent: {
    type: "number",
    unit: "1",
    min: 0,
    max: 8,
    default: 2.5,
    about: "λ of 1/f^λ; larger gives larger, rounder regions",
  },
  convention: {
    type: "choice",
    choices: ["amplitude", "power"],
    default: "amplitude",
    about: "Whether λ is the exponent of the field's amplitude or of its power spectrum",
  },
  slope: {
    type: "number",
    unit: "1/σ",
    min: 0.01,
    max: 1000,
    default: 5,
    about: "Steepness of the sigmoid; larger gives sharper edges and two clear classes",
  },
  offset: {
    type: "number",
    unit: "σ",
    min: -5,
    max: 5,
    default: 0,
    about: "Threshold on the field; 0 makes both classes equally frequent",
  },
  contrast: {
    type: "number",
    unit: "1",
    min: 0,
    max: 1000,
    default: 0.9,
    about: "Difference between the classes",
  },
  base: {
    type: "number",
    unit: "1",
    min: -1000,
    max: 1000,
    default: 0,
    about: "Value of the darker class",
  },
} as const satisfies ParameterTable;

interface Texture {
  readonly size: number;
  readonly exponent: number;
  readonly convention: ExponentConvention;
  readonly slope: number;
  readonly offset: number;
  readonly contrast: number;
  readonly base: number;
}

function textureOf(given?: ParameterValues): Texture {
  return resolveParameters("binary-texture", parameters, given);
}

const fieldSpectra = new Map<string, Float64Array>();

/** Spectrum of the underlying field; kept, since thousands of draws share it. */
function fieldSpectrum({ size, exponent, convention }: Texture): Float64Array {
  const key = `${size} ${exponent} ${convention}`;
  let spectrum = fieldSpectra.get(key);
  if (spectrum === undefined) {
    spectrum = powerLawSpectrum({ shape: [size, size], exponent, convention });
    fieldSpectra.set(key, spectrum);
  }
  return spectrum;
}

const sigmoid = (t: Texture, g: number): number =>
  t.base + t.contrast / (1 + Math.exp(-t.slope * (g - t.offset)));

/** A drawn background as float64, without the wrapping of `draw`. */
function drawBackground(t: Texture, stream: Stream): Float64Array {
  const field = drawField(stream, { spectrum: fieldSpectrum(t), shape: [t.size, t.size] });
  return field.map((g) => sigmoid(t, g));
}

export const binaryTexture: Phantom = {
  name: "binary-texture",
  title: "Binary texture",
  summary:
    "Two smooth-edged tissue classes from a thresholded power-law field: the test bed of image-adaptive denoising.",
  references: ["abbey2008ideal", "chen2025adaptive"],
  unit: "normalised",
  acquisition: "direct",
  dimensions: [2],
  labels: {},
  parameters,
  draw(stream, given) {
    const t = textureOf(given);
    const image = makeImage(Float32Array.from(drawBackground(t, stream)), [t.size, t.size], {
      unit: "normalised",
    });
    return { image, truth: {} };
  },
  population: (given) => binaryTexturePopulation(given),
};

/**
 * Exact mean and power spectrum of the binary texture, by the Hermite expansion of the sigmoid: for
 * unit-variance jointly normal G₁, G₂ with correlation ρ,
 *
 *   cov(h(G₁), h(G₂)) = Σ_{n≥1} c_n² ρⁿ,  c_n = E[h(G) He_n(G)] / √n!
 *
 * The population Hotelling observer follows: w(k) = S(k) / (spectrum(k) + σ²), d'² = Σ |S(k)|² /
 * (spectrum(k) + σ²) / N.
 *
 * @param given parameters of `binary-texture`
 */
export function binaryTexturePopulation(given?: ParameterValues): BackgroundPopulation {
  const t = textureOf(given);
  const shape = [t.size, t.size] as const;
  const { coefficients, variance } = hermiteExpansion((g) => sigmoid(t, g), 400);
  const correlation = covarianceOf(fieldSpectrum(t), shape);
  const covariance = correlation.map((rho, shift) => {
    // At shift 0 the series of a sharp edge has not yet converged; the variance itself is known.
    if (shift === 0) return variance;
    const r = Math.max(-1, Math.min(1, rho));
    let sum = 0;
    for (let n = coefficients.length - 1; n >= 1; n--) sum = (sum + coefficients[n]! ** 2) * r;
    return sum;
  });
  return { mean: coefficients[0]!, spectrum: spectrumOf(covariance, shape), shape };
}

/** c_n = E[h(G) He_n(G)] / √n! for n = 0 … order, and Var h(G), by the trapezoidal rule on ±12 σ. */
function hermiteExpansion(
  h: (g: number) => number,
  order: number,
): { coefficients: Float64Array; variance: number } {
  const c = new Float64Array(order + 1);
  const step = 0.002;
  let square = 0;
  for (let i = -6000; i <= 6000; i++) {
    const g = i * step;
    // Orthonormal Hermite functions ψ_n = He_n·√φ/√n! stay bounded; the other √φ joins the weight.
    const rootDensity = Math.exp((-g * g) / 4) / (2 * Math.PI) ** 0.25;
    const value = h(g);
    const weight = value * rootDensity * step;
    square += value * value * rootDensity * rootDensity * step;
    let previous = 0;
    let current = rootDensity;
    for (let n = 0; n <= order; n++) {
      c[n]! += weight * current;
      const next = (g * current - Math.sqrt(n) * previous) / Math.sqrt(n + 1);
      previous = current;
      current = next;
    }
  }
  return { coefficients: c, variance: square - c[0]! ** 2 };
}

/**
 * Mean and power spectrum of the background by simulation: the average periodogram of `draws` draws
 * about the given or the grand mean. For checking the closed form, and for textures that have none.
 */
export function simulateBinaryTexturePopulation(
  stream: Stream,
  { draws, parameters: given }: { draws: number; parameters?: ParameterValues },
): BackgroundPopulation {
  const t = textureOf(given);
  const shape = [t.size, t.size] as const;
  const n = t.size * t.size;
  const spectrum = new Float64Array(n);
  const sums = { mean: 0 };
  for (let d = 0; d < draws; d++) {
    const b = drawBackground(t, stream.child(d));
    const { re, im } = fftN(b, new Float64Array(n), { shape });
    sums.mean += re[0]! / n;
    for (let k = 0; k < n; k++) spectrum[k]! += (re[k]! ** 2 + im[k]! ** 2) / n / draws;
  }
  const mean = sums.mean / draws;
  spectrum[0] = Math.max(0, spectrum[0]! - n * mean * mean);
  return { mean, spectrum, shape };
}
