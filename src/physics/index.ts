/**
 * Acquisitions and the physics below them: geometries, projectors, filters, counts, reconstruction.
 *
 * @module
 */
export { catalogue as acquisitions } from "./catalogue.ts";
export type { Acquired, AcquireContext, Acquisition } from "./acquisition.ts";
export {
  type AnalyticEllipse,
  ellipseIntegral,
  projectEllipses,
  projectGaussian,
} from "./analytic.ts";
export {
  attenuation,
  attenuationToHounsfield,
  hounsfieldToAttenuation,
  imageToAttenuation,
  type Material,
  type Spectrum,
  splitMaterials,
  tubeSpectrum,
} from "./attenuation.ts";
export { coneProjector, type VolumeGrid } from "./cone-projector.ts";
export {
  bowtieShares,
  type CountingNotes,
  countsToLineIntegrals,
  type Exposure,
  insertionNoise,
  lineIntegralVariance,
  measureLineIntegrals,
  measurePolychromatic,
} from "./counting.ts";
export { fanGeometryOf } from "./ct-fan.ts";
export { filteredBackprojection, filterPitch } from "./fbp.ts";
export { feldkamp } from "./fdk.ts";
export {
  filterResponse,
  filterRows,
  type KernelName,
  kernelNames,
  kernelWindow,
} from "./filter.ts";
export {
  type ConeGeometry,
  type Detector,
  type FanGeometry,
  fieldRadius,
  type ParallelGeometry,
  parallelFor,
  pediatricScanner,
  type PlanarGeometry,
} from "./geometry.ts";
export { type IterativeResult, plsTv, sirt } from "./iterative.ts";
export {
  drawDoseNoise,
  insertLowDose,
  insertLowDoseIntoProjections,
  lowDoseParameters,
  type LowDoseOptions,
  type LowDoseResult,
} from "./low-dose.ts";
export { type LinearOperator, squaredOperatorNorm } from "./operator.ts";
export { planarProjector, type PlaneGrid, projectByDefinition } from "./planar-projector.ts";
export { rebinnedGeometry, rebinSlice } from "./single-slice-rebinning.ts";
