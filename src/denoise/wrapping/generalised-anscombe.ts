/**
 * Variance stabilisation of Poisson–Gaussian noise z = a·p + n, p ~ Poisson(x/a), n ~ N(μ, σ²): the
 * generalised Anscombe transform, and its exact unbiased inverse [makitalo2013optimal] in closed form.
 *
 * With z' = (z − μ)/a and σ' = σ/a:
 *
 *   f(z) = 2 √max(z' + 3/8 + σ'², 0)            (standard deviation 1),
 *   x'   = D²/4 + ¼√(3/2) D⁻¹ − (11/8) D⁻² + ⅝√(3/2) D⁻³ − 1/8 − σ'²,   x = a·max(x', 0).
 *
 * The algebraic inverse D²/4 − 3/8 − σ'² would be biased at low counts. The closed form stays within 0.03
 * counts of the inverse of the exact sum E[f(z) | x] for σ' = 0, and within 0.2 for σ' up to 3 (tests).
 */
import { InputError } from "../../core/errors.ts";
import { type Image, layoutOf, makeImage, rangeOf, withData } from "../../core/image.ts";
import type { ParameterTable, ParameterValues } from "../../core/parameters.ts";
import { type Denoiser, unknownReach } from "../denoiser.ts";
import { noiseLevelFor } from "../input.ts";
import { localMoments } from "../neighbourhood/local-moments.ts";
import { pseudoResiduals } from "../noise-level/local-noise.ts";
import { medianOf, normalMad } from "../noise-level/median.ts";
import { sampledPlanes } from "../noise-level/sampled-planes.ts";
import { typicalMagnitude, withoutRounding } from "../noise-level/rounding.ts";
import { usablePixels } from "../noise-level/usable-pixels.ts";
import { wellPosed } from "../well-posed.ts";

export interface PoissonGaussian {
  /** a: image units per count; above 0. */
  readonly gain: number;
  /** σ: standard deviation of the Gaussian part in image units. */
  readonly sigma: number;
  /** μ: value at zero counts, in image units; default 0. */
  readonly offset?: number;
}

/** Forward transform of one value; unit standard deviation. */
export function anscombeForward(z: number, { gain, sigma, offset = 0 }: PoissonGaussian): number {
  return 2 * Math.sqrt(Math.max(0, (z - offset) / gain + 3 / 8 + (sigma / gain) ** 2));
}

/** Exact unbiased inverse of one denoised value, in closed form. */
export function anscombeInverse(d: number, { gain, sigma, offset = 0 }: PoissonGaussian): number {
  // At and below f's value for no counts and no Gaussian part, the polynomial leaves its range.
  const least = 2 * Math.sqrt(3 / 8);
  const s = (sigma / gain) ** 2;
  if (d <= least) return offset;
  const root = Math.sqrt(1.5);
  const x = d * d * 0.25 + (0.25 * root) / d - 1.375 / d ** 2 + (0.625 * root) / d ** 3 - 0.125 - s;
  return offset + gain * Math.max(0, x);
}

/** Pixels that make the line: past this many its error no longer falls noticeably. */
const mostPixels = 2 ** 19;

/**
 * Gain and Gaussian part from one image: the line variance = a·(mean − μ) + σ² through the noise variances of
 * 24 classes of equal size by local mean.
 *
 * @returns gain 0 when the variance does not grow with the mean
 */
export function estimatePoissonGaussian(
  image: Image,
  options: { readonly offset?: number; readonly padding?: Uint8Array } = {},
): PoissonGaussian {
  const { offset = 0, padding } = options;
  const layout = layoutOf(image);
  const { ny, nx } = layout;
  const usable = usablePixels(image, { padding });
  const size = ny * nx;
  const planes = sampledPlanes(layout);
  const every = Math.ceil((planes.length * size) / mostPixels);
  const means = new Float64Array(planes.length * size);
  const residuals = new Float64Array(means.length);
  let count = 0;
  for (const p of planes) {
    const data = image.data.subarray(p * size, (p + 1) * size);
    const { mean } = localMoments({ data, nz: 1, ny, nx }, 2);
    const residual = pseudoResiduals(makeImage(data, [ny, nx]), 2);
    for (let i = 0; i < size; i += every) {
      if (!usable[p * size + i]) continue;
      means[count] = mean[i]! - offset;
      residuals[count++] = Math.abs(residual[i]!);
    }
  }
  const order = new Uint32Array(count).map((_, i) => i);
  order.sort((a, b) => means[a]! - means[b]!);
  const classes = Math.min(24, Math.floor(count / 64));
  let [w, wm, wv, wmm, wmv] = [0, 0, 0, 0, 0];
  for (let k = 0; k < classes; k++) {
    const part = order.subarray(
      Math.floor((k * count) / classes),
      Math.floor(((k + 1) * count) / classes),
    );
    const variance = (medianOf(Float64Array.from(part, (i) => residuals[i]!)) / normalMad) ** 2;
    const mean = medianOf(Float64Array.from(part, (i) => means[i]!));
    if (variance === 0) continue;
    // The error of a variance is proportional to it.
    const weight = 1 / variance ** 2;
    w += weight;
    wm += weight * mean;
    wv += weight * variance;
    wmm += weight * mean * mean;
    wmv += weight * mean * variance;
  }
  const spread = w * wmm - wm * wm;
  if (!(spread > 0)) return { gain: 0, sigma: Math.sqrt(w > 0 ? wv / w : 0), offset };
  const gain = (w * wmv - wm * wv) / spread;
  const rest = (wv - gain * wm) / w;
  if (gain <= 0) return { gain: 0, sigma: Math.sqrt(wv / w), offset };
  if (rest < 0) return { gain: wv / wm > 0 ? wmv / wmm : gain, sigma: 0, offset };
  return { gain, sigma: Math.sqrt(rest), offset };
}

/** What the wrapper adds to the parameters of the method inside. */
export const anscombeParameters = {
  gain: {
    type: "number",
    unit: "image unit/count",
    min: 1e-12,
    max: 1e12,
    about: "image units per count; estimated from the image when absent",
  },
  offset: {
    type: "number",
    unit: "image unit",
    min: -1e9,
    max: 1e9,
    default: 0,
    about: "value of the image at zero counts",
  },
} as const satisfies ParameterTable;

/**
 * The denoiser for Poisson–Gaussian noise made from one for Gaussian noise. Its noise level σ is the Gaussian
 * part; `gain` and, without σ, the Gaussian part are estimated when absent.
 */
export function anscombe(inner: Denoiser): Denoiser {
  const name = `anscombe+${inner.name}`;
  const wrapped: Denoiser = {
    name,
    title: `${inner.title}, variance-stabilised for counts`,
    summary: `Counting noise: ${inner.title} after the generalised Anscombe transform, exact unbiased inverse.`,
    references: [...new Set(["makitalo2013optimal", ...inner.references])],
    noise: "poisson-gaussian" as const,
    dimensions: inner.dimensions,
    ...(inner.joins === undefined ? {} : { joins: inner.joins }),
    parameters: { ...inner.parameters, ...anscombeParameters },
    reach: (settings) => {
      if (settings.parameters.gain === undefined) {
        return "the gain is estimated on the whole volume unless the parameter gain is given";
      }
      return inner.reach?.(settings) ?? unknownReach;
    },
    level: (image, given = {}, { padding } = {}) => {
      const offset = numberOf(name, "offset", given.offset) ?? 0;
      return estimatePoissonGaussian(image, { offset, padding }).sigma;
    },
    async denoise(image, given = {}, context = {}) {
      noiseLevelFor(name, image, { sigma: context.sigma ?? 0 });
      const { gain: givenGain, offset: givenOffset, ...rest } = given;
      const offset = numberOf(name, "offset", givenOffset) ?? 0;
      const told = numberOf(name, "gain", givenGain);
      const known = told !== undefined && context.sigma !== undefined;
      const estimate = known ? undefined : estimatePoissonGaussian(image, { offset });
      const gain = told ?? estimate?.gain ?? 0;
      const sigma = context.sigma ?? estimate?.sigma ?? 0;
      const magnitude = typicalMagnitude(image);
      if (withoutRounding(Math.hypot(sigma, Math.sqrt(gain * magnitude)), image) === 0) {
        return withData(image, image.data.slice());
      }
      // Where counts add nothing to the Gaussian part, the transform would be all cancellation.
      if (gain * magnitude < leastCounts * sigma * sigma) {
        return inner.denoise(image, rest as ParameterValues, { ...context, sigma });
      }
      const model = { gain, sigma, offset };
      requireCounts(name, image, model);
      const stable = withData(
        image,
        image.data.map((z) => anscombeForward(z, model)),
        { unit: "arbitrary" },
      );
      const smooth = await inner.denoise(stable, rest as ParameterValues, {
        ...context,
        templates: undefined,
        sigma: 1,
      });
      return withData(
        image,
        smooth.data.map((d) => anscombeInverse(d, model)),
      );
    },
  };
  return wellPosed(wrapped);
}

/** Share of the noise's variance below which counts are left out. */
const leastCounts = 1e-6;

/** Standard deviations of the Gaussian part by which a value may lie below that of zero counts. */
const deepest = 6;

/** @throws InputError on values that neither counts nor their Gaussian part explain */
function requireCounts(owner: string, image: Image, { gain, sigma, offset = 0 }: PoissonGaussian) {
  const { min } = rangeOf(image.data);
  if (min < offset - deepest * sigma - gain) {
    throw new InputError(
      `Cannot denoise by ${owner}: found the value ${min}, wanted none further below the offset ${offset} (the value at zero counts) than ${deepest} times the Gaussian part of ${Number(sigma.toPrecision(4))}`,
    );
  }
}

function numberOf(owner: string, name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isFinite(number) || (name === "gain" && number <= 0)) {
    throw new InputError(
      `Cannot set parameter ${name} of ${owner}: found ${JSON.stringify(value)}, wanted a finite number${name === "gain" ? " above 0" : ""}`,
    );
  }
  return number;
}
