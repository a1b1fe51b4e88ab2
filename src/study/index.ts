/**
 * Studies: description, plan, execution, report.
 *
 * @module
 */
export { type Claim, outcomeOf } from "./claim.ts";
export { assembleReport } from "./assemble.ts";
export { type CheckedStudy, studyJsonSchema } from "./description.ts";
export { type OpenedStudy, openStudy } from "./open-study.ts";
export {
  type PieceContext,
  type PieceKind,
  type PieceOutput,
  type PieceResults,
  type PlannedPiece,
  planned,
} from "./piece.ts";
export { planStudy, type StudyPlan } from "./plan.ts";
export type {
  ClaimOutcome,
  Report,
  ReportColumn,
  ReportFigure,
  ReportSection,
  ReportTable,
} from "./report.ts";
export { graphOfPlan, runPieces, type RunPiecesOptions } from "./runner.ts";
export {
  executeRun,
  type ExecuteOptions,
  pieceReader,
  type ReadPieces,
  type RunPlan,
} from "./execute.ts";
export {
  enterRun,
  type RunWork,
  workOnRun,
  type WorkOnRunOptions,
} from "./work.ts";
export { checkTaskTime } from "./task-time.ts";
export { readStudy, readStudyFile, type ReadStudyOptions } from "./files.ts";
export { pieceKey } from "./piece-key.ts";
export { reportHtml } from "./render/html.ts";
export { reportJson } from "./render/json.ts";
export { reportMarkdown } from "./render/markdown.ts";
export { tableCsv } from "./render/csv.ts";
export { checkReport, type ReportFault } from "./render/report-sums.ts";
export { writeReport } from "./render/write-report.ts";
export type { PieceCatalogue, PieceKinds } from "./run-piece.ts";
export { mergeOverrides, studyOfDocument } from "./sizes.ts";
