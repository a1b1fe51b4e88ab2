/**
 * Statistics: ROC curves and areas, intervals, comparisons, reader studies, planning.
 *
 * @module
 */
export {
  auc,
  aucDeLong,
  aucExact,
  aucLogit,
  type LevelOptions,
} from "./auc.ts";
export {
  aucBootstrap,
  compareBootstrap,
  expectedUtility,
  hullAuc,
  partialAuc,
  sensitivityAt,
} from "./auc-bootstrap.ts";
export { type Binormal, binormalFit, categorise, type CategoryCounts } from "./binormal.ts";
export { bootstrapCases, type BootstrapOptions, type BootstrapResult } from "./bootstrap.ts";
export { type CaseMean, meanBootstrap } from "./case-bootstrap.ts";
export { type AdjustedTest, compareValues, type ValueComparison } from "./compare-values.ts";
export {
  compareDeLong,
  type AreaComparison,
  type Difference,
  holm,
  type MarginTest,
  testEquivalence,
  testNonInferiority,
} from "./compare.ts";
export {
  type ChannelOutputs,
  choDetectability,
  type Detectability,
  detectabilityInterval,
  knownSignalInterval,
  separationInterval,
  trainedDetectability,
} from "./detectability.ts";
export { formatImrmc, parseImrmc } from "./imrmc.ts";
export {
  compareEroc,
  compareLroc,
  erocArea,
  lrocArea,
  lrocCurve,
  utilitiesOf,
  utilityPlacements,
  type UtilityScores,
} from "./localisation.ts";
export { compareErocBootstrap, erocBootstrap } from "./localisation-bootstrap.ts";
export {
  gallasArea,
  gallasCompare,
  type GallasResult,
  type SuccessMoments,
} from "./mrmc-gallas.ts";
export {
  type OrhAnalysis,
  orhAnalysis,
  type OrhComponents,
  type OrhResult,
} from "./mrmc-orh.ts";
export { benjaminiHochberg, westfallYoung } from "./multiplicity.ts";
export {
  type FlipOptions,
  pairedT,
  type PairedTest,
  signFlipTest,
  wilcoxonSignedRank,
} from "./paired.ts";
export { deLongCovariance, type Placements, placements } from "./placements.ts";
export {
  clopperPearson,
  dPrimeOfProportion,
  type ForcedChoice,
  forcedChoice,
  proportionCorrect,
  wilson,
} from "./proportion.ts";
export { readerDesign, type ReaderDesign, type ReaderDesignName } from "./reader-design.ts";
export {
  modalitiesOf,
  type ReaderScore,
  type ReaderStudy,
  type ReaderTables,
  tablesOf,
} from "./reader-study.ts";
export { type Estimate, type Interval, type Status } from "./result.ts";
export {
  type CaseCounts,
  expectedUtilityOf,
  partialAreaOf,
  rocCurve,
  type RocCurve,
  rocHull,
  tpfAt,
} from "./roc.ts";
export {
  casesForPair,
  casesForWidth,
  type PlannedCases,
  type PlannedReaders,
  plannedVariance,
  planReaders,
  powerOfPair,
  powerOfReaders,
} from "./sample-size.ts";
export { conditionOf, requirePaired, type Scores } from "./scores.ts";
export { countText, type Summary, summaryOf } from "./summary.ts";
