/**
 * Object models: phantoms, signals and their insertion.
 *
 * @module
 */
export { catalogue as phantoms } from "./catalogue.ts";
export { catalogue as signals } from "./signals/catalogue.ts";
export type { BackgroundPopulation, Phantom, PhantomCase } from "./phantom.ts";
export type { Signal, SignalGrid } from "./signals/signal.ts";
export { abdomen } from "./abdomen.ts";
export {
  binaryTexture,
  binaryTexturePopulation,
  simulateBinaryTexturePopulation,
} from "./binary-texture.ts";
export { gaussianField, gaussianFieldSpectrum } from "./gaussian-field.ts";
export {
  addSignal,
  blurSignal,
  gaussianTransfer,
  insertIntoReal,
  type RadialTransfer,
} from "./insert.ts";
export { lumpy, lumpyPopulation } from "./lumpy.ts";
export { multivariateNormal, multivariateNormalCovariance } from "./multivariate-normal.ts";
export { drawField, powerLawSpectrum } from "./power-law-field.ts";
export { sheppLogan, sheppLoganEllipsoids } from "./shepp-logan.ts";
export { disk } from "./signals/disk.ts";
export { doublet } from "./signals/doublet.ts";
export { gaussianBlob } from "./signals/gaussian-blob.ts";
export { maskSignal, placeTemplate } from "./signals/mask.ts";
export { microcalcificationCluster } from "./signals/microcalcification-cluster.ts";
export { spiculated } from "./signals/spiculated.ts";
export { type Insert, insertsOf, waterInserts } from "./water-inserts.ts";
