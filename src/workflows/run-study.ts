/** The work of `dprime study run`, `resume` and `report`. */
import { cpus } from "node:os";
import { CancelledError, InputError } from "../core/errors.ts";
import { defaultThreads } from "../parallel/index.ts";
import type { Json, RunRecord, Store } from "../store/index.ts";
import {
  assembleReport,
  executeRun,
  pieceReader,
  planStudy,
  readStudy,
  readStudyFile,
  type Report,
  reportMarkdown,
  type Study,
  writeReport,
} from "../study/index.ts";
import type { CommandContext } from "../cli/commands/command.ts";
import { piecesOf, runOf, withStore } from "./store-of.ts";

/** `dprime study run FILE`. */
export async function runFile(context: CommandContext, path: string): Promise<void> {
  const { values } = context;
  const document = await readStudyFile(path);
  const size = values.text("size") ?? (hasSizes(document) ? "quick" : undefined);
  const study = readStudy(document, { size, set: values.pairs("set"), what: path });
  const folder = values.text("output") ?? study.name;
  await withStore(context, async (store) => {
    const done = await perform(context, { store, study });
    await finish(context, { ...done, store, folder });
  });
}

/** `dprime study resume RUN`. */
export async function resumeRun(context: CommandContext, id: string): Promise<void> {
  refuseChanges(context);
  await withStore(context, async (store) => {
    const run = await runOf(store, id);
    const study = readStudy(run.description, { what: `the study of run ${run.id}` });
    const done = await perform(context, { store, study, resume: run.id });
    await finish(context, { ...done, store, folder: context.values.text("output") ?? study.name });
  });
}

/** `dprime study report RUN`. */
export async function reportRun(context: CommandContext, id: string): Promise<void> {
  refuseChanges(context);
  await withStore(context, async (store) => {
    const run = await runOf(store, id);
    const { finished, all } = await piecesOf(store, run);
    if (finished < all) {
      throw new InputError(
        `Cannot report run ${run.id}: found ${finished} of ${all} pieces finished, wanted all; dprime study resume ${run.id} goes on`,
      );
    }
    const study = readStudy(run.description, { what: `the study of run ${run.id}` });
    const report = await assembleReport(study, pieceReader(store));
    const folder = context.values.text("output") ?? study.name;
    await finish(context, { run, report, store, folder });
  });
}

export interface Performed {
  readonly run: RunRecord;
  readonly report: Report;
}

/** Plans a study, runs it and gathers its report. */
export async function perform(
  context: CommandContext,
  work: { store: Store; study: Study; resume?: string },
): Promise<Performed> {
  const { signal, onProgress, values } = context;
  const { store, study, resume } = work;
  // As the store gives it back, so that a resumed run plans the same.
  const description = JSON.parse(JSON.stringify(study)) as Json;
  const { roots } = await planStudy(study);
  let id = "";
  try {
    const run = await executeRun(
      { study: study.name, description, roots },
      {
        store,
        workers: values.number("workers") ?? defaultThreads(),
        signal,
        onProgress,
        ...(resume === undefined ? {} : { resume }),
        onStart: (started) => {
          id = started.id;
          context.note(`run ${id} in ${store.place}`);
        },
      },
    );
    return { run, report: await assembleReport(study, pieceReader(store)) };
  } catch (error) {
    if (error instanceof CancelledError && id !== "") {
      context.note(`run ${id} is stopped; dprime study resume ${id} goes on`);
    }
    throw error;
  }
}

/** Writes the report, prints what it says and gives the command's document. */
export async function finish(
  context: CommandContext,
  work: Performed & { store: Store; folder: string },
): Promise<void> {
  const { run, store, folder } = work;
  const report = await withProvenance(work.report, { run, store });
  const files = await writeReport(report, folder);
  const { claims = [] } = report;
  if (claims.length > 0) {
    context.table(
      [
        { title: "status" },
        { title: "claim" },
        { title: "paper", align: "right" },
        { title: "here", align: "right" },
        { title: "tolerance", align: "right" },
      ],
      claims.map(({ status, claim, figure, paper, found, tolerance }) => [
        status,
        `${figure}: ${claim}`,
        paper ?? undefined,
        found ?? undefined,
        tolerance ?? undefined,
      ]),
    );
  } else context.print(reportMarkdown({ ...report, provenance: {} }).split("\n## Provenance")[0]);
  context.print(`Report: ${folder}/report.html`);
  const { id, study, status } = run;
  const { finished, all } = await piecesOf(store, run);
  const tables = report.sections.flatMap((section) => section.tables ?? []);
  const of = { run: id, study, status, finished, all, store: store.place };
  context.result({ ...of, folder, files, claims, tables });
}

/** The report with what a stranger needs to know about where its numbers were made. */
async function withProvenance(
  report: Report,
  { run, store }: { run: RunRecord; store: Store },
): Promise<Report> {
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
  return { ...report, provenance: { made, ...(report.provenance as { [name: string]: Json }) } };
}

function refuseChanges(context: CommandContext): void {
  const { values } = context;
  if (values.text("size") !== undefined || values.list("set").length > 0) {
    throw new InputError(
      "Cannot change a run: found --size or --set, wanted them with run, which keeps what is common",
    );
  }
}

function hasSizes(document: Json): boolean {
  return (
    typeof document === "object" && document !== null && "study" in document && "sizes" in document
  );
}
