/** Numerics: Fourier transforms, linear algebra, interpolation, special functions, distributions. */
export {
  betaTails,
  inverseBetaTails,
  inverseRegularisedBeta,
  logBeta,
  regularisedBeta,
} from "./beta.ts";
export {
  backwardSolve,
  cholesky,
  type CholeskyFactor,
  type CholeskyResult,
  choleskySolve,
  forwardSolve,
  logDeterminant,
} from "./cholesky.ts";
export { cosineTransform } from "./cosine-transform.ts";
export {
  chiSquareCdf,
  chiSquareQuantile,
  fCdf,
  fQuantile,
  studentTCdf,
  studentTQuantile,
  type Tail,
} from "./distributions.ts";
export { type ComplexArray, fft, fftN, signedFrequency } from "./fft.ts";
export {
  gammaTails,
  inverseRegularisedGamma,
  logGamma,
  regularisedGammaP,
  regularisedGammaQ,
} from "./gamma.ts";
export { fillNormals, type FillNormalsOptions, fillNormalsPlain } from "./normals.ts";
export { type GramAccumulator, type GramOptions, openGram } from "./gram.ts";
export {
  type Boundary,
  type InterpolationKind,
  type InterpolationOptions,
  sampler1,
  sampler2,
  sampler3,
  splineCoefficients,
} from "./interpolate.ts";
export {
  nonCentralChiSquareCdf,
  nonCentralChiSquareNoncentrality,
  nonCentralChiSquareQuantile,
  nonCentralFCdf,
  nonCentralFNoncentrality,
  nonCentralFQuantile,
  nonCentralTCdf,
  nonCentralTNoncentrality,
  nonCentralTQuantile,
} from "./noncentral.ts";
export {
  erf,
  erfc,
  logNormalCdf,
  normalCdf,
  normalPdf,
  normalQuantile,
  scaledErfc,
} from "./normal.ts";
export { irfftN, rfftN } from "./real-fft.ts";
export { bracketedRoot, solveIncreasing } from "./solve.ts";
export { type ThinSvd, thinSvd } from "./svd.ts";
export { type SymmetricEigen, symmetricEigen } from "./symmetric-eigen.ts";
