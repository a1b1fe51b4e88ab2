/**
 * Low-dose versions of existing CT images: the noise that a lower dose would have added, with its
 * texture, its streaks and its dependence on the object [yu2012development].
 *
 * From images alone the line integrals come from forward projection of the image, the noise is drawn
 * for each ray and reconstructed alone, and added. What is assumed: the scanner's geometry, its quanta
 * (`photons`) and its kernel; and that the image's own noise is that of its full dose.
 */
import { InputError } from "../core/errors.ts";
import { layoutOf, withData, type Image } from "../core/image.ts";
import type { WorkOptions } from "../core/progress.ts";
import type { Stream } from "../core/random.ts";
import {
  resolveParameters,
  type ParameterTable,
  type ParameterValues,
  type ParameterValuesOf,
} from "../core/parameters.ts";
import { mapInWorkers } from "../parallel/map-in-workers.ts";
import { checkExposure, insertionNoise } from "./counting.ts";
import { drawSeed, gridOf, inspectObject, judgeObject, requireHounsfield } from "./ct-object.ts";
import { wholeRow } from "../core/parameter-rows.ts";
import { beamRows, exposureRows, kernelRow } from "./ct-parameters.ts";
import { scanOf } from "./ct-planar.ts";
import { insertSliceWork, type InsertSliceTask, type SliceScan } from "./ct-slice.ts";
import { fanGeometryOf } from "./ct-fan.ts";
import { requireSees } from "./geometry.ts";

const { dose: _dose, floorCounts: _floor, ...insertionExposure } = exposureRows;
const { kV: _kV, waterCorrection: _correction, ...insertionBeam } = beamRows;

/** Parameters of `insertLowDose` besides the dose. */
export const lowDoseParameters = {
  ...insertionExposure,
  ...insertionBeam,
  kernel: kernelRow("hann"),
  views: wholeRow("views", [4, 1160, 10000], "Views on a full turn; a multiple of four is fastest"),
  acceptTruncated: {
    type: "boolean",
    default: false,
    about: "Take images with tissue on their border, where the noise will be too low",
  },
} as const satisfies ParameterTable;

export interface LowDoseOptions extends WorkOptions {
  /** Fraction of the image's own dose, above 0 and at most 1. */
  readonly dose: number;
  readonly stream: Stream;
  readonly parameters?: Partial<ParameterValuesOf<typeof lowDoseParameters>>;
  /** Worker threads; the result never depends on it. Defaults to 1. */
  readonly threads?: number;
}

export interface LowDoseResult {
  readonly image: Image;
  readonly notes: Readonly<Record<string, number | string>>;
}

/**
 * A CT image (HU, `yx` or `zyx`) as it would look at a fraction of its dose.
 *
 * @throws InputError on images without HU or spacing, on truncated fields of view unless accepted, on
 *   dose fractions outside (0, 1], and where the scanner cannot see the object
 */
export async function insertLowDose(image: Image, options: LowDoseOptions): Promise<LowDoseResult> {
  const { dose } = options;
  if (!(dose > 0 && dose <= 1)) {
    throw new InputError(
      `Cannot insert noise for dose ${dose}: wanted a fraction above 0 and at most 1`,
    );
  }
  const { scan, notes } = scanOfImage(image, options.parameters);
  const values = await insertInSlices(image, { ...options, scan, fraction: dose });
  return { image: withData(image, values), notes };
}

/**
 * The noise that the scanner of the parameters puts into the image at its own dose, alone, in HU: for
 * comparison with the noise that the image has. Without electronic noise it goes with the inverse root of
 * the quanta, exactly.
 *
 * @throws InputError as `insertLowDose`
 */
export async function drawDoseNoise(
  image: Image,
  options: Omit<LowDoseOptions, "dose">,
): Promise<Image> {
  const { scan } = scanOfImage(image, options.parameters);
  // At half the dose the noise that is added has the variance e^p/N₀ (1 + 3 σ_e² e^p/N₀): that of the full
  // dose for an electronic noise of σ_e/√3.
  const electronicSd = scan.exposure.electronicSd / Math.sqrt(3);
  const values = await insertInSlices(image, {
    ...options,
    scan: { ...scan, exposure: { ...scan.exposure, electronicSd } },
    fraction: 0.5,
  });
  return withData(
    image,
    values.map((v, i) => v - image.data[i]!),
  );
}

/** The scan of an image at its own dose, and what was met in it. */
function scanOfImage(
  image: Image,
  parameters: ParameterValues | undefined,
): { scan: SliceScan; notes: LowDoseResult["notes"] } {
  const p = resolveParameters("low-dose insertion", lowDoseParameters, parameters);
  requireHounsfield(image, "insert noise");
  const findings = inspectObject(image);
  const notes = judgeObject(findings, {
    work: "insert noise",
    acceptTruncated: p.acceptTruncated as boolean,
  });
  const geometry = fanGeometryOf({ views: p.views });
  requireSees(geometry, findings.borderShare > 0 ? 0 : findings.radiusMm);
  const grid = gridOf(image);
  const scan = scanOf(
    { ...p, dose: 1, floorCounts: 0.5, kV: 0, waterCorrection: false },
    { geometry, grid, imageGrid: grid },
  );
  checkExposure(scan.exposure);
  return { scan, notes };
}

/** The image's values with noise, slice by slice. */
async function insertInSlices(
  image: Image,
  options: Omit<LowDoseOptions, "dose"> & { readonly scan: SliceScan; readonly fraction: number },
): Promise<Float32Array> {
  const { scan, fraction, stream } = options;
  const { nz, ny, nx } = layoutOf(image);
  const plane = ny * nx;
  const tasks = Array.from(
    { length: nz },
    (_, k): InsertSliceTask => ({
      hu: image.data.slice(k * plane, (k + 1) * plane),
      scan,
      fraction,
      seed: drawSeed(stream.child("slice", k)),
    }),
  );
  const slices = await mapInWorkers(insertSliceWork, tasks, {
    signal: options.signal,
    onProgress: options.onProgress,
    threads: options.threads,
    label: "inserting noise",
  });
  const values = new Float32Array(nz * plane);
  slices.forEach((slice, k) => values.set(slice, k * plane));
  return values;
}

/**
 * Line integrals (views × channels) of one dose as they would be at a fraction of it.
 *
 * @param options.incident quanta behind the bowtie for each channel at the present dose
 */
export function insertLowDoseIntoProjections(
  sinogram: Float32Array,
  options: { dose: number; incident: Float64Array; electronicSd: number; stream: Stream },
): Float32Array {
  if (sinogram.length % options.incident.length !== 0) {
    throw new InputError(
      `Cannot insert noise: found ${sinogram.length} line integrals, wanted whole views of ${options.incident.length} channels`,
    );
  }
  const at = sinogram.findIndex((v) => !Number.isFinite(v));
  if (at >= 0) {
    throw new InputError(
      `Cannot insert noise: found the line integral ${sinogram[at]} at index ${at}, wanted finite numbers`,
    );
  }
  const noise = insertionNoise(sinogram, { ...options, fraction: options.dose });
  return sinogram.map((v, i) => v + noise[i]!);
}
