/** What users do, as one typed function each: in memory, or with files. */
export { saveImage } from "../files/files.ts";
export { estimateNoise } from "../denoise/noise-level/estimate-noise.ts";
export { aucLogit as aucWithInterval } from "../stats/auc.ts";
export { adapt, type AdaptedImage, type AdaptOptions } from "./adapt.ts";
export { adaptFiles, type AdaptFilesOptions, type AdaptReport } from "./adapt-files.ts";
export {
  analyseReaders,
  type AnalyseReadersOptions,
  type ReadersReport,
} from "./analyse-readers.ts";
export { anonymise, type AnonymiseOptions, type AnonymiseReport } from "./anonymise.ts";
export { compare, type Comparison, type CompareOptions } from "./compare/compare.ts";
export {
  compareFiles,
  type CompareFilesOptions,
  type CompareFilesReport,
} from "./compare/compare-files.ts";
export { convert, type Converted, type ConvertOptions } from "./convert.ts";
export { denoise, type Denoised, type DenoiseOptions } from "./denoise.ts";
export { denoiseFiles, type DenoiseFilesOptions, type DenoiseReport } from "./denoise-files.ts";
export { insertNoise, type InsertNoiseOptions, type LowDose } from "../cases/insert-noise.ts";
export {
  insertNoiseFiles,
  type InsertNoiseFilesOptions,
  type InsertNoiseReport,
} from "./insert-noise-files.ts";
export { inspect, type InspectOptions, type PathFacts } from "./inspect.ts";
export {
  describeMember,
  listKinds,
  type ListedMember,
  listMembers,
  type MemberDescription,
  type MemberList,
} from "./list-members.ts";
export { listRuns, type RunDetails, type RunSummary, statusOfRun } from "./list-runs.ts";
export { measure, type Measured, type MeasureOptions } from "./measure.ts";
export { measureFiles, type MeasureFilesOptions, type MeasureReport } from "./measure-files.ts";
export type { MemberChoice } from "./member-choice.ts";
export {
  type ImageNoise,
  noiseOfFile,
  noiseOfPath,
  noiseOfRepeatedScans,
  type RepeatedScansNoise,
} from "./noise-files.ts";
export { type ImageArm, observe, type ObserveImagesOptions } from "./observe.ts";
export { observeFiles, type ObserveFilesOptions, type ObserveReport } from "./observe-files.ts";
export { type OpenedImage, openImages } from "./open-images.ts";
export { listRecipes, type Recipe, reproduce, type ReproduceOptions } from "./reproduce.ts";
export {
  reportStudy,
  resumeStudy,
  runStudy,
  type RunStudyOptions,
  type StudyResult,
  writeStudyReport,
} from "./run-study.ts";
export { simulate, type SimulatedCase, type SimulateOptions } from "./simulate.ts";
export { simulateFiles, type SimulateFilesOptions, type SimulateReport } from "./simulate-files.ts";
export { type BatchReport, lookAtBatch, type LookOptions } from "./look-at-batch.ts";
export { train, type TrainedModel, type TrainImagesOptions } from "./train.ts";
export { trainFiles, type TrainFilesOptions, type TrainReport } from "./train-files.ts";
