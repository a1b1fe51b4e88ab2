/**
 * Variance stabilisation of Rician noise, forward and exact unbiased inverse, after [foi2011noise].
 *
 * Deviation: the forward transform is the delta-method integral, not the paper's optimised one. With
 * μ(θ) and s(θ) the mean and standard deviation of a magnitude of signal-to-noise ratio θ (σ = 1)
 *
 *   f(μ(θ)) = ∫₀^θ μ'(t)/s(t) dt,
 *
 * continued with slope 1/s(0) below μ(0) and as √(M² − 1) above θ = 30. The stabilised standard deviation is within 12 % of 1 for θ ≥ 1.
 * The inverse takes D to the θ with E[f(M) | θ] = D, the expectation being summed over the Rician density;
 * D at or below E[f | 0] gives 0.
 */
import { withData } from "../../core/image.ts";
import type { Denoiser } from "../denoiser.ts";
import { ricianMeanFactor, ricianVarianceFactor, scaledBessel } from "../noise-level/rician.ts";
import { ricianLevelFor } from "../rician-non-local-means.ts";
import { wellPosed } from "../well-posed.ts";

const step = 0.05;
const largest = 30;

interface Tables {
  /** μ(θ) at θ = 0, step, … */
  readonly mean: Float64Array;
  /** f at those means. */
  readonly forward: Float64Array;
  /** E[f(M) | θ]. */
  readonly expected: Float64Array;
}

let tables: Tables | undefined;

function ricianTables(): Tables {
  if (tables) return tables;
  const n = Math.round(largest / step) + 1;
  const mean = new Float64Array(n);
  const sd = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    mean[k] = ricianMeanFactor(k * step);
    sd[k] = Math.sqrt(ricianVarianceFactor(k * step));
  }
  const forward = new Float64Array(n);
  for (let k = 1; k < n; k++) {
    forward[k] = forward[k - 1]! + (mean[k]! - mean[k - 1]!) * 0.5 * (1 / sd[k]! + 1 / sd[k - 1]!);
  }
  const partial = { mean, forward, expected: forward };
  const expected = Float64Array.from({ length: n }, (_, k) =>
    ricianExpectation(k * step, (m) => forwardWith(m, partial)),
  );
  tables = { mean, forward, expected };
  return tables;
}

/** E[g(M)] for a Rician magnitude of ratio θ (σ = 1), by the trapezoidal rule on θ ± 9. */
export function ricianExpectation(theta: number, g: (m: number) => number): number {
  const h = 0.02;
  let sum = 0;
  let all = 0;
  for (let m = Math.max(0, theta - 9); m <= theta + 9; m += h) {
    const density = m * Math.exp(-0.5 * (m - theta) ** 2) * scaledBessel(m * theta)[0];
    sum += density * g(m);
    all += density;
  }
  return sum / all;
}

function interpolate(x: number, xs: Float64Array, ys: Float64Array): number {
  let low = 0;
  let high = xs.length - 1;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if (xs[mid]! <= x) low = mid;
    else high = mid;
  }
  const t = (x - xs[low]!) / (xs[high]! - xs[low]!);
  return ys[low]! + t * (ys[high]! - ys[low]!);
}

function forwardWith(m: number, { mean, forward }: Tables): number {
  const last = mean.length - 1;
  if (m < mean[0]!) return (m - mean[0]!) / Math.sqrt(2 - Math.PI / 2);
  // √(M² − 1) has the mean θ up to third order in 1/θ: no bias past the table.
  if (m > mean[last]!) {
    return forward[last]! + Math.sqrt(m * m - 1) - Math.sqrt(mean[last]! ** 2 - 1);
  }
  return interpolate(m, mean, forward);
}

/** Forward transform of one magnitude; noise of standard deviation about 1. */
export function ricianForward(magnitude: number, sigma: number): number {
  return forwardWith(magnitude / sigma, ricianTables());
}

/** Exact unbiased inverse of one denoised value: the signal behind it, in the unit of σ. */
export function ricianInverse(d: number, sigma: number): number {
  const { expected } = ricianTables();
  const last = expected.length - 1;
  if (d <= expected[0]!) return 0;
  if (d >= expected[last]!) return sigma * (largest + d - expected[last]!);
  const positions = Float64Array.from(expected, (_, k) => k * step);
  return sigma * interpolate(d, expected, positions);
}

/** The denoiser for magnitude MR images made from one for Gaussian noise. */
export function ricianStabilised(inner: Denoiser): Denoiser {
  const name = `rician+${inner.name}`;
  const wrapped: Denoiser = {
    name,
    title: `${inner.title}, variance-stabilised for Rician noise`,
    summary: `Magnitude MR images: ${inner.title} between a Rician variance stabilisation and its exact unbiased inverse.`,
    references: [...new Set(["foi2011noise", ...inner.references])],
    noise: "rician" as const,
    dimensions: inner.dimensions,
    ...(inner.joins === undefined ? {} : { joins: inner.joins }),
    parameters: inner.parameters,
    ...(inner.reach === undefined ? {} : { reach: inner.reach }),
    level: (image, _given, context = {}) => ricianLevelFor(name, image, context),
    async denoise(image, given, context = {}) {
      const sigma = ricianLevelFor(name, image, context);
      if (sigma === 0) return withData(image, image.data.slice());
      const stable = withData(
        image,
        image.data.map((m) => ricianForward(m, sigma)),
        { unit: "arbitrary" },
      );
      const smooth = await inner.denoise(stable, given, {
        ...context,
        templates: undefined,
        sigma: 1,
      });
      const invert = inverter(sigma);
      return withData(image, smooth.data.map(invert));
    },
  };
  return wellPosed(wrapped);
}

/** `ricianInverse` with its table made once. */
function inverter(sigma: number): (d: number) => number {
  const { expected } = ricianTables();
  const last = expected.length - 1;
  const positions = Float64Array.from(expected, (_, k) => k * step);
  return (d) =>
    d > expected[0]! && d < expected[last]!
      ? sigma * interpolate(d, expected, positions)
      : ricianInverse(d, sigma);
}
