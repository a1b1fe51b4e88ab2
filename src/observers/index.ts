/**
 * Model observers by name in `observers`, templates in closed form, and `observeArms` over versions of images.
 *
 * @module
 */
export { catalogue as observers } from "./catalogue.ts";
export type {
  Finding,
  Known,
  Observer,
  ObserverContext,
  Reading,
  Refusal,
  TrainedObserver,
  Training,
  TrainingSet,
} from "./observer.ts";
export { caseAt, casesOf, casesOfRows, chooseCases, linearScores, meanCase } from "./cases.ts";
export type { Cases } from "./cases.ts";
export { fourierDetectability, hotellingFourier } from "./fourier-template.ts";
export type { FourierObserver, FourierTask } from "./fourier-template.ts";
export { hotellingOfMoments, streamingMoments } from "./moments.ts";
export type { HotellingTemplate, CaseMoments, StreamingMoments } from "./moments.ts";
export type { Centre, OuterSum } from "./outer-sum.ts";
export {
  aucOfDetectability,
  scoreSeparation,
  templateDetectability,
  whiteNoiseDetectability,
} from "./detectability.ts";
export { runtimeSums } from "./runtime-sums.ts";
export type { RuntimeSums } from "./runtime-sums.ts";
export { solveSymmetric } from "./solve-symmetric.ts";
export { observeArms } from "./observe.ts";
export type {
  Arm,
  Observed,
  ObservedDifference,
  ObservedRow,
  ObserveOptions,
  ObserverChoice,
} from "./observe.ts";
export type { SearchArea } from "./search-scores.ts";
export { judge, protocolFor, splitPlaces } from "./protocol.ts";
export type { Judged, Protocol } from "./protocol.ts";
export { guardOverlap, guardRows } from "./guards.ts";
export { type ContrastKept, contrastKept } from "./contrast-kept.ts";
export {
  type FourierDetectionTask,
  type RadialCurve,
  taskDetectability,
  taskSpectrum,
} from "./task-detectability.ts";
export { contentHash, sharedCases } from "./content-hash.ts";
export { areaDifference, areaOfPlacements } from "./area.ts";
export type { AreaDifference } from "./area.ts";
export { findInserts, pitchOfMita } from "./inserts.ts";
export type { FoundInsert } from "./inserts.ts";
export { gabor } from "./channels/gabor.ts";
export { laguerreGauss } from "./channels/laguerre-gauss.ts";
export {
  denseGaussians,
  differenceOfGaussians,
  sparseGaussians,
} from "./channels/difference-of-gaussians.ts";
export { type PopulationDetectability, populationDetectability } from "./population.ts";
export { partialLeastSquares } from "./channels/partial-least-squares.ts";
export { channelOutputs } from "./channels/channel-set.ts";
export type { ChannelSet } from "./channels/channel-set.ts";
export { catalogue as segmenters } from "./segmenters/catalogue.ts";
export type { LabelledImages, Segmenter, TrainedSegmenter } from "./segmenters/segmenter.ts";
