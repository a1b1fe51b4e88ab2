/** One slice through a CT scanner: what worker threads compute. Pure functions of their task. */
import { streamOf } from "../core/random.ts";
import type { WorkerFunction } from "../parallel/map-in-workers.ts";
import {
  attenuation,
  attenuationToHounsfield,
  hounsfieldToAttenuation,
  imageToAttenuation,
  splitMaterials,
  tubeSpectrum,
} from "./attenuation.ts";
import {
  bowtieShares,
  insertionNoise,
  measureLineIntegrals,
  measurePolychromatic,
  type CountingNotes,
  type Exposure,
} from "./counting.ts";
import { filteredBackprojection } from "./fbp.ts";
import type { KernelName } from "./filter.ts";
import type { PlanarGeometry } from "./geometry.ts";
import type { LinearOperator } from "./operator.ts";
import { planarProjector, type PlaneGrid } from "./planar-projector.ts";

/** Everything about a scan but the object. */
export interface SliceScan {
  readonly geometry: PlanarGeometry;
  /** Grid of the object. */
  readonly grid: PlaneGrid;
  /** Grid of the reconstruction. */
  readonly imageGrid: PlaneGrid;
  readonly exposure: Exposure;
  readonly kernel: KernelName;
  /** Energy at which HU are meant. */
  readonly energyKeV: number;
  /** Diameter of the water cylinder that the bowtie is shaped for; 0 is no bowtie. */
  readonly bowtieMm: number;
  /** Tube voltage of a polychromatic beam; 0 is a beam of one energy. */
  readonly kV: number;
  readonly waterCorrection: boolean;
}

let keptKey = "";
let keptProjector: LinearOperator | undefined;

/** The projector of the last geometry and grid is kept: slices of a volume share it. */
function projectorOf(geometry: PlanarGeometry, grid: PlaneGrid): LinearOperator {
  const key = JSON.stringify([geometry, grid]);
  if (keptProjector === undefined || key !== keptKey) {
    keptProjector = planarProjector(geometry, grid);
    keptKey = key;
  }
  return keptProjector;
}

/** Share of full beam and water attenuation of a scan. */
function beamOf(scan: SliceScan): { waterPerMm: number; shares: Float64Array } {
  const waterPerMm = attenuation("water", scan.energyKeV);
  const shares = bowtieShares(scan.geometry, { diameterMm: scan.bowtieMm, waterPerMm });
  return { waterPerMm, shares };
}

export interface SimulateSliceTask {
  readonly hu: Float32Array;
  readonly scan: SliceScan;
  readonly seed: number;
  /** Also reconstruct without noise. */
  readonly reference: boolean;
}

export interface SimulatedSlice {
  readonly image: Float32Array;
  readonly reference?: Float32Array;
  readonly notes: CountingNotes;
}

/** HU object → line integrals → counts → log → FBP → HU. */
export function simulateSlice({ hu, scan, seed, reference }: SimulateSliceTask): SimulatedSlice {
  const { waterPerMm, shares } = beamOf(scan);
  const projector = projectorOf(scan.geometry, scan.grid);
  const { exposure } = scan;
  const stream = streamOf(seed, "counts");
  const reconstruct = (values: Float32Array): Float32Array =>
    attenuationToHounsfield(
      filteredBackprojection(values, {
        geometry: scan.geometry,
        grid: scan.imageGrid,
        kernel: scan.kernel,
      }),
      waterPerMm,
    );
  let measure: (noisy: boolean) => { values: Float32Array; notes: CountingNotes };
  if (scan.kV > 0) {
    const parts = splitMaterials(hu, { energyKeV: scan.energyKeV });
    const paths = { water: projector.apply(parts.water), bone: projector.apply(parts.bone) };
    const beam = {
      exposure,
      shares,
      spectrum: tubeSpectrum({ kV: scan.kV }),
      waterCorrection: scan.waterCorrection,
      effectiveKeV: scan.energyKeV,
    };
    measure = (noisy) => measurePolychromatic(paths, noisy ? { ...beam, stream } : beam);
  } else {
    const sinogram = projector.apply(hounsfieldToAttenuation(hu, waterPerMm));
    measure = (noisy) =>
      measureLineIntegrals(sinogram, noisy ? { exposure, shares, stream } : { exposure, shares });
  }
  const { values, notes } = measure(true);
  const image = reconstruct(values);
  return reference
    ? { image, reference: reconstruct(measure(false).values), notes }
    : { image, notes };
}

export interface InsertSliceTask {
  readonly hu: Float32Array;
  readonly scan: SliceScan;
  readonly fraction: number;
  readonly seed: number;
}

/** The slice with the noise that the lower dose adds: forward projection, noise alone, FBP of it, sum. */
export function insertSlice({ hu, scan, fraction, seed }: InsertSliceTask): Float32Array {
  const { waterPerMm, shares } = beamOf(scan);
  const projector = projectorOf(scan.geometry, scan.grid);
  const sinogram = projector.apply(imageToAttenuation(hu, waterPerMm));
  const incident = shares.map((s) => s * scan.exposure.photons * scan.exposure.dose);
  const noise = insertionNoise(sinogram, {
    fraction,
    incident,
    electronicSd: scan.exposure.electronicSd,
    stream: streamOf(seed, "insertion"),
  });
  const noiseMu = filteredBackprojection(noise, {
    geometry: scan.geometry,
    grid: scan.imageGrid,
    kernel: scan.kernel,
  });
  const factor = 1000 / waterPerMm;
  return hu.map((v, i) => v + factor * noiseMu[i]!);
}

/** `simulateSlice` for worker threads. */
export const simulateSliceWork: WorkerFunction<SimulateSliceTask, SimulatedSlice> = {
  module: import.meta.url,
  name: "simulateSlice",
  run: simulateSlice,
};

/** `insertSlice` for worker threads. */
export const insertSliceWork: WorkerFunction<InsertSliceTask, Float32Array> = {
  module: import.meta.url,
  name: "insertSlice",
  run: insertSlice,
};
