/** Studies from an object or a file: run, resumed, reported. */
import { cpus } from "node:os";
import { InputError } from "../core/errors.ts";
import type { WorkOptions } from "../core/progress.ts";
import { defaultThreads } from "../parallel/index.ts";
import type { Json, RunRecord, Store } from "../store/index.ts";
import {
  assembleReport,
  executeRun,
  parseStudy,
  pieceReader,
  planStudy,
  readStudy,
  readStudyFile,
  type Report,
  type Study,
  writeReport,
} from "../study/index.ts";
import { piecesOf, runOf, withStore } from "./open-run.ts";
import { checkFolder, type OutputOptions } from "./output.ts";

export interface StoreOptions {
  /** File or postgres:// URL of the store; one in the user's data folder when absent. */
  readonly store?: string | undefined;
}

export interface RunStudyOptions extends WorkOptions, StoreOptions {
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
 * Runs a study from its description. Finished pieces in the store are not done twice.
 *
 * @param description the fields of a study; see `studyJsonSchema`
 * @throws InputError naming the field that is wrong; CancelledError, after which the run may be resumed
 */
export async function runStudy(
  description: unknown,
  options: RunStudyOptions = {},
): Promise<StudyResult> {
  const study = parseStudy(description);
  return withStore(options.store, (store) => perform(store, study, options));
}

/** @param id of a run, or its first letters */
export async function resumeStudy(id: string, options: RunStudyOptions = {}): Promise<StudyResult> {
  return withStore(options.store, async (store) => {
    const run = await runOf(store, id);
    return perform(store, studyOf(run), { ...options, resume: run.id });
  });
}

/**
 * The report of a finished run, made again from what the store kept.
 *
 * @throws InputError when some of its work is not finished
 */
export async function reportStudy(id: string, options: StoreOptions = {}): Promise<StudyResult> {
  return withStore(options.store, async (store) => {
    const run = await runOf(store, id);
    const { finished, all } = await piecesOf(store, run);
    if (finished < all) {
      throw new InputError(
        `Cannot report run ${run.id}: found ${finished} of ${all} pieces finished, wanted all; resume it first`,
      );
    }
    return resultOf(store, run, await assembleReport(studyOf(run), pieceReader(store)));
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
): Promise<Study> {
  const document = await readStudyFile(path);
  return readStudy(document, {
    size: size ?? (hasSizes(document) ? "quick" : undefined),
    set,
    what: path,
  });
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

/** To be asked before the work. */
export function checkReportFolder(folder: string, { force }: OutputOptions = {}): Promise<void> {
  const own = (names: readonly string[]): boolean => names.includes("report.json");
  return checkFolder(folder, { force, own });
}

const studyOf = (run: RunRecord): Study =>
  readStudy(run.description, { what: `the study of run ${run.id}` });

async function perform(
  store: Store,
  study: Study,
  options: RunStudyOptions & { readonly resume?: string },
): Promise<StudyResult> {
  const { workers, resume, onStart, signal, onProgress } = options;
  // As the store gives it back, so that a resumed run plans the same.
  const description = JSON.parse(JSON.stringify(study)) as Json;
  const { roots } = await planStudy(study);
  const run = await executeRun(
    { study: study.name, description, roots },
    {
      store,
      workers: workers ?? defaultThreads(),
      signal,
      onProgress,
      ...(resume === undefined ? {} : { resume }),
      onStart: ({ id }) => onStart?.({ id, store: store.place }),
    },
  );
  return resultOf(store, run, await assembleReport(study, pieceReader(store)));
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
  const provenance = { made, ...(report.provenance as { [name: string]: Json }) };
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
