/** A low-dose version of a CT image in memory, with the quanta of its own scan. */
import { type Image, layoutOf, makeImage, sliceOf, withData } from "../core/image.ts";
import { type ParameterValues, resolveParameters } from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type Stream, streamOf } from "../core/random.ts";
import { estimateNoise } from "../denoise/noise-level/estimate-noise.ts";
import { judgedPlanes, noiseOfImage } from "../denoise/noise-level/noise-of-image.ts";
import { defaultThreads } from "../parallel/index.ts";
import { drawDoseNoise, insertLowDose, lowDoseParameters } from "../physics/low-dose.ts";

export interface InsertNoiseOptions extends WorkOptions {
  /** Fraction of the image's own dose, above 0 and at most 1. */
  readonly dose: number;
  /** Defaults to 1. */
  readonly seed?: number;
  /** Number of the image among those of one seed. Defaults to 0. */
  readonly index?: number;
  /** Of the scanner: `lowDoseParameters`. Without `photons` the quanta follow from the image's own noise. */
  readonly parameters?: ParameterValues;
  /** Worker threads; the result never depends on it. */
  readonly threads?: number | undefined;
  /** Voxels that hold no measurement and are handed through unchanged. */
  readonly keep?: ((index: number) => boolean) | undefined;
}

/** Quanta of each detector element in the open beam at the image's own dose. */
export interface Quanta {
  readonly photons: number;
  /** `measured`: those that would give the image the noise that it has; `default`: it has too little to tell. */
  readonly from: "given" | "measured" | "default";
}

export interface LowDose {
  readonly image: Image;
  readonly quanta: Quanta;
  /** Noise of the image before, in HU, as `estimateNoise` finds it. */
  readonly ownNoise: number;
  /** Standard deviation of the added noise in HU, in the middle half of rows and columns. */
  readonly addedNoise: number;
  /** Parameters with the quanta that were used. */
  readonly parameters: ParameterValues;
  readonly notes: readonly string[];
}

/** Noise in HU below which an image is taken for one without noise. */
const leastNoise = 0.05;

/** Added noise below this share of the image's own is warned of. */
const lowShare = 0.1;

/** Planes of a volume on which the quanta are measured. */
const measuredPlanes = 3;

/**
 * Makes a CT image (HU, `yx` or `zyx`) as it would look at a fraction of its dose.
 *
 * @throws InputError on images without HU or spacing, on truncated fields of view unless accepted, on dose
 *   fractions outside (0, 1], and where the scanner cannot see the object; CancelledError
 */
export async function insertNoise(image: Image, options: InsertNoiseOptions): Promise<LowDose> {
  const { dose, seed = 1, index = 0, parameters: given = {}, keep, signal, onProgress } = options;
  const threads = options.threads ?? defaultThreads();
  const resolved = resolveParameters("low-dose insertion", lowDoseParameters, given);
  const stream = streamOf(seed, "insert-noise", index);
  const ownNoise = image.unit === "HU" ? noiseOfImage(image).sigma : 0;
  const quanta: Quanta =
    given.photons === undefined
      ? await measureQuanta(image, { ownNoise, parameters: resolved, stream, threads, signal })
      : { photons: resolved.photons as number, from: "given" };
  const parameters = { ...resolved, photons: quanta.photons };
  const low = await insertLowDose(image, { dose, stream, parameters, threads, signal, onProgress });
  const addedNoise = middleDeviation(image, low.image);
  const kept =
    keep === undefined
      ? low.image
      : withData(
          low.image,
          low.image.data.map((v, i) => (keep(i) ? image.data[i]! : v)),
        );
  const short = (x: number): string => String(Number(x.toPrecision(3)));
  const own = `the image's own noise, ${short(ownNoise)} HU`;
  const notes = Object.entries(low.notes).map(([what, note]) => `${what}: ${note}`);
  if (quanta.from === "measured") {
    notes.push(`quanta at full dose: ${short(quanta.photons)} a detector element, from ${own}`);
  } else if (quanta.from === "default") {
    notes.push(
      `quanta at full dose: ${short(quanta.photons)} a detector element, the default, for ${own}, does not tell them`,
    );
  }
  if (addedNoise < lowShare * ownNoise) {
    notes.push(
      `the added noise, ${short(addedNoise)} HU, is below a tenth of ${own}: the result hardly differs from the image${quanta.from === "given" ? "; without photons the quanta follow from that noise" : ""}`,
    );
  }
  return { image: kept, quanta, ownNoise, addedNoise, parameters, notes };
}

interface Measuring {
  readonly ownNoise: number;
  readonly parameters: ParameterValues;
  readonly stream: Stream;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The quanta with which the scanner's noise is as large as the image's.
 *
 * Noise n of N₀ quanta is drawn for some planes and added with a factor c that makes the estimate of the
 * noise √2 times as large as without: then c n is as strong as the image's own, where and how the estimator
 * looks at it, and N₀/c² quanta give it. Electronic noise does not go so with the quanta; a second round
 * from the quanta of the first one takes it in.
 */
async function measureQuanta(image: Image, measuring: Measuring): Promise<Quanta> {
  const { parameters, stream, threads, signal, ownNoise } = measuring;
  const { min, max } = lowDoseParameters.photons as { min: number; max: number };
  let photons = parameters.photons as number;
  if (!(ownNoise > leastNoise)) return { photons, from: "default" };
  const planes = somePlanes(image);
  for (let round = 0; round < 2; round++) {
    const noise = await drawDoseNoise(planes, {
      stream: stream.child("quanta"),
      parameters: { ...parameters, photons },
      threads,
      signal,
    });
    const factors = Array.from({ length: layoutOf(planes).nz }, (_, k) =>
      matchingFactor(sliceOf(planes, k), sliceOf(noise, k).data),
    ).sort((a, b) => a - b);
    const factor = factors[Math.floor(factors.length / 2)]!;
    photons = Math.min(max, Math.max(min, photons / factor ** 2));
  }
  return { photons: Number(photons.toPrecision(4)), from: "measured" };
}

/** A few planes of a volume as one; a plane as it is. */
function somePlanes(image: Image): Image {
  const { nz, ny, nx } = layoutOf(image);
  if (nz <= measuredPlanes) return image;
  const judged = judgedPlanes(nz);
  const chosen = [1, 2, 3].map((k) => judged[Math.floor((k * judged.length) / 4)]!);
  const data = new Float32Array(measuredPlanes * ny * nx);
  chosen.forEach((plane, k) => data.set(sliceOf(image, plane).data, k * ny * nx));
  return makeImage(data, [measuredPlanes, ny, nx], { spacing: image.spacing, unit: image.unit });
}

/** The factor with which noise added to a plane is as strong as the plane's own. */
function matchingFactor(plane: Image, noise: Float32Array): number {
  const own = estimateNoise(plane).sigma;
  const withNoise = (factor: number): number =>
    estimateNoise(
      withData(
        plane,
        plane.data.map((v, i) => v + factor * noise[i]!),
      ),
    ).sigma;
  let square = 0;
  for (const v of noise) square += v * v;
  let factor = own / Math.sqrt(square / noise.length);
  // Added variances go with the factor's square: a fixed point is there after a few rounds.
  for (let round = 0; round < 6; round++) {
    const added = Math.sqrt(Math.max(0, withNoise(factor) ** 2 - own ** 2));
    if (added === 0) {
      factor *= 4;
      continue;
    }
    const ratio = own / added;
    factor *= ratio;
    if (Math.abs(ratio - 1) < 0.005) break;
  }
  return factor;
}

/** Standard deviation of the difference in the middle half of rows and columns. */
function middleDeviation(before: Image, after: Image): number {
  const { nz, ny, nx } = layoutOf(before);
  let sum = 0;
  let square = 0;
  let count = 0;
  for (let k = 0; k < nz; k++) {
    for (let j = Math.floor(ny / 4); j < Math.ceil((3 * ny) / 4); j++) {
      for (let i = Math.floor(nx / 4); i < Math.ceil((3 * nx) / 4); i++) {
        const at = (k * ny + j) * nx + i;
        const d = after.data[at]! - before.data[at]!;
        sum += d;
        square += d * d;
        count++;
      }
    }
  }
  return Math.sqrt(Math.max(0, square / count - (sum / count) ** 2));
}
