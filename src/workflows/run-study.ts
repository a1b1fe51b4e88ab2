/** Studies from an object or a file: run, resumed, reported. */
import { cpus } from "node:os";
import { InputError } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { defaultThreads } from "../parallel/index.ts";
import { DamageError, type Json, type RunRecord, type Store } from "../store/index.ts";
import {
  assembleReport,
  executeRun,
  type ExecuteOptions,
  type OpenedStudy,
  openStudy,
  pieceReader,
  planStudy,
  readStudy,
  readStudyFile,
  type Report,
  type StudyPlan,
  writeReport,
} from "../study/index.ts";
import { piecesOf, type StoreOptions, wholeRunOf, withStore } from "./open-run.ts";
import { checkFolder, type OutputOptions } from "./output.ts";

export interface RunStudyOptions extends Omit<WorkOptions, "signal">, StoreOptions {
  /** Pieces at the same time, each on one thread; all cores when absent. */
  readonly workers?: number | undefined;
  /** Hears the run's id as soon as it has one: with it a stopped run goes on. */
  readonly onStart?: (run: { readonly id: string; readonly store: string }) => void;
}

/** What a run came to. */
export interface StudyResult {
  readonly run: RunRecord;
  readonly report: Report;
  /** Pieces of work, finished and all. */
  readonly pieces: { readonly finished: number; readonly all: number };
  /** Place of the store. */
  readonly store: string;
}

/**
 * Runs a study. Finished pieces in the store are not done twice.
 *
 * @param study its description (see `studyJsonSchema`), or one that was opened
 * @throws InputError naming the field that is wrong, or when it is too large for this machine; CancelledError,
 *   after which the run may be resumed
 */
export async function runStudy(study: object, options: RunStudyOptions = {}): Promise<StudyResult> {
  const opened = isOpened(study) ? study : await openStudy(study);
  return withStore(options, (store) => perform(opened, { ...options, store }));
}

const isOpened = (study: object): study is OpenedStudy =>
  "description" in study && "scene" in study;

/** @param id of a run, or its first letters */
export async function resumeStudy(id: string, options: RunStudyOptions = {}): Promise<StudyResult> {
  return withStore(options, async (store) => {
    const run = await wholeRunOf(store, id);
    return perform(await studyOf(run), { ...options, store, resume: run.id });
  });
}

/**
 * The report of a finished run, made again from what the store kept.
 *
 * @throws InputError when some of its work is not finished
 */
export async function reportStudy(id: string, options: StoreOptions = {}): Promise<StudyResult> {
  return withStore(options, async (store) => {
    const run = await wholeRunOf(store, id);
    const { finished, all } = await piecesOf(store, run);
    if (finished < all) {
      throw new InputError(
        `Cannot report run ${run.id}: found ${finished} of ${all} pieces finished, wanted all; resume it first`,
      );
    }
    const plan = planStudy(await studyOf(run));
    return resultOf(store, run, await assembleReport(plan, pieceReader(store)));
  });
}

export interface StudyFileOptions {
  /** Of a recipe; `quick` by default. */
  readonly size?: string | undefined;
  /** Values to replace, by path. */
  readonly set?: Readonly<Record<string, string>>;
}

/**
 * The study that a file describes, in JSON or YAML.
 *
 * @throws InputError when the file cannot be read, naming the field that is wrong
 */
export async function studyFromFile(
  path: string,
  { size, set }: StudyFileOptions = {},
): Promise<OpenedStudy> {
  const document = await readStudyFile(path);
  const wanted = size ?? (hasSizes(document) ? "quick" : undefined);
  return readStudy(document, {
    ...(wanted === undefined ? {} : { size: wanted }),
    ...(set === undefined ? {} : { set }),
    what: path,
  });
}

export interface ReportPlace extends OutputOptions {
  /** The study's name when absent. */
  readonly folder?: string | undefined;
}

/**
 * Writes the report of a result into a folder.
 *
 * @returns the paths written
 * @throws InputError for a folder that holds anything but an earlier report
 */
export async function writeStudyReport(
  { report }: StudyResult,
  folder: string,
  options: OutputOptions = {},
): Promise<string[]> {
  await checkReportFolder(folder, options);
  return writeReport(report, folder);
}

/** A result whose report lies in a folder. */
export interface ReportedStudy extends StudyResult {
  readonly folder: string;
  /** Paths of the report's files. */
  readonly files: readonly string[];
}

/**
 * Runs a study and writes its report into a folder, which is looked at before the work where it is known.
 *
 * @throws InputError for a folder that holds anything but an earlier report; whatever `run` throws
 */
export async function withReport(
  run: () => Promise<StudyResult>,
  { folder, ...options }: ReportPlace,
): Promise<ReportedStudy> {
  if (folder !== undefined) await checkReportFolder(folder, options);
  const result = await run();
  const place = folder ?? result.run.study;
  return { ...result, folder: place, files: await writeStudyReport(result, place, options) };
}

/** What a program prints of a study that was run. */
export function studyDocument({ run, pieces, store, folder, files, report }: ReportedStudy) {
  const { id, study, status } = run;
  const { claims = [], sections } = report;
  const tables = sections.flatMap((section) => section.tables ?? []);
  return { run: id, study, status, ...pieces, store, folder, files, claims, tables };
}

const checkReportFolder = (folder: string, { force }: OutputOptions): Promise<void> =>
  checkFolder(folder, { force, own: (names) => names.includes("report.json") });

const studyOf = (run: RunRecord): Promise<OpenedStudy> =>
  openStudy(run.description, { what: `the study of run ${run.id}` });

/** So often a report is tried again after work that was found damaged was done anew. */
const mostRepairs = 2;

async function perform(
  study: OpenedStudy,
  options: RunStudyOptions & { readonly store: Store; readonly resume?: string },
): Promise<StudyResult> {
  const { store, workers = defaultThreads(), onStart, onNotice, signal, onProgress } = options;
  const plan = planStudy(study);
  let { resume } = options;
  for (let repairs = 0; ; repairs++) {
    try {
      return await once(plan, {
        store,
        workers,
        ...(signal === undefined ? {} : { signal }),
        ...(onProgress === undefined ? {} : { onProgress }),
        ...(onNotice === undefined ? {} : { onNotice }),
        ...(resume === undefined ? {} : { resume }),
        onStart: ({ id }) => {
          if (repairs === 0) onStart?.({ id, store: store.place });
          resume = id;
        },
      });
    } catch (error) {
      if (!(error instanceof DamageError) || repairs >= mostRepairs) throw error;
      // The piece counts as unfinished now: another run does it again, and nothing else.
      onNotice?.(`${error.message}; computing it again`);
    }
  }
}

async function once(plan: StudyPlan, options: ExecuteOptions): Promise<StudyResult> {
  const { description } = plan.study;
  const run = await executeRun(
    { study: description.name, description, roots: plan.roots },
    options,
  );
  const report = await assembleReport(plan, pieceReader(options.store));
  return resultOf(options.store, run, report);
}

/** The report with what a stranger needs to know about where its numbers were made. */
async function resultOf(store: Store, run: RunRecord, report: Report): Promise<StudyResult> {
  const versions = new Set<string>();
  let seconds = 0;
  for (const key of run.pieces) {
    const piece = await store.piece(key);
    if (piece === undefined) continue;
    versions.add(piece.version);
    seconds += piece.seconds;
  }
  const [cpu] = cpus();
  const made = {
    dprime: [...versions].sort(),
    node: process.versions.node,
    processor: `${cpus().length} x ${cpu?.model.trim() ?? "unknown"}`,
    pieces: run.pieces.length,
    "seconds of work on one thread, all pieces": Math.round(seconds),
  };
  const provenance = { made, ...report.provenance };
  return {
    run,
    report: { ...report, provenance },
    pieces: await piecesOf(store, run),
    store: store.place,
  };
}

function hasSizes(document: Json): boolean {
  return (
    typeof document === "object" && document !== null && "study" in document && "sizes" in document
  );
}
