/** The noise level that a denoiser works with on an image: one place for what is told and for what is printed. */
import { type Image, layoutOf, makeImage } from "../../core/image.ts";
import type { ParameterValues } from "../../core/parameters.ts";
import { type Denoiser, levelMeanings } from "../denoiser.ts";
import type { NoiseMethod } from "./estimate-noise.ts";
import { type NoiseReading, noiseOfPlanes } from "./noise-of-image.ts";

/** The level that a denoiser is told. */
export interface DenoiserLevel extends Omit<NoiseReading, "method"> {
  /** The estimator; `speckle` and `counts` for those of these kinds of noise, `given`, or `none`. */
  readonly method: NoiseReading["method"] | "speckle" | "counts" | "none";
  /** What the number is in where it is not the image's unit. */
  readonly unit?: string;
}

export interface NoiseFor {
  /** Of the image before. */
  readonly noise: NoiseReading;
  readonly level: DenoiserLevel;
  /** What the denoiser is told; undefined for one that works without. */
  readonly sigma: number | undefined;
}

/** The estimator of an image's noise beside a denoiser; by default the one that suits the image. */
export function noiseMethodFor(denoiser: Pick<Denoiser, "noise">): NoiseMethod | undefined {
  return denoiser.noise === "rician" ? "rician-foreground" : undefined;
}

/**
 * Noise of an image, and the level for a denoiser, from the planes of `judgedPlanes`.
 *
 * Denoisers of additive and Rician noise work with the standard deviation that is measured; for those of speckle
 * and counts the level means something else, and is their own estimate on the same planes.
 *
 * @param options.given a level that is known
 * @throws InputError on values that the denoiser refuses
 */
export function noiseFor(
  planes: readonly Image[],
  denoiser: Denoiser,
  options: {
    readonly given?: number | undefined;
    readonly parameters?: ParameterValues | undefined;
    readonly paddings?: readonly (Uint8Array | undefined)[];
  } = {},
): NoiseFor {
  const { given, parameters, paddings = [] } = options;
  const noise = noiseOfPlanes(planes, { method: noiseMethodFor(denoiser), paddings });
  const { unit, about } = levelMeanings[denoiser.noise] ?? {};
  const meaning = {
    ...(unit === undefined ? {} : { unit }),
    notes: about === undefined ? [] : [about],
  };
  // Methods for impulses use no level, also where one is given.
  if (given !== undefined && denoiser.noise !== "impulse") {
    return { noise, level: { sigma: given, method: "given", ...meaning }, sigma: given };
  }
  if (denoiser.levelless !== undefined) {
    const level = { sigma: noise.sigma, method: "none", notes: [denoiser.levelless] } as const;
    return { noise, level, sigma: undefined };
  }
  const own = denoiser.noise === "speckle" || denoiser.noise === "poisson-gaussian";
  if (!own || !denoiser.level) return { noise, level: noise, sigma: noise.sigma };
  const padding = paddings.some((one) => one !== undefined)
    ? stackOf(planes.map((plane, k) => paddings[k] ?? new Uint8Array(plane.data.length)))
    : undefined;
  const sigma = denoiser.level(volumeOf(planes), parameters, padding ? { padding } : {});
  const level: DenoiserLevel = {
    sigma,
    method: denoiser.noise === "speckle" ? "speckle" : "counts",
    ...meaning,
    notes: [...meaning.notes, ...(planes.length > 1 ? [`on ${planes.length} slices`] : [])],
  };
  return { noise, level, sigma };
}

function stackOf(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts[0]!.length;
  const all = new Uint8Array(parts.length * size);
  parts.forEach((part, k) => all.set(part, k * size));
  return all;
}

/** Planes as one volume. */
function volumeOf(planes: readonly Image[]): Image {
  const first = planes[0]!;
  const { ny, nx } = layoutOf(first);
  const data = new Float32Array(planes.length * ny * nx);
  planes.forEach((plane, k) => data.set(plane.data, k * ny * nx));
  return makeImage(data, [planes.length, ny, nx], { ...first, axes: "zyx" });
}
