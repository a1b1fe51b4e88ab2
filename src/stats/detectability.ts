/**
 * Detectability index d' of a linear observer with a trained template (channelised Hotelling), its
 * bias, and its exact interval [wunderlich2015exact].
 *
 * With m present and n absent outputs of p channels, ν = m + n − 2, Δ the difference of means and S
 * the pooled covariance, D² = Δᵀ S⁻¹ Δ. For normal outputs of equal covariance
 *
 *   E[γ D²] = δ² + p (m + n)/(mn),   γ = (ν − p − 1)/ν = (m + n − p − 3)/(m + n − 2),
 *   mn/(m + n) · (ν − p + 1)/(νp) · D² ~ F′(p, ν − p + 1; λ = mn δ²/(m + n)),
 *
 * δ being the d' of the population's template. The interval inverts the non-central F in λ.
 */
import { InputError } from "../core/errors.ts";
import { cholesky, forwardSolve } from "../math/cholesky.ts";
import { chiSquareQuantile } from "../math/distributions.ts";
import { nonCentralFNoncentrality, nonCentralTNoncentrality } from "../math/noncentral.ts";
import { normalCdf } from "../math/normal.ts";
import type { LevelOptions } from "./auc.ts";
import {
  type Estimate,
  type Interval,
  makeEstimate,
  noInterval,
  requireLevel,
  type Status,
} from "./result.ts";

/** Channel outputs, one row of `channels` values for each image. */
export interface ChannelOutputs {
  readonly present: ArrayLike<number>;
  readonly absent: ArrayLike<number>;
  readonly channels: number;
}

export interface Detectability extends Estimate {
  readonly channels: number;
  /** D², the plug-in value: too large by the factor 1/γ and the term that `unbiasedSquared` takes off. */
  readonly sampleSquared: number;
  /** γ D². */
  readonly scaledSquared: number;
  /** γ D² − p (m + n)/(mn): unbiased for δ²; may be negative when there is little to detect. */
  readonly unbiasedSquared: number;
  /** Φ(d'/√2) of the estimate and of the ends of the interval. */
  readonly auc: { readonly estimate: number; readonly interval: Interval };
}

/**
 * Estimate of d' (root of the unbiased square, 0 when that is negative) from D².
 *
 * @param sampleSquared D² = Δᵀ S⁻¹ Δ
 * @param sizes.present m, sizes.absent n, sizes.channels p
 * @returns status `too-few-cases` when m + n − p − 3 < 1
 */
export function detectabilityInterval(
  sampleSquared: number,
  sizes: { readonly present: number; readonly absent: number; readonly channels: number },
  options: LevelOptions = {},
): Detectability {
  const level = requireLevel(options.level);
  const { present: m, absent: n, channels: p } = sizes;
  if (!Number.isInteger(p) || p < 1) {
    throw new InputError(`Cannot estimate d': found ${p} channels, wanted 1 or more`);
  }
  const nu = m + n - 2;
  const enough = nu - p - 1 >= 1 && m >= 1 && n >= 1;
  const finite = Number.isFinite(sampleSquared);
  const status: Status = !finite ? "not-finite" : enough ? "ok" : "too-few-cases";
  const harmonic = (m * n) / (m + n);
  const scaledSquared = enough ? ((nu - p - 1) / nu) * sampleSquared : NaN;
  const unbiasedSquared = scaledSquared - p / harmonic;
  const estimate = Math.sqrt(Math.max(0, unbiasedSquared));
  let interval = noInterval(level);
  let standardError = NaN;
  if (status === "ok") {
    const df1 = p;
    const df2 = nu - p + 1;
    const f = (harmonic * df2 * sampleSquared) / (nu * p);
    const end = (probability: number) =>
      Math.sqrt(nonCentralFNoncentrality(f, { df1, df2, probability }) / harmonic);
    interval = { lower: end((1 + level) / 2), upper: end((1 - level) / 2), level };
    // Standard deviation of γD² from the variance of F′, carried to its root.
    const lambda = harmonic * Math.max(0, unbiasedSquared);
    const variance =
      (2 * ((p + lambda) ** 2 + (p + 2 * lambda) * (df2 - 2))) / ((df2 - 2) ** 2 * (df2 - 4));
    const seSquared = (Math.sqrt(variance) * (df2 - 2)) / harmonic;
    standardError = df2 > 4 && estimate > 0 ? seSquared / (2 * estimate) : NaN;
  }
  const toAuc = (d: number) => normalCdf(d / Math.SQRT2);
  return makeEstimate({
    status,
    estimate: status === "ok" ? estimate : NaN,
    standardError,
    interval,
    method: "bias-corrected, exact by non-central F",
    present: m,
    absent: n,
    channels: p,
    sampleSquared,
    scaledSquared,
    unbiasedSquared,
    auc: Object.freeze({
      estimate: status === "ok" ? toAuc(estimate) : NaN,
      interval: Object.freeze({
        lower: toAuc(interval.lower),
        upper: toAuc(interval.upper),
        level,
      }),
    }),
  });
}

/**
 * d' of the channelised Hotelling observer from channel outputs of both classes.
 *
 * @throws InputError when the numbers of values are not multiples of the number of channels
 */
export function choDetectability(
  outputs: ChannelOutputs,
  options: LevelOptions = {},
): Detectability {
  const { channels: p } = outputs;
  const m = rowsOf(outputs.present, p);
  const n = rowsOf(outputs.absent, p);
  const sizes = { present: m, absent: n, channels: p };
  if (m < 1 || n < 1 || m + n - p - 3 < 1) return detectabilityInterval(0, sizes, options);
  const square = sampleSquaredOf(outputs, { m, n });
  if (square === undefined) {
    const level = requireLevel(options.level);
    const base = detectabilityInterval(NaN, sizes, options);
    return makeEstimate({ ...base, status: "singular-covariance", interval: noInterval(level) });
  }
  return detectabilityInterval(square, sizes, options);
}

/**
 * The unbiased square of d' alone, γ D² − p (m + n)/(mn), without the work of an interval: for resampling. NaN where it
 * cannot be estimated; may be negative.
 *
 * @throws InputError as `choDetectability`
 */
export function unbiasedSquaredDetectability(outputs: ChannelOutputs): number {
  const { channels: p } = outputs;
  const m = rowsOf(outputs.present, p);
  const n = rowsOf(outputs.absent, p);
  if (m < 1 || n < 1 || m + n - p - 3 < 1) return NaN;
  const square = sampleSquaredOf(outputs, { m, n }) ?? NaN;
  return ((m + n - p - 3) / (m + n - 2)) * square - (p * (m + n)) / (m * n);
}

/** D² = Δᵀ S⁻¹ Δ; NaN for outputs that are not finite, undefined for a singular covariance. */
function sampleSquaredOf(
  outputs: ChannelOutputs,
  { m, n }: { readonly m: number; readonly n: number },
): number | undefined {
  const { channels: p } = outputs;
  const mean1 = meanOf(outputs.present, p);
  const mean0 = meanOf(outputs.absent, p);
  const s = new Float64Array(p * p);
  scatterInto(s, outputs.present, mean1);
  scatterInto(s, outputs.absent, mean0);
  for (let i = 0; i < s.length; i++) s[i] = s[i]! / (m + n - 2);
  const delta = mean1.map((v, i) => v - mean0[i]!);
  if (!delta.every(Number.isFinite)) return NaN;
  const factored = cholesky(s, p);
  if (factored.status !== "ok") return undefined;
  return forwardSolve(factored.factor, delta).reduce((sum, v) => sum + v * v, 0);
}

function rowsOf(values: ArrayLike<number>, p: number): number {
  const rows = values.length / p;
  if (!Number.isInteger(rows)) {
    throw new InputError(
      `Cannot estimate d': found ${values.length} channel outputs, wanted a multiple of ${p} channels`,
    );
  }
  return rows;
}

function meanOf(values: ArrayLike<number>, p: number): Float64Array {
  const mean = new Float64Array(p);
  const rows = values.length / p;
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < p; k++) mean[k] = mean[k]! + values[r * p + k]! / rows;
  }
  return mean;
}

function scatterInto(s: Float64Array, values: ArrayLike<number>, mean: Float64Array): void {
  const p = mean.length;
  for (let r = 0; r < values.length / p; r++) {
    for (let i = 0; i < p; i++) {
      const di = values[r * p + i]! - mean[i]!;
      for (let j = 0; j <= i; j++) {
        s[i * p + j] = s[i * p + j]! + di * (values[r * p + j]! - mean[j]!);
      }
    }
  }
}

/**
 * d' that a template w = S⁻¹Δ, trained on m present and n absent images, can be expected to reach on other images.
 * With the moments of the inverse Wishart distribution, h = mn/(m + n) and ν = m + n − 2,
 *
 *   E[wᵀδ]²/E[wᵀΣw] = δ⁴/(δ² + p/h) · (ν − p)(ν − p − 3)/((ν − p − 1)(ν − 1)),
 *
 * δ being the population's d' [fukunaga1989effects]. 0 when ν ≤ p + 3.
 *
 * @param dPrime δ
 * @param sizes.present m, sizes.absent n, sizes.channels p
 */
export function trainedDetectability(
  dPrime: number,
  sizes: { readonly present: number; readonly absent: number; readonly channels: number },
): number {
  const { present: m, absent: n, channels: p } = sizes;
  const nu = m + n - 2;
  if (!(nu > p + 3) || !(dPrime > 0)) return 0;
  const square = dPrime ** 2;
  const learned = square ** 2 / (square + (p * (m + n)) / (m * n));
  return Math.sqrt((learned * (nu - p) * (nu - p - 3)) / ((nu - p - 1) * (nu - 1)));
}

/**
 * Exact interval when the difference of means Δ is known (a signal known exactly, added to the
 * background): ν δ²/D² ~ χ²(ν − p + 1), where only the covariance was estimated.
 *
 * @param sampleSquared D² = Δᵀ S⁻¹ Δ with the known Δ and S of ν degrees of freedom
 * @param sizes.df ν: m + n − 2, or n − 1 when S comes from one class
 */
export function knownSignalInterval(
  sampleSquared: number,
  sizes: { readonly df: number; readonly channels: number },
  options: LevelOptions = {},
): { readonly estimate: number; readonly interval: Interval; readonly method: string } {
  const level = requireLevel(options.level);
  const { df: nu, channels: p } = sizes;
  if (!(nu - p - 1 > 0)) {
    throw new InputError(
      `Cannot estimate d': found ${nu} degrees of freedom for ${p} channels, wanted more than ${p + 1}`,
    );
  }
  const end = (q: number) =>
    Math.sqrt((sampleSquared * chiSquareQuantile(q, { df: nu - p + 1 })) / nu);
  return Object.freeze({
    estimate: Math.sqrt(((nu - p - 1) / nu) * sampleSquared),
    interval: Object.freeze({ lower: end((1 - level) / 2), upper: end((1 + level) / 2), level }),
    method: "known signal, exact by chi-square",
  });
}

/**
 * Exact interval of d' of a fixed template from normal scores of equal variance: d̂ √(mn/(m + n)) is non-central t with
 * m + n − 2 degrees of freedom and non-centrality δ √(mn/(m + n)).
 *
 * @param separation d̂, difference of means over the pooled standard deviation
 * @param sizes.present m, sizes.absent n
 * @returns NaN ends without two scores of each class, or a separation that is no number
 */
export function separationInterval(
  separation: number,
  sizes: { readonly present: number; readonly absent: number },
  options: LevelOptions = {},
): Interval {
  const level = requireLevel(options.level);
  const { present: m, absent: n } = sizes;
  if (!Number.isFinite(separation) || m < 2 || n < 2) return noInterval(level);
  const scale = Math.sqrt((m * n) / (m + n));
  const end = (probability: number) =>
    nonCentralTNoncentrality(separation * scale, { df: m + n - 2, probability }) / scale;
  return Object.freeze({ lower: end((1 + level) / 2), upper: end((1 - level) / 2), level });
}
