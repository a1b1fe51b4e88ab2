/**
 * Noise models: each adds noise and knows its mean, variance and, where closed, covariance.
 *
 * @module
 */
export { catalogue as noiseModels } from "./catalogue.ts";
export type { NoiseCovariance, NoiseModel } from "./noise-model.ts";
export { chiMoments, chiMomentsTabulated, type ChiMoments } from "./chi-moments.ts";
export { noiseOfPercent, type PercentConvention, percentConventions } from "./percent.ts";
export { gammaSpeckle } from "./gamma-speckle.ts";
export { gaussian } from "./gaussian.ts";
export { impulse } from "./impulse.ts";
export { mixed } from "./mixed.ts";
export { multiplicative } from "./multiplicative.ts";
export { nonCentralChi } from "./non-central-chi.ts";
export { physicalSpeckle } from "./physical-speckle.ts";
export { poisson } from "./poisson.ts";
export { poissonGaussian } from "./poisson-gaussian.ts";
export { rician } from "./rician.ts";
export { spatiallyVarying } from "./spatially-varying.ts";
export { uniform } from "./uniform.ts";
