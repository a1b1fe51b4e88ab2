/**
 * Image-quality metrics: members by name in `metrics`, and the measurements that give curves and maps.
 *
 * @module
 */
export { catalogue as metrics } from "./catalogue.ts";
export type {
  GreyWindow,
  Metric,
  MetricContext,
  MetricCurve,
  MetricResult,
  MetricSettings,
  MetricUndefined,
  MetricValue,
} from "./metric.ts";
export { regionOfMask, regionOfShape } from "./region.ts";
export type { Region } from "./region.ts";
export { frequencyLength, noisePower, radialMean, radialNoisePower } from "./noise-power.ts";
export type { Detrend, NoisePower } from "./noise-power.ts";
export {
  noiseEquivalentQuanta,
  transferFromDisk,
  transferFromEdge,
  transferOfEdge,
} from "./transfer.ts";
export type { TransferFunction } from "./transfer.ts";
export { ringCorrelation, ringCorrelationMap } from "./ring-correlation.ts";
export type { RingCorrelation, RingMap } from "./ring-correlation.ts";
export { distanceTransform } from "./distance-transform.ts";
export {
  fitAsymmetricGaussian,
  sceneDistance,
  sceneFeatures,
  sceneModel,
} from "./natural-scene.ts";
export type { SceneModel } from "./natural-scene.ts";
export { firstOrder } from "./radiomics/first-order.ts";
export { coOccurrenceOf } from "./radiomics/co-occurrence.ts";
export { runLengthOf } from "./radiomics/run-length.ts";
export { sizeZoneOf } from "./radiomics/size-zone.ts";
export { concordance } from "./radiomics/concordance.ts";
export type { Concordance } from "./radiomics/concordance.ts";
export { levelsOf } from "./radiomics/levels.ts";
export type { Levels, GreyLevelOptions } from "./radiomics/levels.ts";
export { psnr } from "./psnr.ts";
export { rmse } from "./rmse.ts";
export { mae } from "./mae.ts";
export { ssim } from "./ssim.ts";
