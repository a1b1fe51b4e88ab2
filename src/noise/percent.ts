/**
 * What "p per cent noise" means. Surveys list percentages of methods side by side whose papers mean
 * different things by them; here each meaning has a name and a conversion.
 */
import { InputError } from "../core/errors.ts";
import { rangeOf, type Image } from "../core/image.ts";
import type { ParameterValues } from "../core/parameters.ts";

export interface PercentConvention {
  readonly name: string;
  /** The quantity that p/100 is. */
  readonly about: string;
  /** Noise model that the percentage belongs to. */
  readonly model: string;
  /** The noise model's parameters for `percent` on this clean image. */
  readonly parameters: (percent: number, image: Image) => ParameterValues;
}

function positiveMean(image: Image): number {
  let sum = 0;
  let count = 0;
  for (const v of image.data) {
    if (v > 0) {
      sum += v;
      count++;
    }
  }
  return count > 0 ? sum / count : 0;
}

function rms(image: Image): number {
  let sum = 0;
  for (const v of image.data) sum += v * v;
  return Math.sqrt(sum / image.data.length);
}

const maximum = (image: Image): number => rangeOf(image.data).max;
const span = (image: Image): number => {
  const { min, max } = rangeOf(image.data);
  return max - min;
};

/** The conventions met in the literature, by name. */
export const percentConventions: readonly PercentConvention[] = [
  {
    name: "sigma-of-maximum",
    about: "σ = p/100 of the brightest value; magnetic resonance simulators and Rician networks",
    model: "rician",
    parameters: (p, image) => ({ sigma: (p / 100) * maximum(image) }),
  },
  {
    name: "sigma-of-range",
    about: "σ = p/100 of the image's range (maximum less minimum)",
    model: "gaussian",
    parameters: (p, image) => ({ sigma: (p / 100) * span(image) }),
  },
  {
    name: "sigma-of-255",
    about: "σ = p on the scale of 8-bit images, so p/255 of full scale: 50 is 19.6 %, 60 is 23.5 %",
    model: "gaussian",
    parameters: (p, image) => ({ sigma: (p / 255) * span(image) }),
  },
  {
    name: "sigma-of-mean",
    about: "σ = p/100 of the mean of the positive values",
    model: "gaussian",
    parameters: (p, image) => ({ sigma: (p / 100) * positiveMean(image) }),
  },
  {
    name: "sigma-of-rms",
    about: "σ = p/100 of the root mean square: noise-to-signal amplitude, SNR = 20·lg(100/p) dB",
    model: "gaussian",
    parameters: (p, image) => ({ sigma: (p / 100) * rms(image) }),
  },
  {
    name: "variance-of-unit-range",
    about: "variance = p/100 for an image scaled to [0, 1], as image toolboxes take it",
    model: "gaussian",
    parameters: (p, image) => ({ sigma: Math.sqrt(p / 100) * span(image) }),
  },
  {
    name: "speckle-variance",
    about:
      "variance of the multiplier = p/100, so its standard deviation is √(p/100): 10 % is 0.316",
    model: "multiplicative",
    parameters: (p) => ({ deviation: Math.sqrt(p / 100) }),
  },
  {
    name: "speckle-deviation",
    about: "standard deviation of the multiplier = p/100",
    model: "multiplicative",
    parameters: (p) => ({ deviation: p / 100 }),
  },
  {
    name: "speckle-looks",
    about: "relative standard deviation of the intensity = p/100, so looks = (100/p)²",
    model: "gamma-speckle",
    parameters: (p) => ({ looks: (100 / p) ** 2 }),
  },
  {
    name: "impulse-density",
    about: "share of replaced pixels = p/100, half by each extreme of the image",
    model: "impulse",
    parameters: (p, image) => {
      const { min, max } = rangeOf(image.data);
      return { density: p / 100, low: min, high: max };
    },
  },
];

/**
 * Noise model and parameters for a percentage of a named convention on a clean image.
 *
 * @throws InputError on an unknown convention (there is no default: the number means nothing without it)
 */
export function noiseOfPercent(
  image: Image,
  { percent, convention }: { percent: number; convention: string },
): { model: string; parameters: ParameterValues } {
  const row = percentConventions.find((c) => c.name === convention);
  if (row === undefined) {
    throw new InputError(
      `Cannot convert ${percent} % noise: found convention "${convention}", wanted one of ${percentConventions.map((c) => c.name).join(", ")}`,
    );
  }
  if (!(percent > 0 && Number.isFinite(percent))) {
    throw new InputError(`Cannot convert ${percent} % noise: wanted a finite percentage above 0`);
  }
  return { model: row.model, parameters: row.parameters(percent, image) };
}
