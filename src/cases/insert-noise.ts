/** A low-dose version of a CT image in memory, with the quanta of its own scan. */
import { filledFromNearest } from "../denoise/fill-padding.ts";
import { type Image, layoutOf, makeImage, sliceOf, withData } from "../core/image.ts";
import {
  type ParameterValues,
  type ParameterValuesOf,
  resolveParameters,
} from "../core/parameters.ts";
import type { WorkOptions } from "../core/progress.ts";
import { type Stream, streamOf } from "../core/random.ts";
import { matchNoise } from "../denoise/noise-level/match-noise.ts";
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
  readonly parameters?: Partial<ParameterValuesOf<typeof lowDoseParameters>>;
  /** Worker threads; the result never depends on it. */
  readonly threads?: number | undefined;
  /** One byte per voxel, 1 where it holds no measurement: not seen by the scanner, and handed through. */
  readonly padding?: Uint8Array | undefined;
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
  readonly ownSd: number;
  /** Standard deviation of the added noise in HU, in the middle half of rows and columns. */
  readonly addedSd: number;
  /** Parameters with the quanta that were used. */
  readonly parameters: ParameterValues;
  readonly notes: readonly string[];
}

/** Noise in HU below which an image is taken for one without noise. */
const leastNoise = 0.05;

/** Where the noise of CT is judged, in HU: around the patient it is less, or clipped. */
const softTissue = [-200, 300] as const;

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
  const {
    dose,
    seed = 1,
    index = 0,
    parameters: given = {},
    padding,
    signal,
    onProgress,
  } = options;
  const threads = options.threads ?? defaultThreads();
  const resolved = resolveParameters("low-dose insertion", lowDoseParameters, given);
  const stream = streamOf(seed, "insert-noise", index);
  const ownSd = image.unit === "HU" ? noiseOfImage(image, { padding }).sigma : 0;
  const quanta: Quanta =
    given.photons === undefined
      ? await measureQuanta(image, { ownSd, parameters: resolved, stream, threads, signal })
      : { photons: resolved.photons as number, from: "given" };
  const parameters = { ...resolved, photons: quanta.photons };
  const scanned = padding ? withData(image, filledFromNearest(image, padding)) : image;
  const low = await insertLowDose(scanned, {
    dose,
    stream,
    parameters,
    threads,
    signal,
    onProgress,
  });
  const addedSd = middleDeviation(scanned, low.image);
  const kept =
    padding === undefined
      ? low.image
      : withData(
          low.image,
          low.image.data.map((v, i) => (padding[i] === 1 ? image.data[i]! : v)),
        );
  const short = (x: number): string => String(Number(x.toPrecision(3)));
  const own = `the image's own noise, ${short(ownSd)} HU`;
  const notes = Object.entries(low.notes).map(([what, note]) => `${what}: ${note}`);
  if (quanta.from === "measured") {
    notes.push(`quanta at full dose: ${short(quanta.photons)} a detector element, from ${own}`);
  } else if (quanta.from === "default") {
    notes.push(
      `quanta at full dose: ${short(quanta.photons)} a detector element, the default, for ${own}, does not tell them`,
    );
  }
  if (addedSd < lowShare * ownSd) {
    notes.push(
      `the added noise, ${short(addedSd)} HU, is below a tenth of ${own}: the result hardly differs from the image${quanta.from === "given" ? "; without photons the quanta follow from that noise" : ""}`,
    );
  }
  return { image: kept, quanta, ownSd, addedSd, parameters, notes };
}

interface Measuring {
  readonly ownSd: number;
  readonly parameters: ParameterValues;
  readonly stream: Stream;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * The quanta with which the scanner's noise is as strong as the image's: noise of N₀ quanta is drawn for some
 * planes; where it has to be multiplied by c to be as strong as the image's own, N₀/c² quanta give that. Electronic
 * noise does not go so with the quanta; a second round from the quanta of the first takes it in.
 */
async function measureQuanta(image: Image, measuring: Measuring): Promise<Quanta> {
  const { parameters, stream, threads, signal, ownSd } = measuring;
  const { min, max } = lowDoseParameters.photons as { min: number; max: number };
  const given = parameters.photons as number;
  if (!(ownSd > leastNoise)) return { photons: given, from: "default" };
  const planes = somePlanes(image);
  let photons = given;
  for (let round = 0; round < 2; round++) {
    const noise = await drawDoseNoise(planes, {
      stream: stream.child("quanta", round),
      parameters: { ...parameters, photons },
      threads,
      signal,
    });
    const factor = matchNoise(planes, noise.data, { between: softTissue });
    if (factor === undefined) return { photons: given, from: "default" };
    photons = Math.min(max, Math.max(min, photons / factor ** 2));
  }
  return { photons: Number(photons.toPrecision(3)), from: "measured" };
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
