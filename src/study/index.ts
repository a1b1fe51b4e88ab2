/** Studies: description, plan, execution, report. */
export { type Claim, outcomeOf } from "./claim.ts";
export { assembleReport } from "./assemble.ts";
export { parseStudy, type Study, studyJsonSchema } from "./description.ts";
export type { PieceContext, PieceKind, PieceOutput, PieceResults, PlannedPiece } from "./piece.ts";
export { planStudy, type StudyPlan } from "./plan.ts";
export type {
  ClaimOutcome,
  Report,
  ReportColumn,
  ReportFigure,
  ReportSection,
  ReportTable,
} from "./report.ts";
export { runPieces, type RunPiecesOptions } from "./runner.ts";
export { executeRun, type ExecuteOptions, pieceReader, type RunPlan } from "./execute.ts";
export { readStudy, readStudyFile, type ReadStudyOptions } from "./files.ts";
export { pieceKey } from "./piece-key.ts";
export { reportHtml } from "./render/html.ts";
export { reportJson } from "./render/json.ts";
export { reportMarkdown } from "./render/markdown.ts";
export { tableCsv } from "./render/csv.ts";
export { writeReport } from "./render/write-report.ts";
export type { PieceCatalogue, PieceKinds } from "./run-piece.ts";
export { mergeOverrides, studyOfDocument } from "./sizes.ts";
