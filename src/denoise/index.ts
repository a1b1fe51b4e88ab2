/**
 * Denoisers by name in `denoisers`, wrappers for other noise, and estimation of the noise level.
 *
 * @module
 */
export { bilateral } from "./bilateral.ts";
export {
  type Calibration,
  type CalibrationOptions,
  type CalibrationRow,
  calibrateDenoiser,
  monteCarloSure,
  parameterGrid,
  selfSupervisedLoss,
} from "./calibrate.ts";
export { catalogue as denoisers } from "./catalogue.ts";
export type { DenoiseContext, Denoiser, NoiseKind, Reach, ReachSettings } from "./denoiser.ts";
export { findDenoiser, type MethodParameters, wrappers } from "./find-denoiser.ts";
export {
  estimateNoise,
  type NoiseEstimate,
  type NoiseMethod,
  noiseMethods,
  type NoiseOptions,
} from "./noise-level/estimate-noise.ts";
export {
  type EstimatedNoise,
  noiseOfImage,
  type NoiseReading,
} from "./noise-level/noise-of-image.ts";
export {
  localNoise,
  type LocalNoiseOptions,
  type RepeatedNoise,
  repeatedScansNoise,
} from "./noise-level/local-noise.ts";
export { koaySigma, koaySnr, ricianBackground } from "./noise-level/rician.ts";
export { estimateSpeckle, type SpeckleEstimate } from "./noise-level/speckle.ts";
export {
  type BilateralSearchOptions,
  type OptimalBilateral,
  optimiseBilateral,
} from "./optimal-bilateral.ts";
export { denoiseByMpPca, type MpPcaResult } from "./mp-pca.ts";
export {
  type PlsTvOptions,
  type PlsTvResult,
  type PlsTvSolver,
  plsTvSolver,
  solvePlsTv,
  type TaskPlsTvOptions,
} from "./variation/pls-tv-problem.ts";
export {
  type Band,
  bandKeeping,
  bandOf,
  type BandForm,
  bandForms,
  type KeepOptions,
  lesionPower,
  shareKept,
  type Transfer,
  wienerTransfer,
} from "./preserving/band.ts";
export { lowPass, type LowPassOptions } from "./preserving/low-pass.ts";
export { preserving } from "./preserving/preserving.ts";
export {
  gridPlaces,
  type Profile,
  type SparseTemplate,
  templatesAt,
} from "./projection/templates.ts";
export {
  projectOntoTask,
  taskPreserving,
  taskSpan,
  type TaskSpan,
  type TaskSpanOptions,
} from "./task-projection.ts";
export {
  denoiseByTotalVariation,
  type TotalVariationOptions,
  type TotalVariationResult,
} from "./total-variation.ts";
export {
  anscombe,
  anscombeForward,
  anscombeInverse,
  estimatePoissonGaussian,
  type PoissonGaussian,
} from "./wrapping/generalised-anscombe.ts";
export { homomorphic } from "./wrapping/homomorphic.ts";
export { ricianForward, ricianInverse, ricianStabilised } from "./wrapping/rician-stabilised.ts";
export { waveletNames } from "./wavelet-filters.ts";
