/** What commands say of a study: the run when it starts or stops, the report when it is done. */
import { CancelledError } from "../core/errors.ts";
import type { RunStudyOptions, StudyResult } from "../workflows/run-study.ts";
import type { CommandContext } from "./commands/command.ts";

export interface ReportPlace {
  /** Where the report goes; the study's name when absent. */
  readonly folder?: string | undefined;
  readonly force: boolean;
}

/** Progress, the signal, and notes of what a user should know. */
export const noticed = (context: CommandContext) => ({
  ...context.work,
  onNotice: (notice: string): void => context.note(notice),
});

/**
 * Runs a study, says under which id it may be resumed, writes and prints its report.
 *
 * @returns the command's document
 * @throws InputError before the work when the folder holds other files
 */
export async function runAndReport(
  context: CommandContext,
  run: (
    options: Pick<RunStudyOptions, "onStart" | "onNotice" | "onProgress"> & {
      readonly signal: AbortSignal;
    },
  ) => Promise<StudyResult>,
  { folder, force }: ReportPlace,
): Promise<object> {
  const { checkReportFolder, writeStudyReport } = await import("../workflows/run-study.ts");
  if (folder !== undefined) await checkReportFolder(folder, { force });
  const result = await hearRun(context, run);
  const place = folder ?? result.run.study;
  const files = await writeStudyReport(result, place, { force });
  await printReport(context, result);
  context.print(`Report: ${place}/report.html`);
  const { run: done, pieces, store, report } = result;
  const { id, study, status } = done;
  const { claims = [], sections } = report;
  const tables = sections.flatMap((section) => section.tables ?? []);
  return { run: id, study, status, ...pieces, store, folder: place, files, claims, tables };
}

async function hearRun(
  context: CommandContext,
  run: Parameters<typeof runAndReport>[1],
): Promise<StudyResult> {
  let id = "";
  try {
    return await run({
      ...noticed(context),
      onStart(started) {
        ({ id } = started);
        context.note(`run ${id} in ${started.store}`);
      },
    });
  } catch (error) {
    if (error instanceof CancelledError && id !== "") {
      context.note(`run ${id} is stopped; dprime study resume ${id} continues it`);
    }
    throw error;
  }
}

/** The claims of a paper, or everything else that a report says. */
async function printReport(context: CommandContext, { report }: StudyResult): Promise<void> {
  const { claims = [] } = report;
  context.table(claims, [
    ["status", ({ status }) => status],
    ["claim", ({ figure, claim }) => `${figure}: ${claim}`],
    ["paper", ({ paper }) => paper ?? undefined],
    ["here", ({ found }) => found ?? undefined],
    ["tolerance", ({ tolerance }) => tolerance ?? undefined],
  ]);
  if (claims.length > 0) return;
  const { reportMarkdown } = await import("../study/index.ts");
  context.printText(reportMarkdown({ ...report, provenance: {} }).split("\n## Provenance")[0]!);
}
